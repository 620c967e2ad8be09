"""The function's code: one zip, the same bytes anywhere."""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack
from queue_outbound_caller_config import QueueOutboundCallerConfig, lambda_asset
from queue_outbound_caller_config.lambda_asset import CodeNotFound, asset_bytes, asset_hash

from tests.infrastructure.synthesis import INSTANCE, QUEUE


def entries(packed: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        return archive.infolist()


def test_it_holds_the_provider_and_crhelper_and_nothing_else() -> None:
    """boto3 is the runtime's own; no tests, no caches, no stubs."""
    names = {entry.filename for entry in entries(asset_bytes())}
    assert {"queue_outbound_caller_config_provider/handler.py", "crhelper/resource_helper.py"} < names
    assert {"crhelper/LICENSE", "crhelper/NOTICE"} < names
    assert all(
        name.endswith(".py") and name.split("/")[0] in {"queue_outbound_caller_config_provider", "crhelper"}
        for name in names - {"crhelper/LICENSE", "crhelper/NOTICE"}
    )


def test_it_is_small() -> None:
    """Under 150 kB."""
    assert len(asset_bytes()) < 150_000


def test_it_is_put_together_quickly() -> None:
    """A synthesis waits for it: under a tenth of a second of the processor, the best of three."""

    def seconds() -> float:
        fresh()
        started = time.process_time()
        asset_bytes()
        return time.process_time() - started

    assert min(seconds() for _ in range(3)) < 0.1


def test_nothing_in_it_tells_of_the_machine() -> None:
    """One time and mode for all, and sorted."""
    found = entries(asset_bytes())
    assert [entry.filename for entry in found] == sorted(entry.filename for entry in found)
    assert {
        (entry.date_time, entry.external_attr >> 16, entry.compress_type, entry.create_system) for entry in found
    } == {((1980, 1, 1, 0, 0, 0), 0o100644, zipfile.ZIP_DEFLATED, 3)}


def fresh() -> None:
    """Forgets what was put together before."""
    for known in (lambda_asset._files, asset_bytes, asset_hash):
        known.cache_clear()


def test_its_hash_is_that_of_its_content_however_it_was_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    before, packed = asset_hash(), asset_bytes()
    monkeypatch.setattr(zipfile, "ZIP_DEFLATED", zipfile.ZIP_STORED)
    fresh()
    assert asset_bytes() != packed
    assert asset_hash() == before
    files = lambda_asset._files()
    for other in ({**files, "a.py": b""}, {name: content + b"#" for name, content in files.items()}):
        monkeypatch.setattr(lambda_asset, "_files", lambda other=other: other)
        asset_hash.cache_clear()
        assert asset_hash() != before
    monkeypatch.undo()


def copy_of_code(folder: Path, *, windows: bool = False) -> None:
    """Puts the provider and crhelper where another interpreter finds them, with their metadata."""
    with zipfile.ZipFile(io.BytesIO(asset_bytes())) as archive:
        archive.extractall(folder)
    if windows:  # as git checks it out there; pip installs crhelper as it was built
        for path in folder.glob("queue_outbound_caller_config_provider/*.py"):
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    for file in importlib.metadata.distribution("crhelper").files or ():
        if file.suffix != ".pyc":
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(Path(str(file.locate())).read_bytes())


@pytest.mark.parametrize("windows", [False, True])
def test_another_path_another_process_and_windows_line_ends_give_the_same_hash(tmp_path: Path, windows: bool) -> None:
    """Found first on the path there."""
    copy_of_code(tmp_path, windows=windows)
    script = (
        "import queue_outbound_caller_config_provider as p, sys; assert p.__file__.startswith(sys.argv[1]), p.__file__; "
        "from queue_outbound_caller_config.lambda_asset import asset_hash; print(asset_hash())"
    )
    here = [str(Path(lambda_asset.__file__).parents[1])]
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = [sys.argv[1], *{here!r}]; {script}", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert found.stdout.strip() == asset_hash()


def test_without_crhelper_the_error_says_what_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a dependency of the package, so something took it away."""
    monkeypatch.setattr(importlib.metadata, "distributions", lambda **_: iter(()))
    fresh()
    with pytest.raises(
        CodeNotFound, match=r"crhelper 2.0.12 is not installed.* pip install --force-reinstall crhelper==2.0.12"
    ):
        asset_bytes()


@pytest.mark.parametrize("version", ["2.0.11", "2.0.13", "2.1.0", "3"])
def test_a_crhelper_that_the_function_was_not_made_for_is_refused(
    monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """Its known bugs were dealt with for one version."""
    monkeypatch.setattr(importlib.metadata.Distribution, "version", property(lambda _self: version))
    fresh()
    with pytest.raises(CodeNotFound, match=r"crhelper 2\.0\.12 is not installed"):
        asset_bytes()


def run_beside(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Runs a script whose first place to import from is a folder."""
    here = [str(Path(lambda_asset.__file__).parents[1])]
    code = f"import sys; sys.path[:0] = [{str(folder)!r}, *{here!r}]; {script}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folder)


def test_a_folder_named_crhelper_beside_the_app_is_not_packed(tmp_path: Path) -> None:
    """It would run with the function's permissions."""
    (tmp_path / "crhelper").mkdir()
    (tmp_path / "crhelper/__init__.py").write_text("raise SystemExit('not mine')")
    script = "from queue_outbound_caller_config.lambda_asset import asset_hash; print(asset_hash())"
    assert run_beside(tmp_path, script).stdout.strip() == asset_hash()


def test_a_crhelper_that_was_changed_after_it_was_installed_is_refused(tmp_path: Path) -> None:
    """As its RECORD tells."""
    copy_of_code(tmp_path)
    with (tmp_path / "crhelper/utils.py").open("a") as module:
        module.write("import os\n")
    ended = run_beside(tmp_path, "from queue_outbound_caller_config.lambda_asset import asset_hash; asset_hash()")
    assert "crhelper/utils.py of crhelper is not as it was installed" in ended.stderr


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    yield
    fresh()


@pytest.mark.parametrize("staging", [True, False])
def test_the_assembly_holds_the_zip(tmp_path: Path, staging: bool) -> None:
    """Once, also where assets are not to be staged."""
    context = {} if staging else {"aws:cdk:disable-asset-staging": True}
    app = App(outdir=str(tmp_path / "cdk.out"), context=context)
    stack = Stack(app, "Stack")
    QueueOutboundCallerConfig(stack, "Config", instance=INSTANCE, queue=QUEUE, outbound_caller_id_name="x")
    app.synth()
    staged = [path.read_bytes() for path in tmp_path.glob("cdk.out/*.zip")]
    assert staged == [asset_bytes()]
    path = json.loads((tmp_path / "cdk.out/Stack.assets.json").read_text())["files"]
    (source,) = (
        file["source"]["path"]
        for file in path.values()
        if file["source"]["packaging"] == "file" and file["source"]["path"].endswith(".zip")
    )
    assert (tmp_path / "cdk.out" / source).read_bytes() == asset_bytes()
