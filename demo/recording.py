"""A recording of a terminal as one animated SVG: it plays wherever a picture is shown, and needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_CHARACTER, _LINE, _MARGIN, _BAR = 8.4, 20, 8, 34
_LINE_SECONDS = 0.06
"""Between two lines of output."""
_PAUSE_SECONDS = 3.5
"""For reading, before the next command."""
_STYLE = """
  text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre; fill: #d6deeb }
  .command { fill: #7fdbca; font-weight: 600 }
  .screen, .line { visibility: hidden; animation-timing-function: step-end; animation-iteration-count: infinite }
  @media (prefers-reduced-motion: reduce) { .screen, .line { animation: none !important } .first * { visibility: visible } }
"""


def svg_of(screens: Sequence[str], columns: int) -> str:
    """Returns a recording that shows one screen after another, each line by line, again and again.

    Args:
        screens: A command and what it wrote, one screen each.
        columns: How many letters the terminal has in a line.
    """
    fitting = [_lines(screen, columns) for screen in screens]
    lengths = [len(lines) * _LINE_SECONDS + _PAUSE_SECONDS for lines in fitting]
    total = sum(lengths)
    styles: list[str] = []
    groups: list[str] = []
    for number, lines in enumerate(fitting):
        start = sum(lengths[:number])
        texts = []
        for row, line in enumerate(lines):
            name = f"s{number}r{row}"
            styles.append(_frames(name, start + row * _LINE_SECONDS, start + lengths[number], total))
            texts.append(_text(name, row, line, total))
        groups.append(f'<g class="{"first" if number == 0 else "later"}">{"".join(texts)}</g>')
    width, height = round(columns * _CHARACTER + 2 * _MARGIN), max(map(len, fitting)) * _LINE + _BAR + 2 * _MARGIN
    return _picture(width, height, f"{_STYLE}{''.join(styles)}", "".join(groups))


def _picture(width: int, height: int, style: str, content: str) -> str:
    """Returns the window of a terminal around its lines."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="A terminal: status, discover, deploy, plan, drift and repair of 200 queues">'
        f"<style>{style}</style>"
        f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8" fill="#011627" stroke="#5f7e97"/>'
        '<circle cx="20" cy="17" r="6" fill="#ff5f57"/><circle cx="40" cy="17" r="6" fill="#febc2e"/>'
        '<circle cx="60" cy="17" r="6" fill="#28c840"/>'
        f"{content}</svg>\n"
    )


def _text(name: str, row: int, line: str, total: float) -> str:
    """Returns one line, seen when its animation says."""
    kind = "line command" if line.startswith("$ ") else "line"
    y = _BAR + (row + 1) * _LINE
    return (
        f'<text class="{kind}" style="animation-name:{name};animation-duration:{total:.2f}s" '
        f'x="{_MARGIN}" y="{y}">{escape(line)}</text>'
    )


def _lines(screen: str, columns: int) -> list[str]:
    """Returns a screen's lines as a terminal shows them: a line that is too long goes on in the next one."""
    return [line[i : i + columns] for line in screen.splitlines() for i in range(0, max(len(line), 1), columns)]


def _frames(name: str, begin: float, end: float, total: float) -> str:
    """Returns the keyframes of a line that is seen from one second of the recording to another."""
    first, last = 100 * begin / total, 100 * end / total
    hidden_first = "" if first < 0.001 else "0%{visibility:hidden}"
    hidden_last = "" if last > 99.999 else f"{last:.3f}%{{visibility:hidden}}"
    return f"@keyframes {name}{{{hidden_first}{first:.3f}%{{visibility:visible}}{hidden_last}}}"
