"""The real CDK CLI, as a user runs it, against the local AWS."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from .kept_process import KeptProcess
from .local_aws import LocalAws
from .surroundings import ACCOUNT, PROJECT_ROOT

CDK = PROJECT_ROOT / "node_modules" / ".bin" / "cdk"

QUIET = ("--ci", "--no-color", "--no-notices", "--no-version-reporting", "--no-path-metadata")


class CdkCliError(RuntimeError):
    """A CDK command failed. Its text has all that a person needs: the command, what it wrote, and the function's log."""


class CdkCli:
    """Runs CDK commands against a local AWS.

    Args:
        local_aws: Where the commands deploy to.
        regions: The Regions that the app deploys to, for the bootstrap and for the function's log after a failure.
        on_line: Called with each line that a command writes, as it comes.
        project: The folder with `cdk.json`.
    """

    def __init__(
        self,
        local_aws: LocalAws,
        *,
        regions: Sequence[str],
        on_line: Callable[[str], object] = len,
        project: Path = PROJECT_ROOT,
    ) -> None:
        self._local_aws = local_aws
        self._regions = tuple(regions)
        self._on_line = on_line
        self._project = project

    def bootstrap(self) -> str:
        """Bootstrap every Region."""
        # Not in the project's folder: with environments named, the CLI needs no app, and then does not look for one.
        environments = [f"aws://{ACCOUNT}/{region}" for region in self._regions]
        return self._run("bootstrap", *environments, cwd=self._local_aws.folder)

    def deploy(self, *options: str, stack: str | None = None) -> str:
        """Deploy all stacks, or one alone."""
        return self._run("deploy", *_which(stack), "--require-approval=never", *options, f"--output={self.assembly}")

    def import_resource(self, logical_id: str, *options: str, stack: str, **identifier: str) -> str:
        """Take a resource that exists into a stack: `QueueArn="arn:…"` names it."""
        named = f"--resource-mapping-inline={json.dumps({logical_id: identifier})}"
        return self._run("import", stack, named, *options, f"--output={self.assembly}")

    def destroy(self, *options: str, stack: str | None = None) -> str:
        """Destroy all stacks, or one alone."""
        return self._run("destroy", *_which(stack), "--force", *options, f"--output={self.assembly}")

    @property
    def assembly(self) -> Path:
        """Where the app is synthesized to. Two copies that write to one cdk.out would lock each other out."""
        return self._local_aws.folder / "cdk.out"

    def _run(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run one command and answer what it wrote.

        Raises:
            CdkCliError: The command's exit code was not 0.
        """
        command = [str(CDK), *arguments, *QUIET]
        lines: list[str] = []
        environment = self._local_aws.environment(self._regions[0])
        with KeptProcess(command, environment=environment, cwd=cwd or self._project, output=subprocess.PIPE) as process:
            for raw in process.output:
                lines.append(raw.decode(errors="replace").rstrip())
                self._on_line(lines[-1])
            code = process.wait()
        written = "\n".join(lines)
        if code:
            raise CdkCliError(
                f"cdk {' '.join(arguments)} ended with exit code {code}. It wrote:\n{written}\n\n"
                f"The function's log:\n{self._local_aws.function_log(*self._regions)}"
            )
        return written


def _which(stack: str | None) -> tuple[str, ...]:
    return ("--all",) if stack is None else ("--exclusively", stack)
