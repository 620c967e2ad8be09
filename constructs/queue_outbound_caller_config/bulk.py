"""What the resources of all configs are asked or told, in one call.

Every call of the CDK from Python is a round trip to the process of Node that it runs in, and takes 0.3 ms of CPU time: a few
for each config take longer than making its resource. So what is done to every one is done over there, by `node/bulk.js`. It
gets there as the CDK itself does, as a jsii module; `node/.jsii` tells what is in it.
"""

from __future__ import annotations

import functools
import io
import json
import tarfile
import tempfile
from collections.abc import Collection, Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsii
from aws_cdk import CfnResource

Edge = tuple[CfnResource, CfnResource]
"""A dependency: the resource that waits, and the one that it waits for."""

_MODULE = "cdk-queue-outbound-caller-config"
_VERSION = "1.0.0"
"""Of the module, and always the same: jsii tells by the content whether it has unpacked it before."""


def logical_ids(resources: Sequence[CfnResource]) -> list[str]:
    """Returns the logical ids of resources of one stack, as they stand in its template."""
    found: list[str] = json.loads(_call("logicalIds", list(resources)))
    return found


def dependencies(resources: Sequence[CfnResource]) -> list[tuple[CfnResource | None, CfnResource | None]]:
    """Returns who waits for whom in the stack of these resources, where it is one of them; None is any other resource."""
    places = (*resources, None)  # at -1
    return [(places[later], places[earlier]) for later, earlier in json.loads(_call("dependencies", list(resources)))]


def are_awaited(resources: Sequence[CfnResource], ignored: Iterable[Edge] = ()) -> list[bool]:
    """Returns whether anything in the stack of these resources was told to wait for each, or for a construct that it is in.

    Dependencies between two of them may be ignored.
    """
    positions = {resource: position for position, resource in enumerate(resources)}
    found: list[bool] = json.loads(_call("areAwaited", list(resources), _pairs(ignored, positions)))
    return found


def conditions(resources: Sequence[CfnResource]) -> list[int | None]:
    """Returns a number for the condition of each resource, the same for the same one; None where it has none."""
    found: list[int | None] = json.loads(_call("conditions", list(resources)))
    return found


def change_dependencies(laid: Collection[Edge], wanted: Collection[Edge]) -> None:
    """Has resources wait as it is wanted, where it was laid otherwise. All are of one stack."""
    positions: dict[CfnResource, int] = {}
    removed = _pairs((edge for edge in laid if edge not in wanted), positions)
    added = _pairs((edge for edge in wanted if edge not in laid), positions)
    if positions:
        _call("changeDependencies", list(positions), removed, added)


def _pairs(edges: Iterable[Edge], positions: dict[CfnResource, int]) -> str:
    """Returns edges as pairs of positions, in JSON; a resource that has no position yet gets the next one."""
    return json.dumps([[positions.setdefault(resource, len(positions)) for resource in edge] for edge in edges])


class _Bulk:
    __jsii_type__ = f"{_MODULE}.Bulk"


def _call(method: str, *arguments: object) -> Any:
    _load()
    return jsii.sinvoke(_Bulk, method, list(arguments))


@functools.cache
def _load() -> None:
    """Gives the module to the process of Node, once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "module.tar")
        with tarfile.open(path, "w") as archive:
            for file in sorted(files(__package__).joinpath("node").iterdir(), key=lambda file: file.name):
                content = file.read_bytes()
                entry = tarfile.TarInfo(f"package/{file.name}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        jsii.load(_MODULE, _VERSION, str(path))
