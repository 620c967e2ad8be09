"""What a process of the local AWS sees around it: this checkout, the tools on the PATH, and nothing else.

No variable of the caller's reaches it, so no profile, credential, proxy or Region of theirs does.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]

ACCOUNT = "123456789012"
"""The account of the Connect emulator's seeds too."""

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


MEASURING = "COVERAGE_PROCESS_CONFIG"
"""By this variable a process learns that its coverage is measured."""


def base_environment(home: Path) -> dict[str, str]:
    """The environment that every process starts from.

    Args:
        home: The folder for all that would be in the home folder and in the folder of temporary files.
    """
    return {
        # This Python first: `python3 app.py` in cdk.json then is the one that has aws-cdk-lib.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Where jsii unpacks aws-cdk-lib: without a place that lasts, each new home costs ten seconds.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(PROJECT_ROOT / ".local" / "jsii"),
        # The CDK's own validation costs five seconds in each process that synthesizes.
        "CDK_VALIDATION": "false",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "NODE_NO_WARNINGS": "1",
        # The CDK CLI asks the system for the home folder, not HOME, and keeps there which account a key belongs to.
        "CDK_HOME": str(home / ".cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        **CREDENTIALS,
        **({MEASURING: os.environ[MEASURING]} if MEASURING in os.environ else {}),
    }
