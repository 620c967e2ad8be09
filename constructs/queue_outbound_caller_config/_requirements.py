"""Says in one sentence that the CDK beside this package is too old, before an import fails in the midst of it."""

import re
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

OLDEST = {"aws-cdk-lib": (2, 230, 0), "constructs": (10, 4, 0)}
"""The lower bounds of pyproject.toml. pip keeps to them, but whoever installs the packages one by one gets past it."""

for _name, _oldest in OLDEST.items():
    # Installed without metadata, for example by a bundler: the import itself will tell.
    with suppress(PackageNotFoundError):
        _installed = version(_name)
        if tuple(map(int, re.findall(r"\d+", _installed)[:3])) < _oldest:
            _wanted = ".".join(map(str, _oldest))
            raise ImportError(
                f"cdk-queue-outbound-caller-config needs {_name} {_wanted} or newer, but {_installed} is installed. "
                f'Run: python -m pip install --upgrade "{_name}>={_wanted}"'
            )
