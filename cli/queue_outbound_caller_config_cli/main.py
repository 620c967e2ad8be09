"""The entry point: the commands, and what their ends mean to a script."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from queue_outbound_caller_config_provider.errors import ProviderError

from .commands.check import check
from .commands.discover import discover_command
from .commands.drift import drift
from .commands.numbers import numbers
from .commands.owners import owners
from .commands.plan import plan
from .commands.status import status
from .context import CANNOT_TELL
from .errors import CannotTell
from .render import note

_INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended."""


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="cdk-queue-outbound-caller-config")
def cli() -> None:
    """See and control the outbound caller configs of Amazon Connect queues.

    Exit code 0: nothing to say. 2: differences (plan, drift, check). 1: it could not tell.
    """


for command in (status, plan, check, drift, discover_command, numbers, owners):
    cli.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command and ends the process with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Runs a command and returns its exit code."""
    try:
        code = int(cli.main(list(arguments), prog_name="queue-outbound-caller-config", standalone_mode=False) or 0)
        sys.stdout.flush()
        return code
    except click.exceptions.NoArgsIsHelpError as problem:
        problem.show()
    except click.UsageError as problem:
        # click's own exit code for this is 2, which means differences here.
        problem.show()
    except click.ClickException as problem:
        problem.show()
    except (CannotTell, ProviderError) as problem:
        note(f"Error: {problem}")
    except (click.Abort, KeyboardInterrupt):
        note("Interrupted")
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as problem:
        note(f"Error: {problem.filename or 'standard output'}: {problem.strerror}")
        sys.stdout = None  # else Python tries to write the rest once more, and ends with 120
    return CANNOT_TELL
