"""`queue-outbound-caller-config`, and `python -m queue_outbound_caller_config_cli`."""

from __future__ import annotations

import sys

_NEEDED = ("boto3", "botocore", "click", "rich", "yaml")


def main() -> None:
    """Runs the command and ends the process with its exit code; names a library of the extra `cli` that is not installed."""
    try:
        from .main import main as run  # noqa: PLC0415 - only here can a missing library be told
    except ModuleNotFoundError as problem:
        library = str(problem.name).partition(".")[0]
        if library not in _NEEDED:
            raise
        sys.exit(
            f"queue-outbound-caller-config needs {library}, which is not installed. "
            "Run: python -m pip install boto3 click pyyaml rich"
        )
    run()


if __name__ == "__main__":
    main()
