"""The function's code as one reproducible zip, put together from what is installed.

In it are the provider package and crhelper, with crhelper's licence; boto3 is the Lambda runtime's own. The same content
gives the same zip on any path: files sorted, one fixed time and mode, line ends as LF. What a compressor makes of a text may
change with its version, so the zip is known by a hash of what is in it, which is the same on any machine and Python.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import importlib.metadata
import importlib.util
import io
import shutil
import tempfile
import zipfile
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

PROVIDER = "queue_outbound_caller_config_provider"
HANDLER = f"{PROVIDER}.handler.handler"
CRHELPER_VERSIONS = ((2, 0, 12), (2, 1))
"""The lowest version that fits and the first that does not, as in pyproject.toml."""

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o100644
_UNIX = 3


class CodeNotFound(RuntimeError):
    """What the function's code is made of is not installed."""


@functools.cache
def asset_bytes() -> bytes:
    """Returns the zip.

    Raises CodeNotFound when crhelper is not installed, or in a version that the function was not made for.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in sorted(_files().items()):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system = _UNIX
            entry.external_attr = _FILE_MODE << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()


@functools.cache
def asset_hash() -> str:
    """Returns the SHA-256 of the files in the zip, in hexadecimal."""
    files = [(name, len(content), hashlib.sha256(content).hexdigest()) for name, content in sorted(_files().items())]
    return hashlib.sha256(repr(files).encode()).hexdigest()


def function_code(scope: Construct) -> lambda_.Code:
    """Returns the zip as code for a function in `scope`."""
    # The CDK copies it into the cloud assembly at once, unless told to leave assets where they are.
    staged = not scope.node.try_get_context("aws:cdk:disable-asset-staging")
    return lambda_.Code.from_asset(
        str(_on_disk(asset_hash(), removed_at_exit=staged)),
        asset_hash=asset_hash(),
        asset_hash_type=AssetHashType.CUSTOM,
    )


@functools.cache
def _on_disk(hash: str, *, removed_at_exit: bool) -> Path:
    """Returns where the zip of a hash is, in a folder of this process."""
    folder = Path(tempfile.mkdtemp(prefix="queue-outbound-caller-config-"))
    if removed_at_exit:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / f"{hash}.zip"
    path.write_bytes(asset_bytes())
    return path


@functools.cache
def _files() -> dict[str, bytes]:
    crhelper = _distribution()
    files = {**_modules_of(PROVIDER), **_modules_of("crhelper")}
    for name in ("LICENSE", "NOTICE"):
        text = crhelper.read_text(name) or crhelper.read_text(f"licenses/{name}")
        if text:
            files[f"crhelper/{name}"] = _with_unix_line_ends(text.encode())
    return files


def _distribution() -> importlib.metadata.Distribution:
    lowest, beyond = (".".join(map(str, version)) for version in CRHELPER_VERSIONS)
    wanted = f"pip install 'crhelper>={lowest},<{beyond}'"
    try:
        distribution = importlib.metadata.distribution("crhelper")
    except importlib.metadata.PackageNotFoundError:
        raise CodeNotFound(
            f"crhelper is not installed here, and the function's code is made of it. Run: {wanted}"
        ) from None
    if not CRHELPER_VERSIONS[0] <= _version(distribution.version) < CRHELPER_VERSIONS[1]:
        raise CodeNotFound(
            f"crhelper {distribution.version} is installed, which the function is not made for. Run: {wanted}"
        )
    return distribution


def _version(text: str) -> tuple[int, ...]:
    numbers = []
    for piece in text.split("."):
        digits = piece[: len(piece) - len(piece.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


def _modules_of(package: str) -> dict[str, bytes]:
    """Returns a package's modules by their path in the zip. The package is found, not imported: it may need boto3."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise CodeNotFound(f"the package {package} is not installed here. Run: pip install --force-reinstall {package}")
    root = Path(next(iter(spec.submodule_search_locations)))
    found = {
        f"{package}/{path.relative_to(root).as_posix()}": _with_unix_line_ends(path.read_bytes())
        for path in root.rglob("*.py")
    }
    if not found:
        raise CodeNotFound(
            f"the package {package} is at {root}, where no files are. Install it with pip, which unpacks it"
        )
    return found


def _with_unix_line_ends(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n")
