"""A template diff that stays empty: the same app in two folders gives the same templates and assets, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testing.local_aws import PROJECT_ROOT

PARTS = ("app.py", "app_config.py", "app_config_reader.py", "config.toml", "cdk.json", "constructs", "provider")


def synthesize(folder: Path, hash_seed: str) -> dict[str, bytes]:
    """Copies the app into a folder, synthesizes it there, and returns what there is to deploy, by name."""
    for part in PARTS:
        source = PROJECT_ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / part)
    paths = os.pathsep.join([str(folder / "constructs"), str(folder / "provider")])
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": hash_seed, "CDK_OUTDIR": str(folder / "cdk.out")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    deployed = [path for path in (folder / "cdk.out").iterdir() if path.is_file() and path.name != "tree.json"]
    return {path.name: path.read_bytes() for path in deployed}


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], dict[str, bytes]]:
    root = tmp_path_factory.mktemp("copies")
    return synthesize(root / "one", "1"), synthesize(root / "another" / "much deeper folder", "2")


def test_two_syntheses_in_two_folders_give_the_same_templates(twice: tuple[dict[str, bytes], dict[str, bytes]]) -> None:
    one, another = ({name: text for name, text in made.items() if name.endswith(".template.json")} for made in twice)
    assert one
    assert one == another


def test_two_syntheses_in_two_folders_give_the_same_assets(twice: tuple[dict[str, bytes], dict[str, bytes]]) -> None:
    one, another = ({name: code for name, code in made.items() if name.endswith(".zip")} for made in twice)
    assert one
    assert one == another


def test_nothing_in_a_template_names_the_folder_that_it_was_made_in(
    twice: tuple[dict[str, bytes], dict[str, bytes]],
) -> None:
    for name, content in twice[1].items():
        assert b"much deeper folder" not in content or not name.endswith((".template.json", ".zip", ".assets.json"))
