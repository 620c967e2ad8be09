"""Which processes there are, to see that nothing was left behind."""

from __future__ import annotations

import subprocess
from pathlib import Path


def processes_with(text: str) -> list[str]:
    """The command lines of the running processes that have a text in them."""
    return [line for line in _command_lines() if text in line]


def _command_lines() -> list[str]:
    system = Path("/proc/self/cmdline")
    if not system.exists():  # macOS
        listed = subprocess.run(["ps", "-axwwo", "args="], capture_output=True, text=True, check=True)
        return listed.stdout.splitlines()
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:  # ended meanwhile
            continue
    return lines
