"""A discovery as the text of a `config.toml` for app.py."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping

from queue_outbound_caller_config_provider.config import CallerConfig

from .discovery import Discovery, Found

QUEUES_OF_A_STACK = 300
"""So that a stack has room for further queues before it has to be split."""
_KEY_OF = {"name": "outbound_caller_id_name", "number": "outbound_caller_id_number", "flow": "outbound_flow"}


def toml_text(discovery: Discovery) -> str:
    """Returns the file: its first deployment writes to no queue, since it declares what each one has."""
    regions = discovery.instance.regions
    stacks = -(-len(discovery.queues) // QUEUES_OF_A_STACK)
    lines = [
        f"# The outbound caller configs of {comment(discovery.instance.alias)}, as they were found. "
        "Deploying this changes no queue.",
        "",
        "[instance]",
        f"id = {string(discovery.instance.id)}",
        f"regions = {json.dumps(list(regions))}",
        *([f"stacks = {stacks}"] if stacks > 1 else []),
        "",
        "[numbers]",
        *(
            f"{label} = {string(text)}  # {comment(discovery.number_notes[text])}"
            for text, label in discovery.numbers.items()
        ),
        "",
        "[flows]",
        *(
            f"{label} = {string(id)}  # {comment(discovery.flow_names.get(id, 'unknown'))}"
            for id, label in discovery.flows.items()
        ),
    ]
    for queue in discovery.queues:
        lines += ["", *_table(queue, discovery)]
    if discovery.empty:
        lines += ["", "# These queues have no config, so there is nothing to declare yet:"]
        lines += [f"# {comment(queue.name)}" for queue in discovery.empty]
    return "\n".join(lines) + "\n"


def ids_text(discovery: Discovery) -> str:
    """Returns the table of queue names and ids alone. A name that several queues have is in a comment."""
    names = Counter(queue.name for queue in discovery.queues)
    lines = ["[queue_ids]"]
    for queue in discovery.queues:
        line = f"{string(queue.name)} = {string(queue.id)}"
        lines.append(
            line if names[queue.name] == 1 else f"# {line}  # several queues have this name: declare it by its id"
        )
    return "\n".join(lines) + "\n"


def string(text: str) -> str:
    """Returns a TOML string. JSON's are TOML's too, but for the one control character that JSON does not escape."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def comment(text: str) -> str:
    """Returns a text that cannot end the line of a comment."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _table(queue: Found, discovery: Discovery) -> list[str]:
    lines = [f"# {comment(queue.name)}"]
    if queue.owners:
        lines.append(f"# Declared already by {comment(', '.join(queue.owners))}: deploying this takes the queue over.")
    lines += [f"[queues.{queue.key}]", f"queue = {string(queue.id)}"]
    if set(queue.configs) != set(discovery.instance.regions):
        lines.append(f"regions = {json.dumps(list(queue.configs))}")
    return lines + [
        f"{key} = {written}"
        for field, key in _KEY_OF.items()
        if (written := _value(queue, field, discovery)) is not None
    ]


def _value(queue: Found, field: str, discovery: Discovery) -> str | None:
    """Returns a field as it is written: once, or for each Region if the Regions differ; None if no Region has it."""
    names: Mapping[str, str] = {"number": discovery.numbers, "flow": discovery.flows}.get(field, {})
    values = {region: _text(config, field, names) for region, config in queue.configs.items()}
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    return "{ " + ", ".join(f"{region} = {text}" for region, text in values.items() if text is not None) + " }"


def _text(config: CallerConfig, field: str, names: Mapping[str, str]) -> str | None:
    value: str | None = getattr(config, field)
    return None if value is None else string(names.get(value, value))
