"""`make deploy`: deploy app.py to the AWS account of the caller's credentials, and ask nothing.

The app is synthesised once. A Region that was never bootstrapped is; one that was is left as its owners made it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
CDK = PROJECT_ROOT / "node_modules" / ".bin" / "cdk"
BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
"""The parameter that `cdk bootstrap` leaves, under CDK's default qualifier."""


def regions_of(assembly: Path) -> list[str]:
    """The Regions that the stacks of a synthesised app deploy to."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"].values()
    return sorted(
        {
            artifact["environment"].rpartition("/")[2]
            for artifact in artifacts
            if artifact["type"] == "aws:cloudformation:stack"
        }
    )


def is_bootstrapped(region: str) -> bool:
    """Whether the caller's account has CDK's bootstrap stack in a Region."""
    ssm = boto3.client("ssm", region_name=region)
    try:
        ssm.get_parameter(Name=BOOTSTRAP_VERSION)
    except ssm.exceptions.ParameterNotFound:
        return False
    return True


def cdk(*arguments: str, cwd: Path = PROJECT_ROOT) -> None:
    """Run one CDK command in the foreground."""
    # `python3 app.py` in cdk.json is to be this Python, which has aws-cdk-lib.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    subprocess.run([str(CDK), *arguments], cwd=cwd, env={**os.environ, "PATH": path}, check=True)  # noqa: S603


def deploy(config: str | None) -> None:
    """Synthesise, bootstrap what was not, and deploy every stack."""
    context = ["--context", f"config={Path(config).resolve()}"] if config else []
    with tempfile.TemporaryDirectory() as folder:
        assembly = Path(folder) / "cdk.out"
        cdk("synth", "--quiet", f"--output={assembly}", *context)
        regions = regions_of(assembly)
        account = boto3.client("sts", region_name=regions[0]).get_caller_identity()["Account"]
        missing = [region for region in regions if not is_bootstrapped(region)]
        if missing:
            # Away from cdk.json: with environments named, the CLI needs no app.
            cdk("bootstrap", *(f"aws://{account}/{region}" for region in missing), cwd=Path(folder))
        cdk("deploy", "--all", "--require-approval=never", f"--app={assembly}", "--concurrency=2")


def main(arguments: Sequence[str]) -> int:
    """Deploy, and answer the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo.deploy", description=__doc__.splitlines()[0])
    parser.add_argument("--config", help="the config file, where it is not config.toml")
    try:
        deploy(parser.parse_args(arguments).config)
    except subprocess.CalledProcessError as failed:
        return int(failed.returncode)  # the CLI has said why
    except (BotoCoreError, ClientError) as problem:
        print(f"make deploy: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
