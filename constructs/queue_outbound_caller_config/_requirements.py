"""Says in one sentence that the CDK beside this package is too old, before an import fails in the midst of it."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

OLDEST = {"aws-cdk-lib": (2, 230, 0), "constructs": (10, 4, 0)}
"""The lower bounds of pyproject.toml. pip keeps to them, but whoever installs the packages one by one gets past it."""


def check() -> None:
    """Raises ImportError when a package that is installed is older than this one can use."""
    for name, oldest in OLDEST.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # installed without metadata, by a bundler, say: the import itself will tell
        if tuple(map(int, re.findall(r"\d+", installed)[:3])) < oldest:
            wanted = ".".join(map(str, oldest))
            raise ImportError(
                f"cdk-queue-outbound-caller-config needs {name} {wanted} or newer, but {installed} is installed. "
                f'Run: python -m pip install --upgrade "{name}>={wanted}"'
            )


check()
