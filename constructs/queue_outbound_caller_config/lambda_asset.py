"""The function's code as one reproducible zip, put together from what is installed.

In it are the provider package and crhelper, with crhelper's licence; boto3 is the Lambda runtime's own. The same content
gives the same zip on any path: files sorted, one fixed time and mode, line ends as LF. A compressor's output may change with
its version, so the zip is known by a hash of its files, which is the same on any machine and Python.
"""

import base64
import functools
import hashlib
import importlib.metadata
import io
import zipfile
from pathlib import Path
from typing import cast

import queue_outbound_caller_config_provider
from aws_cdk import AssetHashType, Stage
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

HANDLER = f"{queue_outbound_caller_config_provider.__name__}.handler.handler"
CRHELPER_VERSION = "2.0.12"
"""The only one that the function is made for, as in pyproject.toml."""


class CodeNotFound(RuntimeError):
    """A part of the function's code is not installed."""


@functools.cache
def asset_bytes() -> bytes:
    """Returns the zip.

    Raises:
        CodeNotFound: crhelper is not installed, or in a version that the function was not made for.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in _files().items():
            entry = zipfile.ZipInfo(name)  # of 1980, as all zips without a date
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # a file of Unix that everybody can read
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


@functools.cache
def asset_hash() -> str:
    """Returns the SHA-256 of the files in the zip, in hexadecimal."""
    return hashlib.sha256(repr(_files()).encode()).hexdigest()


def function_code(scope: Construct) -> lambda_.Code:
    """Returns the zip as code for a function in `scope`."""
    hash = asset_hash()
    # Where the CDK would copy it to: so it need not, and finds it also if it is told to leave assets where they are.
    path = Path(cast("Stage", Stage.of(scope)).asset_outdir, f"asset.{hashlib.sha256(hash.encode()).hexdigest()}.zip")
    if not path.exists():
        path.write_bytes(asset_bytes())
    return lambda_.Code.from_asset(str(path), asset_hash=hash, asset_hash_type=AssetHashType.CUSTOM)


@functools.cache
def _files() -> dict[str, bytes]:
    """Returns the files by their path in the zip: the provider's modules, those that the construct itself uses, and crhelper."""
    root = Path(queue_outbound_caller_config_provider.__path__[0])
    found = {f"{root.name}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in root.rglob("*.py")}
    if not found:
        raise CodeNotFound(f"{root} has no modules. Install this package with pip, which unpacks it")
    files = sorted({**found, **_files_of_crhelper()}.items())
    return {path: content.replace(b"\r\n", b"\n") for path, content in files}


def _files_of_crhelper() -> dict[str, bytes]:
    """Returns crhelper's modules and licence: the files that its distribution lists, as they were when it was made.

    A folder named crhelper beside the app is something else, and must not run with the function's permissions.
    """
    wanted = f"Run: pip install --force-reinstall crhelper=={CRHELPER_VERSION}"
    distribution = next(iter(importlib.metadata.distributions(name="crhelper")), None)
    if distribution is None or distribution.version != CRHELPER_VERSION:
        raise CodeNotFound(f"crhelper {CRHELPER_VERSION} is not installed, but the function is made of it. {wanted}")
    found: dict[str, bytes] = {}
    for file in distribution.files or ():
        is_licence = file.name in ("LICENSE", "NOTICE")
        if (file.parts[0] == "crhelper" and file.suffix == ".py") or is_licence:
            content = Path(str(file.locate())).read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            if file.hash is None or file.hash.mode != "sha256" or file.hash.value != digest:
                raise CodeNotFound(f"{file} of crhelper is not as it was installed. {wanted}")
            found[f"crhelper/{file.name}" if is_licence else file.as_posix()] = content
    if "crhelper/__init__.py" not in found:
        raise CodeNotFound(f"crhelper's distribution does not list its files. {wanted}")
    return found
