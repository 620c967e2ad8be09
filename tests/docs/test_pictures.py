"""The pictures can be read: nothing overlaps or is cut off, on a phone and on a screen, in light and in dark."""

from __future__ import annotations

import itertools
import re
from html import unescape
from pathlib import Path

import pytest

from benchmarks.drawing import STYLE
from demo.fleet import NARROW, WIDE
from demo.page import NARROW_RECORDING, RECORDING
from testing.local_aws import PROJECT_ROOT
from tests.docs.markdown import DOCS
from tests.docs.pictures import Box, Picture, contrast, pairs

# What a page leaves for a picture on a phone of 390 pixels, and the smallest letters that can be read there.
PHONE, SMALLEST = 358, 11

PICTURES = sorted((DOCS / "images").glob("*.svg"))
picture = pytest.mark.parametrize("picture", [pytest.param(Picture(path), id=path.stem) for path in PICTURES])
scheme = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@picture
def test_no_text_overlaps_another(picture: Picture) -> None:
    assert [(one.words, other.words) for one, other in pairs(picture.texts) if one.box.meets(other.box)] == []


@picture
def test_every_text_is_inside_the_picture(picture: Picture) -> None:
    assert picture.texts
    assert [text.words for text in picture.texts if not picture.frame.holds(text.box)] == []


@picture
def test_no_edge_of_a_box_runs_through_a_text(picture: Picture) -> None:
    through = [
        (text.words, shape.kind)
        for text in picture.texts
        for shape in picture.shapes
        if shape.box.meets(text.box) and not shape.box.holds(text.box)
    ]
    assert through == []


@picture
@scheme
def test_every_text_stands_out_from_what_is_behind_it(picture: Picture, dark: bool) -> None:
    weak = [
        (text.words, round(ratio, 2))
        for text in picture.texts
        if (ratio := contrast(picture.ink(text, dark=dark), picture.ground(text, dark=dark))) < 4.5
    ]
    assert weak == []


@picture
@scheme
def test_every_box_and_bar_stands_out_from_the_page(picture: Picture, dark: bool) -> None:
    """By its edge if it has one, else by its colour."""
    page = picture.colour("page", "fill", dark=dark)
    assert page is not None
    for shape in picture.shapes:
        if shape.kind != "page":
            edge = picture.colour(shape.kind, "stroke", dark=dark) or picture.colour(shape.kind, "fill", dark=dark)
            assert edge is not None
            assert contrast(edge, page) >= 3, shape.kind


@picture
def test_every_text_can_be_read_on_a_phone(picture: Picture) -> None:
    scale = PHONE / (picture.frame.right - picture.frame.left)
    assert [text.words for text in picture.texts if text.size * scale < SMALLEST] == []


@picture
def test_light_and_dark_are_two_schemes(picture: Picture) -> None:
    light, dark = (picture.colour("page", "fill", dark=dark) for dark in (False, True))
    assert light is not None
    assert dark is not None
    assert contrast(light, dark) > 10


@picture
def test_all_pictures_have_one_style(picture: Picture) -> None:
    assert picture.style == STYLE


@pytest.mark.parametrize(("recording", "columns", "width"), [(RECORDING, WIDE, 688), (NARROW_RECORDING, NARROW, PHONE)])
def test_the_lines_of_a_recording_stand_out_fit_and_can_be_read(recording: Path, columns: int, width: int) -> None:
    """It is a terminal: dark in both schemes, its lines one below the other. The README shows the wide one from 720 pixels on."""
    drawn = recording.read_text()
    (ground,) = re.findall(r'<rect [^>]*fill="(#\w+)"', drawn)
    inks = re.findall(r"fill: (#\w+)", drawn)
    assert min(contrast(ink, ground) for ink in inks) >= 4.5
    ((wide, tall),) = re.findall(r'viewBox="0 0 (\d+) (\d+)"', drawn)
    (size,) = re.findall(r"font: (\d+)px", drawn)
    assert int(size) * width / int(wide) >= SMALLEST
    for screen in drawn.split("<g ")[1:]:
        heights = [int(y) for y in re.findall(r' y="(\d+)"', screen)]
        assert all(lower - upper >= 20 for upper, lower in itertools.pairwise(heights))
        assert max(heights) < int(tall)
        assert max(len(unescape(line)) for line in re.findall(r">([^<]*)</text>", screen)) <= columns


def test_the_readme_shows_the_narrow_recording_on_a_phone() -> None:
    readme = (PROJECT_ROOT / "README.md").read_text()
    media = f'<source media="(max-width: 719px)" srcset="{NARROW_RECORDING.relative_to(PROJECT_ROOT)}">'
    assert re.search(
        rf"<picture>\s*{re.escape(media)}\s*<img src=\"{RECORDING.relative_to(PROJECT_ROOT)}\" alt=", readme
    )


def test_the_checks_see_an_overlap_a_cut_and_a_weak_contrast(tmp_path: Path) -> None:
    bad = tmp_path / "bad.svg"
    bad.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 40"><style>text{fill:#999999}.page{fill:#ffffff}</style>'
        '<rect width="100" height="40" class="page"/><text x="5" y="20">One</text><text x="20" y="22">Two, cut off</text></svg>'
    )
    drawn = Picture(bad)
    one, two = drawn.texts
    assert one.box.meets(two.box)
    assert not drawn.frame.holds(two.box)
    assert contrast(drawn.ink(one, dark=False), drawn.ground(one, dark=False)) < 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert Box(0, 0, 10, 10).holds(Box(0, 0, 10, 10))
