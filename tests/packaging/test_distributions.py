"""The wheel and the sdist: what is in them, what they require, and that they come out the same wherever they are built."""

from __future__ import annotations

import email.message
import email.parser
import shutil
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import queue_outbound_caller_config
from packaging.requirements import Requirement

from testing.local_aws import PROJECT_ROOT

from .conftest import Built, build, build_both

PYPROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())
PACKAGES = {
    "queue_outbound_caller_config": PROJECT_ROOT / "constructs" / "queue_outbound_caller_config",
    "queue_outbound_caller_config_cli": PROJECT_ROOT / "cli" / "queue_outbound_caller_config_cli",
    "queue_outbound_caller_config_provider": PROJECT_ROOT / "provider" / "queue_outbound_caller_config_provider",
}


@pytest.fixture(scope="module")
def names(built: Built) -> set[str]:
    with zipfile.ZipFile(built.wheel) as wheel:
        return set(wheel.namelist())


@pytest.fixture(scope="module")
def metadata(built: Built, names: set[str]) -> email.message.Message:
    name = next(name for name in names if name.endswith(".dist-info/METADATA"))
    with zipfile.ZipFile(built.wheel) as wheel:
        return email.parser.BytesParser().parsebytes(wheel.read(name))


def test_the_wheel_has_its_packages_at_its_top_and_nothing_named_constructs_provider_or_cli(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_has_every_file_of_a_package_and_its_type_marker(names: set[str], package: str) -> None:
    root = PACKAGES[package]
    files = [path.relative_to(root) for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {f"{package}/{path.as_posix()}" for path in files} == {
        name for name in names if name.startswith(f"{package}/")
    }
    assert f"{package}/py.typed" in names


def test_the_package_tells_the_version_that_it_is_distributed_as() -> None:
    assert queue_outbound_caller_config.__version__ == PYPROJECT["project"]["version"]


def test_the_wheel_and_the_sdist_carry_the_licence(built: Built, names: set[str]) -> None:
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    with tarfile.open(built.sdist) as sdist:
        assert {"LICENSE", "CHANGELOG.md", "README.md"} <= {Path(name).name for name in sdist.getnames()}


def test_the_sdist_has_sources_and_nothing_that_was_built_or_is_for_tests_alone(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        tops = {Path(name).parts[1] for name in sdist.getnames()}
    assert tops == {
        "cli", "constructs", "provider", "README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "PKG-INFO", ".gitignore",
    }  # fmt: skip


def test_only_what_an_app_needs_is_required(metadata: email.message.Message) -> None:
    required = [Requirement(text) for text in metadata.get_all("Requires-Dist", ())]
    assert {requirement.name for requirement in required if requirement.marker is None} == {
        "aws-cdk-lib", "constructs", "crhelper",
    }  # fmt: skip


def test_every_requirement_has_a_lower_bound_and_stops_before_what_may_break_it(
    metadata: email.message.Message,
) -> None:
    for text in metadata.get_all("Requires-Dist", ()):
        requirement = Requirement(text)
        if requirement.marker is None:
            operators = {specifier.operator for specifier in requirement.specifier}
            assert operators in ({">=", "<"}, {"=="}), text


def test_the_metadata_tells_the_versions_of_python_the_licence_and_the_readme(metadata: email.message.Message) -> None:
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"


def test_the_changelog_has_an_entry_for_the_version(metadata: email.message.Message) -> None:
    assert f"## [{metadata['Version']}] - " in (PROJECT_ROOT / "CHANGELOG.md").read_text()


def test_building_it_elsewhere_gives_the_same_bytes(built: Built, tmp_path: Path) -> None:
    copy = tmp_path / "some other place"
    for name in (*PYPROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"], "/.gitignore"):
        source, target = PROJECT_ROOT / name[1:], copy / name[1:]
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    again = build_both(copy, tmp_path / "dist")
    assert again.sdist.read_bytes() == built.sdist.read_bytes()
    assert again.wheel.read_bytes() == built.wheel.read_bytes()


def test_the_sdist_builds_the_same_wheel_as_the_tree(built: Built, tmp_path: Path) -> None:
    assert next(build(PROJECT_ROOT, tmp_path, "--wheel").iterdir()).read_bytes() == built.wheel.read_bytes()
