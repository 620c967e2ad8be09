"""Pictures of bars as SVG: text that stays text, one style for light and dark, and wide enough for a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 420
_BARS_FROM, _BARS_TO = 182, 336
_ROW, _HEAD = 25, 34

# The pictures in docs/images that no program draws have the same style; a test compares them.
STYLE = """
text{font:14px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
.page{fill:#ffffff}.title{font-weight:600;font-size:15px}.strong{font-weight:600}.muted{fill:#57606a}
.line{stroke:#6e7781;fill:none;stroke-width:1.5}.tip{fill:#6e7781}.frame{fill:none;stroke:#6e7781;stroke-width:1.5}
.grey{fill:#f0f2f5;stroke:#6e7781}.blue{fill:#ddf0ff;stroke:#0550ae}.green{fill:#dcf5e3;stroke:#1a7f37}
.orange{fill:#fff1e0;stroke:#bc4c00}.purple{fill:#f3e8ff;stroke:#6639ba}
.ours{fill:#1a7f37}.other{fill:#6e7781}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.page{fill:#161b22}.muted{fill:#a8b3bf}
.line{stroke:#8b949e}.tip{fill:#8b949e}.frame{stroke:#8b949e}
.grey{fill:#262c34;stroke:#8b949e}.blue{fill:#0c2d4d;stroke:#58a6ff}.green{fill:#12321d;stroke:#3fb950}
.orange{fill:#3d2300;stroke:#f0883e}.purple{fill:#2d1b4e;stroke:#bc8cff}
.ours{fill:#3fb950}.other{fill:#8b949e}}
"""


@dataclass(frozen=True)
class Bar:
    """One bar.

    Attributes:
        name: who it is about; stands to the left.
        share: its length, from 0 to 1.
        label: the figure; stands to the right. Without a length it begins where the bar would.
        ours: whether it is this project's.
    """

    name: str
    share: float
    label: str
    ours: bool = False


@dataclass(frozen=True)
class Group:
    """Bars under one heading."""

    heading: str
    bars: Sequence[Bar]


def bars(title: str, description: str, groups: Iterable[Group], note: Sequence[str] = ()) -> str:
    """Returns a picture of horizontal bars as an SVG document.

    Args:
        title: what the picture shows; its first line.
        description: the same in full sentences, for those who cannot see it.
        groups: the bars.
        note: lines below them.
    """
    parts = [_text(16, 28, title, "title")]
    top = 40
    for group in groups:
        parts.append(_text(16, top + 20, group.heading, "strong"))
        top += _HEAD
        for bar in group.bars:
            parts += _bar(bar, top)
            top += _ROW
    for line in note:
        parts.append(_text(16, top + 20, line, "muted"))
        top += 20
    return document(title, description, top + 20, parts)


def _bar(bar: Bar, top: float) -> list[str]:
    length = bar.share * (_BARS_TO - _BARS_FROM)
    drawn = [_text(16, top + 14, bar.name, "strong" if bar.ours else "muted")]
    if bar.share:
        kind = "ours" if bar.ours else "other"
        drawn.append(f'<rect x="{_BARS_FROM}" y="{top + 2}" width="{length:.1f}" height="16" rx="2" class="{kind}"/>')
    after = _BARS_FROM + length + (8 if bar.share else 0)
    drawn.append(_text(round(after, 1), top + 14, bar.label, "strong" if bar.ours else ""))
    return drawn


def document(title: str, description: str, height: float, parts: Iterable[str]) -> str:
    """Returns an SVG document of parts on the page's ground."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="460" role="img" '
        f'aria-labelledby="t d">\n'
        f'<title id="t">{escape(title)}</title>\n<desc id="d">{escape(description)}</desc>\n<style>{STYLE}</style>\n'
        f'<rect width="{WIDTH}" height="{height:g}" rx="8" class="page"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _text(x: float, y: float, words: str, kind: str) -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{style}>{escape(words)}</text>'
