"""The config file that app.py reads, and how it differs from one act to the next."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from .story import Declaration, Declarations
from .world import INSTANCE, REGIONS, World


class ConfigFile:
    """A config file that is written anew in each act.

    Args:
        path: The file, which need not exist yet.
        world: The names of queues, numbers and flows.
    """

    def __init__(self, path: Path, world: World) -> None:
        self.path = path
        self._world = world

    def write(self, declared: Declarations) -> list[str]:
        """Writes the file and returns a unified diff of it: no lines if nothing changed."""
        before = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        after = self._lines(declared)
        self.path.write_text("\n".join(after) + "\n", encoding="utf-8")
        name = self.path.name
        return list(unified_diff(before, after, f"{name} (before)" if before else "/dev/null", name, lineterm=""))

    def _lines(self, declared: Declarations) -> list[str]:
        """Returns the file's lines. A JSON string or list is also a TOML one."""
        queues = {self._world.queue_name(one.queue): one.queue for one in declared}
        flows = {self._world.flow_name(flow): flow for one in declared if (flow := one.config.flow)}
        return [
            *_table("instance", id=INSTANCE, regions=REGIONS),
            *_table("queue_ids", **queues),
            *_table("flows", **{_as_key(name): id for name, id in flows.items()}),
            *(line for one in declared for line in self._queue_table(one)),
        ][:-1]

    def _queue_table(self, declaration: Declaration) -> list[str]:
        config, world = declaration.config, self._world
        return _table(
            f"queues.{declaration.key}",
            queue=world.queue_name(declaration.queue),
            regions=[declaration.region],
            outbound_caller_id_name=config.name,
            outbound_caller_id_number=config.number and world.e164(config.number),
            outbound_flow=config.flow and _as_key(world.flow_name(config.flow)),
        )


def _table(name: str, **values: str | Sequence[str] | None) -> list[str]:
    """Returns the lines of a table, and an empty one after it."""
    return [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None), ""]


def _as_key(flow_name: str) -> str:
    return flow_name.lower().replace(" ", "_")
