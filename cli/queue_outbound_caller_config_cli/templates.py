"""Templates as a person has them: a cloud assembly (cdk.out), or a template in JSON or YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from .errors import CannotTell

TYPE = "Custom::ConnectQueueOutboundCallerConfig"
NESTED_TYPE = "AWS::CloudFormation::Stack"
_STACK = "aws:cloudformation:stack"
_ASSEMBLY = "cdk:cloud-assembly"
_ASSET = "aws:asset:path"
"""Where the CDK notes which file a resource is made of."""
_UNKNOWN = ("", "unknown-account", "unknown-region")


@dataclass(frozen=True)
class StackTemplate:
    """A stack that is to be deployed.

    Attributes:
        name: The stack's name.
        template: Its template.
        region: Where it is deployed to; None: the file does not say.
        account: In whose account; None: the file does not say.
        parameters: Values of parameters that the assembly, or the stack that it is nested in, gives.
        file: The template's file, if there is one.
        nested: The stacks nested in it whose templates are files, too, by logical id.
    """

    name: str
    template: Mapping[str, Any]
    region: str | None = None
    account: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    file: Path | None = None
    nested: Mapping[str, StackTemplate] = field(default_factory=dict)

    @property
    def resources(self) -> dict[str, Mapping[str, Any]]:
        """The resources by logical id."""
        return _resources(self.template)

    @property
    def files(self) -> Iterator[Path]:
        """The files of its template and of those nested in it."""
        if self.file:
            yield self.file
        for nested in self.nested.values():
            yield from nested.files


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
    stack = _stack_of(path, name or path.name.split(".")[0])
    if not isinstance(stack.template.get("Resources"), dict):
        raise CannotTell(f"{path} has no Resources. Give a CloudFormation template or a cloud assembly (cdk.out)")
    return [stack]


def unread_nested(path: Path, stacks: Iterable[StackTemplate]) -> list[Path]:
    """Returns the templates of nested stacks in a cloud assembly that declare resources of this project, but for those read.

    The assembly's metadata says which stack one belongs to; `cdk synth --no-asset-metadata` leaves it out.
    """
    read = {file for stack in stacks for file in stack.files}
    found = sorted(path.rglob("*.nested.template.json")) if path.is_dir() else []
    return [
        one
        for one in found
        if one not in read and any(resource.get("Type") == TYPE for resource in _resources(_template(one)).values())
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
    return replace(
        _stack_of(folder / properties["templateFile"], properties.get("stackName") or id),
        region=None if region in _UNKNOWN else region,
        account=None if account in _UNKNOWN else account,
        parameters=properties.get("parameters") or {},
    )


def _stack_of(file: Path, name: str, outer: tuple[Path, ...] = ()) -> StackTemplate:
    """Returns the stack of a template's file, with the stacks nested in it.

    Args:
        file: The file.
        name: The stack's name.
        outer: The files of the stacks that it is nested in.

    Raises:
        CannotTell: A file is not a template, or it is nested in itself.
    """
    if file in outer:
        raise CannotTell(f"{file} is nested in itself. Check the TemplateURL of its {NESTED_TYPE}")
    template = _template(file)
    nested = {}
    for id, resource in _resources(template).items():
        if resource.get("Type") == NESTED_TYPE:
            metadata, properties = resource.get("Metadata") or {}, resource.get("Properties") or {}
            written = metadata.get(_ASSET) or properties.get("TemplateURL")
            if isinstance(written, str) and (beside := file.parent / written).is_file():
                nested[id] = _stack_of(beside, f"{name}-{id}", (*outer, file))
    return StackTemplate(name, template, file=file, nested=nested)


def _resources(template: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    resources = template.get("Resources")
    return {id: one for id, one in resources.items() if isinstance(one, dict)} if isinstance(resources, dict) else {}


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
