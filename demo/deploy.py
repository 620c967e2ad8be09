"""`make diff`, `make deploy` and `make destroy`: app.py on the AWS account of the caller's credentials.

The app is synthesized once. Before anything is deployed or destroyed, the account, the Regions and the stacks are shown, and it
asks. A Region that was never bootstrapped is bootstrapped only if that was asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
CDK = PROJECT_ROOT / "node_modules" / ".bin" / "cdk"
_DEFAULT_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
"""The parameter that `cdk bootstrap` leaves under CDK's default qualifier."""


class NotDone(Exception):
    """Nothing was done; the text says why and what to do."""


@dataclass(frozen=True, order=True)
class DeployedStack:
    """A stack of the synthesized app.

    Attributes:
        region: Where it is deployed to.
        name: Its name.
        bootstrap: The SSM parameter that tells that the Region is bootstrapped; it has the qualifier in its name.
    """

    region: str
    name: str
    bootstrap: str

    @property
    def qualifier(self) -> str:
        """The qualifier of the bootstrap stack, which the app's context may set."""
        return self.bootstrap.split("/")[2]


def stacks_of(assembly: Path) -> list[DeployedStack]:
    """Returns the stacks of a synthesized app."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    return sorted(
        DeployedStack(
            artifact["environment"].rpartition("/")[2],
            artifact.get("properties", {}).get("stackName", id),
            artifact.get("properties", {}).get("bootstrapStackVersionSsmParameter", _DEFAULT_BOOTSTRAP),
        )
        for id, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    )


def is_bootstrapped(stack: DeployedStack) -> bool:
    """Tells whether the caller's account has the bootstrap stack that a stack needs."""
    ssm = boto3.client("ssm", region_name=stack.region)
    try:
        ssm.get_parameter(Name=stack.bootstrap)
    except ssm.exceptions.ParameterNotFound:
        return False
    return True


def cdk(*arguments: str, cwd: Path = PROJECT_ROOT) -> None:
    """Runs one CDK command in the foreground."""
    # `python3 app.py` in cdk.json is to be this Python, which has aws-cdk-lib.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    subprocess.run([str(CDK), *arguments], cwd=cwd, env={**os.environ, "PATH": path}, check=True)  # noqa: S603


class Deployment:
    """One command on the caller's account.

    Args:
        folder: A folder for what is synthesized.
        config: The config file; None: config.toml.
        yes: Whether to go on without asking.
        bootstrap: Whether to bootstrap Regions that were never bootstrapped.
    """

    def __init__(self, folder: Path, config: str | None, *, yes: bool, bootstrap: bool) -> None:
        self._folder = folder
        self._assembly = folder / "cdk.out"
        self._yes = yes
        self._bootstrap = bootstrap
        context = ["--context", f"config={Path(config).resolve()}"] if config else []
        cdk("synth", "--quiet", f"--output={self._assembly}", *context)
        self._stacks = stacks_of(self._assembly)
        sts = boto3.client("sts", region_name=self._stacks[0].region)
        self._account = sts.get_caller_identity()["Account"]

    def diff(self) -> None:
        """Shows what a deployment does to each queue, and to each template."""
        plan = [sys.executable, "-m", "queue_outbound_caller_config_cli", "plan", str(self._assembly), "--no-exit-code"]
        subprocess.run(plan, check=False)  # noqa: S603 - the templates are shown even if no queue can be read
        cdk("diff", "--all", f"--app={self._assembly}")

    def deploy(self) -> None:
        """Deploys every stack."""
        missing = self._not_bootstrapped()
        if missing and not self._bootstrap:
            commands = "\n".join(f"  npx cdk bootstrap {' '.join(self._environment(stack))}" for stack in missing)
            raise NotDone(f"not bootstrapped yet. Run this, or the same command with BOOTSTRAP=1:\n{commands}")
        self._ask("Deploy")
        for stack in missing:
            # Away from cdk.json: with an environment named, the CLI needs no app.
            cdk("bootstrap", *self._environment(stack), cwd=self._folder)
        cdk("deploy", "--all", "--require-approval=never", f"--app={self._assembly}", "--concurrency=2")

    def destroy(self) -> None:
        """Destroys every stack; each queue gets what its deletion behavior says."""
        self._ask("Destroy")
        cdk("destroy", "--all", "--force", f"--app={self._assembly}", "--concurrency=2")

    def _not_bootstrapped(self) -> list[DeployedStack]:
        """Returns one stack for each Region and qualifier that is not bootstrapped."""
        needed = {(stack.region, stack.bootstrap): stack for stack in self._stacks}
        return [stack for stack in needed.values() if not is_bootstrapped(stack)]

    def _environment(self, stack: DeployedStack) -> list[str]:
        qualifier = [] if stack.bootstrap == _DEFAULT_BOOTSTRAP else ["--qualifier", stack.qualifier]
        return [f"aws://{self._account}/{stack.region}", *qualifier]

    def _ask(self, verb: str) -> None:
        """Shows what is about to happen, and asks unless told not to.

        Raises:
            NotDone: The answer is no, or there is nobody to ask.
        """
        print(f"Account {self._account}")
        for stack in self._stacks:
            print(f"  {stack.region}  {stack.name}")
        sys.stdout.flush()
        if self._yes:
            return
        if not sys.stdin.isatty():
            raise NotDone("there is no terminal to ask on. Add YES=1")
        print(f"{verb} these {len(self._stacks)} stacks? [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):  # Ctrl-D is a no
            raise NotDone("the answer was no")


def main(arguments: Sequence[str]) -> int:
    """Runs one command and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo.deploy", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=["diff", "deploy", "destroy"])
    parser.add_argument("--config", help="the config file, if it is not config.toml")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--bootstrap", action="store_true", help="bootstrap Regions that were never bootstrapped")
    given = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            deployment = Deployment(Path(folder), given.config, yes=given.yes, bootstrap=given.bootstrap)
            {"diff": deployment.diff, "deploy": deployment.deploy, "destroy": deployment.destroy}[given.command]()
    except subprocess.CalledProcessError as failed:
        return int(failed.returncode)  # the CLI has said why
    except KeyboardInterrupt:
        return 130  # the CLI was interrupted too, and has said what it was doing
    except (NotDone, BotoCoreError, ClientError) as problem:
        print(f"make {given.command}: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
