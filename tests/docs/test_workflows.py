"""The project's own workflows, and what they and the pages for contributors name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from queue_outbound_caller_config_provider.aws import OLDEST_BOTO3

from testing.local_aws import PROJECT_ROOT

WORKFLOWS = sorted((PROJECT_ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^\.PHONY: ([a-z-]+)$", (PROJECT_ROOT / "Makefile").read_text(), re.M))
PYPROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())
every_workflow = pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in WORKFLOWS])


def read(path: Path) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text())
    return loaded


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


@every_workflow
def test_every_action_is_pinned_to_a_commit_and_says_which_version_that_is(path: Path) -> None:
    uses = re.findall(r"uses: (.+)$", path.read_text(), re.M)
    assert uses
    for action in uses:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


def test_one_action_has_one_version_in_all_workflows_and_examples() -> None:
    texts = [path.read_text() for path in [*WORKFLOWS, *(PROJECT_ROOT / "examples" / "github-actions").glob("*.yml")]]
    pinned = {match for text in texts for match in re.findall(r"uses: (\S+)@([0-9a-f]{40})", text)}
    assert len(pinned) == len({action for action, _ in pinned})


@every_workflow
def test_a_workflow_has_no_permission_that_a_job_does_not_name(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    writing = {name for name, job in workflow["jobs"].items() if {"write"} & {*job["permissions"].values()}}
    assert writing <= {"publish"}


@every_workflow
def test_a_workflow_runs_make_targets_that_there_are(path: Path) -> None:
    named = [
        target for step in steps(read(path)) for target in re.findall(r"^make ([a-z-]+)", step.get("run", ""), re.M)
    ]
    assert named
    assert set(named) <= TARGETS


def test_ci_runs_on_every_python_that_the_package_names() -> None:
    matrix = read(PROJECT_ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    named = [c.rpartition(" ")[2] for c in PYPROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert matrix == named
    assert PYPROJECT["project"]["requires-python"] == f">={matrix[0]}"


def test_the_oldest_libraries_that_are_tested_are_those_that_are_required() -> None:
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)$", (PROJECT_ROOT / "requirements" / "oldest.in").read_text(), re.M))
    extras = PYPROJECT["project"]["optional-dependencies"]
    for requirement in [*PYPROJECT["project"]["dependencies"], *extras["lambda"], *extras["cli"]]:
        name, oldest = re.findall(r"^([\w-]+)[>=]=([\d.]+)", requirement)[0]
        assert pinned.get(name, oldest) == oldest
    assert pinned["boto3"] == OLDEST_BOTO3
    for page in ("README.md", "docs/faq.md"):
        assert f"{pinned['boto3']} or newer" in (PROJECT_ROOT / page).read_text()


def test_only_an_approved_job_that_runs_none_of_our_code_may_publish() -> None:
    publish = read(PROJECT_ROOT / ".github" / "workflows" / "release.yml")["jobs"]["publish"]
    assert publish["environment"] == "release"
    assert publish["needs"] == "build"
    assert not [step for step in publish["steps"] if step.get("uses", "").startswith("actions/checkout")]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md", ".github/PULL_REQUEST_TEMPLATE.md"])
def test_the_pages_for_contributors_name_targets_and_files_that_there_are(page: str) -> None:
    text = (PROJECT_ROOT / page).read_text()
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= TARGETS
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https:") or (PROJECT_ROOT / page).parent.joinpath(target).is_file(), target
    for name in re.findall(r"`((?:tests|docs|requirements|build)/[\w./-]+\.\w+)`", text):
        assert (PROJECT_ROOT / name).is_file(), name


def test_the_issue_forms_can_be_read_by_github() -> None:
    for path in (PROJECT_ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        form = read(path)
        if path.name != "config.yml":
            assert {"name", "description", "body"} <= set(form)
            ids = [field["id"] for field in form["body"] if field["type"] != "markdown"]
            assert len(ids) == len(set(ids))


def test_no_hook_of_a_commit_needs_a_tool_that_setup_does_not_install() -> None:
    hooks = read(PROJECT_ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    assert hooks
    for hook in hooks:
        assert (PROJECT_ROOT / hook["entry"].split()[0]).is_file(), hook["id"]
