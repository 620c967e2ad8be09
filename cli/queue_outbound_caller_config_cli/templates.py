"""Templates as a person has them: a cloud assembly (cdk.out), or a template in JSON or YAML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .errors import CannotTell

TYPE = "Custom::ConnectQueueOutboundCallerConfig"
_STACK = "aws:cloudformation:stack"
_ASSEMBLY = "cdk:cloud-assembly"
_UNKNOWN = ("", "unknown-account", "unknown-region")


@dataclass(frozen=True)
class StackTemplate:
    """A stack that is to be deployed.

    Attributes:
        name: The stack's name.
        template: Its template.
        region: Where it is deployed to; None: the file does not say.
        account: In whose account; None: the file does not say.
        parameters: Values of parameters that the assembly gives.
    """

    name: str
    template: Mapping[str, Any]
    region: str | None = None
    account: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def resources(self) -> dict[str, Mapping[str, Any]]:
        """The resources by logical id."""
        resources = self.template.get("Resources")
        return (
            {id: one for id, one in resources.items() if isinstance(one, dict)} if isinstance(resources, dict) else {}
        )


def read_stacks(path: Path, name: str | None = None) -> list[StackTemplate]:
    """Returns the stacks of a cloud assembly, or the one of a template.

    Args:
        path: The folder of the assembly, or the template's file.
        name: The name of the template's stack; by default that of the file.

    Raises:
        CannotTell: The path is neither.
    """
    if not path.exists():
        raise CannotTell(f"{path} is not there. Run `cdk synth`, or give a template or a cloud assembly")
    if path.is_dir():
        return list(_assembly(path))
    template = _template(path)
    if not isinstance(template.get("Resources"), dict):
        raise CannotTell(f"{path} has no Resources. Give a CloudFormation template or a cloud assembly (cdk.out)")
    return [StackTemplate(name or path.name.split(".")[0], template)]


def unread_nested(path: Path) -> list[Path]:
    """Returns the templates of nested stacks in a cloud assembly that declare resources of this project: nobody reads them."""
    found = sorted(path.rglob("*.nested.template.json")) if path.is_dir() else []
    return [
        one
        for one in found
        if any(resource.get("Type") == TYPE for resource in StackTemplate("", _template(one)).resources.values())
    ]


def _assembly(folder: Path) -> Iterator[StackTemplate]:
    """Yields the stacks of an assembly and of the assemblies in it (those of stages)."""
    manifest = folder / "manifest.json"
    if not manifest.exists():
        raise CannotTell(f"{folder} has no manifest.json. Give a cloud assembly (cdk.out), or a template's file")
    document = _template(manifest)
    artifacts = document.get("artifacts")
    if not isinstance(artifacts, dict) or "version" not in document:
        raise CannotTell(f"{manifest} is not a cloud assembly's. Run `cdk synth` again")
    try:
        for id, artifact in artifacts.items():
            properties = artifact.get("properties") or {}
            if artifact["type"] == _STACK:
                yield _stack(folder, id, artifact["environment"], properties)
            elif artifact["type"] == _ASSEMBLY:
                yield from _assembly(folder / properties["directoryName"])
    except (KeyError, TypeError, AttributeError, ValueError) as problem:
        raise CannotTell(
            f"{manifest} has version {document['version']}, whose parts are not where they were ({problem!r}). "
            "Synthesize with another version of the CDK, or give the template's file"
        ) from None


def _stack(folder: Path, id: str, environment: str, properties: Mapping[str, Any]) -> StackTemplate:
    account, _, region = environment.removeprefix("aws://").partition("/")
    return StackTemplate(
        properties.get("stackName") or id,
        _template(folder / properties["templateFile"]),
        None if region in _UNKNOWN else region,
        None if account in _UNKNOWN else account,
        properties.get("parameters") or {},
    )


def _template(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = json.loads(text) if text.lstrip().startswith("{") else parse_yaml(text)
    except OSError as problem:
        raise CannotTell(f"{path} cannot be read: {problem.strerror}. Run `cdk synth` again") from None
    except UnicodeDecodeError:
        raise CannotTell(f"{path} is not text in UTF-8. Give a CloudFormation template or a cloud assembly") from None
    except (ValueError, yaml.YAMLError) as problem:
        reason = " ".join(str(problem).split())
        raise CannotTell(f"{path} is neither JSON nor YAML: {reason}") from None
    if not isinstance(document, dict):
        raise CannotTell(f"{path} is not a template. Give a CloudFormation template or a cloud assembly (cdk.out)")
    return document


def parse_yaml(text: str) -> Any:
    """Returns a template's YAML with its short forms (`!Ref`, `!Sub`) written out."""
    return _Loader(text).get_single_data()


_Loader: Any = type("_Loader", (yaml.SafeLoader,), {})
"""YAML as CloudFormation reads it: dates stay strings, tags are intrinsic functions."""


def _intrinsic(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _intrinsic)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
