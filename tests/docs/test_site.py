"""The documentation as a site: built strictly, whole, and with nothing that is fetched from elsewhere."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import queue_outbound_caller_config

from testing.local_aws import PROJECT_ROOT
from tests.docs.markdown import DOCS

PUBLIC = [
    name
    for name, value in vars(queue_outbound_caller_config).items()
    if not name.startswith("_") and not inspect.ismodule(value)
]


def test_the_reference_has_every_name_that_the_package_exports() -> None:
    listed = re.findall(
        r"^::: queue_outbound_caller_config\.(\w+)$", (DOCS / "reference" / "constructs.md").read_text(), re.M
    )
    assert sorted(listed) == sorted(PUBLIC)


def test_every_public_name_has_a_docstring_that_tells_its_arguments() -> None:
    for name in PUBLIC:
        found = getattr(queue_outbound_caller_config, name)
        if inspect.isclass(found) or inspect.isfunction(found):  # else an alias of types
            assert found.__doc__, name


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it."""
    if find_spec("mkdocs") is None:
        pytest.skip("mkdocs is not installed; make docs installs it")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        fetched = re.findall(r"<(?:script|img|iframe)[^>]+src=\"?(https?:[^\" >]+)", page.read_text())
        fetched += re.findall(
            r"<link[^>]+rel=\"?(?:stylesheet|preconnect)\"?[^>]*href=\"?(https?:[^\" >]+)", page.read_text()
        )
        assert not fetched, page


def test_the_site_shows_no_mark_of_a_text_that_was_to_be_put_in(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert "--8&lt;--" not in page.read_text()
        assert "--8<--" not in page.read_text()


def test_the_reference_shows_arguments_and_errors(site: Path) -> None:
    page = (site / "reference" / "constructs.html").read_text()
    for piece in ("outbound_caller_id_number", "Parameters:", "Raises:", "an outbound whisper flow of the instance"):
        assert piece in page


def test_the_site_works_from_disk_search_included(site: Path) -> None:
    """A browser loads no JSON for such a page, and starts no worker: the index is a script, and an iframe does the work."""
    page = (site / "how-to" / "cdk-stack.html").read_text()
    assert '"../javascripts/iframe-worker.js"' in page
    assert "window.Worker = FrameWorker" in (site / "javascripts" / "iframe-worker.js").read_text()
    assert (site / "search" / "search_index.js").read_text().startswith("var __index = {")
    assert not re.findall(r'href="(?!https?:|#|mailto:)[^"#]*/(?:#[^"]*)?"', page), (
        "a link to a folder, which a disk does not serve"
    )


def test_the_reader_chooses_light_dark_or_the_systems_colours(site: Path) -> None:
    form = (site / "index.html").read_text().partition('data-md-component="palette"')[2].partition("</form>")[0]
    assert re.findall(r'data-md-color-media="([^"]*)"', form) == [
        "(prefers-color-scheme)",
        "(prefers-color-scheme: light)",
        "(prefers-color-scheme: dark)",
    ]


def test_the_site_tells_its_version_its_licence_and_its_changes(site: Path) -> None:
    assert f"Version {queue_outbound_caller_config.__version__} " in (site / "index.html").read_text()
    assert "http://www.apache.org/licenses/" in (site / "licence.html").read_text()
    assert "unreleased" in (site / "changelog.html").read_text()


@pytest.mark.parametrize("word", ["drift", "terraform", "security", "failover", "quota"])
def test_the_search_finds_a_page_about(site: Path, word: str) -> None:
    index = json.loads((site / "search" / "search_index.js").read_text().partition("=")[2].rstrip().rstrip(";"))
    assert any(word in entry["title"].lower() or f" {word}" in entry["text"].lower() for entry in index["docs"])
