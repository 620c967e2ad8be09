"""Writes a plan as the config file that app.py reads."""

from __future__ import annotations

import json
from pathlib import Path

from .plan import Plan
from .world import INSTANCE, REGIONS, World


def write_config(path: Path, plan: Plan, world: World) -> None:
    """Write the file, with one table for each queue in each Region.

    Args:
        path: The file.
        plan: What it declares.
        world: The names of queues and numbers.
    """
    lines = ["[instance]", f"id = {json.dumps(INSTANCE)}", f"regions = {json.dumps(REGIONS)}"]
    for queue in sorted(plan):
        table = {
            "queue": queue.queue,
            "regions": [queue.region],
            "outbound_caller_id_name": plan[queue].config.name,
            "outbound_caller_id_number": plan[queue].number_as_written(world),
            "outbound_flow": plan[queue].config.flow,
        }
        key = world.queue_name(queue.queue) + queue.region.title().replace("-", "")
        lines += ["", f"[queues.{key}]"]
        # JSON's strings and lists are TOML's too.
        lines += [f"{name} = {json.dumps(value)}" for name, value in table.items() if value is not None]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
