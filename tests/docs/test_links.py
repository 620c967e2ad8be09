"""Links between pages lead somewhere: to a file of the project, and to a heading that it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.local_aws import PROJECT_ROOT
from tests.docs.markdown import DOCS, README, pages, prose

_LINK = re.compile(r"(?:\[[^\]]*\]\(|^\[\w+\]: )(?P<target>[^)\s]+)", re.M)


def links() -> Iterator[tuple[Path, str]]:
    for page in (*pages(), *(PROJECT_ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md"))):
        for match in _LINK.finditer(prose(page)):
            if not re.match(r"[a-z]+:", match["target"]):
                yield page, match["target"]


def anchors(page: Path) -> set[str]:
    """Returns the anchors of a page's headings, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ +(.+)$", prose(page), re.M)
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


@pytest.mark.parametrize(
    ("page", "target"), [pytest.param(*link, id=f"{link[0].relative_to(PROJECT_ROOT)}->{link[1]}") for link in links()]
)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.is_file()
    assert file.is_relative_to(PROJECT_ROOT)
    if anchor:
        assert anchor in anchors(file)


def test_a_page_of_the_site_links_to_nothing_outside_the_site() -> None:
    assert not [
        (page, target)
        for page, target in links()
        if page.is_relative_to(DOCS) and not (page.parent / target.partition("#")[0]).resolve().is_relative_to(DOCS)
    ]


def test_every_picture_is_used_and_has_no_source_elsewhere() -> None:
    used = {target for _, target in links()}
    for picture in (DOCS / "images").glob("*.svg"):
        assert any(target.endswith(f"images/{picture.name}") for target in used), picture.name
        drawn = picture.read_text()
        assert not re.search(r"(href|src|url)\s*[=(]\s*[\"']?https?:", drawn)


def test_every_picture_on_a_page_says_what_it_shows() -> None:
    shown = [alt for page in pages() for alt in re.findall(r"!\[([^\]]*)\]\(", prose(page))]
    assert shown
    assert all(len(alt) > 10 for alt in shown)


def test_the_readme_names_no_page_that_the_site_leaves_out() -> None:
    navigation = (PROJECT_ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    linked = {target for page, target in links() if page == README and target.startswith("docs/")}
    assert {target for target in linked if target.endswith(".md")} == {
        target for target in linked if target.removeprefix("docs/") in navigation
    }


def test_the_site_has_every_page() -> None:
    navigation = (PROJECT_ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    missing = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - set(re.findall(r"[\w/-]+\.md", navigation))
    assert not missing
