"""The pictures of the pages, as the tests read them: where each text stands, and what is behind it, in light and dark."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # the pictures are our own files
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

_SVG = "{http://www.w3.org/2000/svg}"
# How wide a letter of DejaVu Sans is, in parts of the font's size. Most fonts of a browser are narrower.
_WIDTHS = {
    0.29: "'ijlIJ",
    0.32: " ,.·",
    0.35: "/:;\\|f-",
    0.40: "()[]t!r",
    0.52: '"*_`sz?–',  # noqa: RUF001 - a dash is meant
    0.58: "cLFkvxy",
    0.64: "PTYaoeESbdghnpqu$0123456789{}",
    0.70: "KAVBRXZC",
    0.79: "UHNDG&OQ",
    0.86: "w#+<=>^~M×÷→↔",  # noqa: RUF001 - a times sign is meant
    1.00: "%mW@…—",
}
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}
_BOLD = 1.13


@dataclass(frozen=True)
class Box:
    """A rectangle of a picture, in its own units."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Text:
    """A line of text: its words, the box that they fill, their size, and their class in the style."""

    words: str
    box: Box
    size: float
    kind: str


@dataclass(frozen=True)
class Shape:
    """A rectangle and its class in the style."""

    box: Box
    kind: str


class Picture:
    """An SVG file of docs/images."""

    def __init__(self, path: Path) -> None:
        self._root = ET.parse(path).getroot()  # noqa: S314 - our own file
        style = self._root.find(f"{_SVG}style")
        self.style = "" if style is None or style.text is None else style.text
        light, _, dark = self.style.partition("@media (prefers-color-scheme:dark){")
        self._light = dict(_rules(light))
        self._dark = {kind: {**self._light.get(kind, {}), **rule} for kind, rule in _rules(dark)}

    @cached_property
    def frame(self) -> Box:
        """The whole picture."""
        left, top, width, height = map(float, self._root.attrib["viewBox"].split())
        return Box(left, top, left + width, top + height)

    @cached_property
    def shapes(self) -> list[Shape]:
        """The rectangles, those behind first."""
        return [_shape(element.attrib) for element in self._root.iter(f"{_SVG}rect")]

    @cached_property
    def texts(self) -> list[Text]:
        """The lines of text."""
        return [self._text(element) for element in self._root.iter(f"{_SVG}text")]

    def _text(self, element: ET.Element) -> Text:
        kind = element.attrib.get("class", "")
        size = float(self._light.get(kind, {}).get("font-size", "14px").removesuffix("px"))
        words = "".join(element.itertext())
        bold = _BOLD if self._light.get(kind, {}).get("font-weight") else 1.0
        width = sum(_WIDTH_OF[letter] for letter in words) * size * bold
        x, baseline = float(element.attrib["x"]), float(element.attrib["y"])
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[element.attrib.get("text-anchor", "start")]
        return Text(words, Box(left, baseline - 0.76 * size, left + width, baseline + 0.24 * size), size, kind)

    def colour(self, kind: str, what: str, *, dark: bool) -> str | None:
        """Returns the `fill` or `stroke` that a class has in light or dark; `text` stands for a text without a class."""
        rules = self._dark if dark else self._light
        found = rules.get(kind, self._light.get(kind, {})).get(what)
        return found if found != "none" else None

    def ink(self, text: Text, *, dark: bool) -> str:
        """Returns a text's colour."""
        colour = self.colour(text.kind, "fill", dark=dark) or self.colour("text", "fill", dark=dark)
        assert colour is not None
        return colour

    def ground(self, text: Text, *, dark: bool) -> str:
        """Returns the colour behind a text: that of the last rectangle drawn that holds it."""
        behind = (self.colour(s.kind, "fill", dark=dark) for s in reversed(self.shapes) if s.box.holds(text.box))
        return next(colour for colour in behind if colour is not None)


def _rules(style: str) -> Iterator[tuple[str, dict[str, str]]]:
    for names, body in re.findall(r"([^{}]+)\{([^{}]*)\}", style):
        pairs = (declaration.split(":", 1) for declaration in body.split(";") if ":" in declaration)
        yield names.strip().removeprefix("."), {name.strip(): value.strip() for name, value in pairs}


def _shape(attributes: dict[str, str]) -> Shape:
    left, top = float(attributes.get("x", 0)), float(attributes.get("y", 0))
    box = Box(left, top, left + float(attributes["width"]), top + float(attributes["height"]))
    return Shape(box, attributes.get("class", ""))


def contrast(one: str, other: str) -> float:
    """Returns the contrast of two colours (`#rrggbb`), from 1 to 21, as WCAG defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def pairs(texts: list[Text]) -> Iterator[tuple[Text, Text]]:
    """Returns each two texts once."""
    return chain.from_iterable(((one, other) for other in texts[i + 1 :]) for i, one in enumerate(texts))
