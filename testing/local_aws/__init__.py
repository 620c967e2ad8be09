"""The local AWS of the tests and of `make demo`: MiniStack and the Connect emulator, each in a process of its own."""

from .cdk_cli import CdkCli, CdkCliError
from .kept_process import KeptProcess, ProcessEndedError
from .local_aws import LocalAws
from .ministack import MiniStack, MiniStackMissingError
from .processes import processes_with
from .stack import Stack
from .surroundings import ACCOUNT, PROJECT_ROOT

__all__ = [
    "ACCOUNT",
    "PROJECT_ROOT",
    "CdkCli",
    "CdkCliError",
    "KeptProcess",
    "LocalAws",
    "MiniStack",
    "MiniStackMissingError",
    "ProcessEndedError",
    "Stack",
    "processes_with",
]
