"""The page of the architecture is true: every module has its place on it, and dependencies point one way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from testing.local_aws import PROJECT_ROOT
from tests.docs.markdown import DOCS, code_spans

PAGE = (DOCS / "architecture.md").read_text()
CONSTRUCTS = PROJECT_ROOT / "constructs" / "queue_outbound_caller_config"
PROVIDER = PROJECT_ROOT / "provider" / "queue_outbound_caller_config_provider"
COMMAND_LINE = PROJECT_ROOT / "cli" / "queue_outbound_caller_config_cli"
EMULATOR = PROJECT_ROOT / "emulator"
AWS_CLIENTS = {"boto3", "botocore", "crhelper"}


def imports(module: Path) -> set[str]:
    """Returns the modules that a module imports, those of its own package as `.name`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        match node:
            case ast.Import(names=names):
                found |= {name.name for name in names}
            case ast.ImportFrom(module=None, names=names):
                found |= {f".{name.name}" for name in names}
            case ast.ImportFrom(module=str(name), level=level):
                found.add(f".{name}" if level else name)
    return found


def reached(module: Path) -> set[str]:
    """Returns the packages that a module of the provider imports, itself or through others of the provider."""
    seen: set[Path] = set()
    packages: set[str] = set()
    waiting = [module]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            for name in imports(current):
                if name.startswith("."):
                    waiting.append(current.parent / f"{name[1:].replace('.', '/')}.py")
                elif name.startswith(f"{PROVIDER.name}."):
                    waiting.append(PROVIDER / f"{name.partition('.')[2].replace('.', '/')}.py")
                else:
                    packages.add(name.partition(".")[0])
    return packages


@pytest.mark.parametrize(
    ("section", "folder"),
    [
        ("## The provider", PROVIDER),
        ("## The constructs", CONSTRUCTS),
        ("## The command line", COMMAND_LINE),
        ("## The emulator", EMULATOR / "connect"),
    ],
)
def test_every_module_has_its_place_on_the_page(section: str, folder: Path) -> None:
    text = PAGE.partition(section)[2].partition("\n## ")[0]
    modules = {path.name for path in folder.glob("*.py")} - {"__init__.py", "__main__.py"}
    listed = {span for line in text.splitlines() if line.startswith("| `") for span in code_spans(line.split("|")[1])}
    assert {name.rpartition("/")[2] for name in listed if name.endswith(".py")} == modules


def test_every_folder_of_tests_has_its_place_on_the_page() -> None:
    folders = {path.parent for path in (PROJECT_ROOT / "tests").glob("*/test_*.py")}
    assert not [str(folder.name) for folder in folders if f"`tests/{folder.name}`" not in PAGE]


def test_the_constructs_use_no_module_of_the_provider_that_needs_an_aws_client() -> None:
    used = {
        name.rpartition(".")[2]
        for module in CONSTRUCTS.rglob("*.py")
        for name in imports(module)
        if name.startswith(f"{PROVIDER.name}.")
    }
    assert used
    assert {name for name in used if reached(PROVIDER / f"{name}.py") & AWS_CLIENTS} == set()


def test_the_provider_never_imports_the_cdk() -> None:
    assert not {"aws_cdk", "constructs", "jsii", CONSTRUCTS.name} & reached(PROVIDER / "handler.py")


def test_the_command_line_imports_neither_the_cdk_nor_the_constructs() -> None:
    packages = {name.partition(".")[0] for module in COMMAND_LINE.rglob("*.py") for name in imports(module)}
    assert not {"aws_cdk", "constructs", "jsii", CONSTRUCTS.name} & packages


def test_the_emulator_imports_neither_package() -> None:
    packages = {name.partition(".")[0] for module in EMULATOR.rglob("*.py") for name in imports(module)}
    assert not {CONSTRUCTS.name, PROVIDER.name} & packages


def test_what_the_page_calls_pure_needs_no_aws_client() -> None:
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[2] == "yes":
            assert not reached(PROVIDER / code_spans(cells[0])[0]) & AWS_CLIENTS, cells[0]
