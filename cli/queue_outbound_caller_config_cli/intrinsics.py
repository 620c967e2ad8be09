"""Values of a template, as far as they are known before the deployment."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .live_stacks import LiveStack, LiveStacks
from .templates import NESTED_TYPE, StackTemplate

_REFERENCE = re.compile(r"\$\{([^!}][^}]*)\}")
_LITERAL = re.compile(r"\$\{!([^}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^}]*)\}\}")
_NO_VALUE = object()


@dataclass(frozen=True)
class Unknown:
    """A value that only the deployment knows.

    Attributes:
        why: What it depends on.
    """

    why: str


class Resolver:
    """Resolves the values of one stack.

    Args:
        stack: The stack that is to be deployed.
        live: The same stack as it is deployed now.
        stacks: Looks up exports, outputs of other stacks and SSM parameters.
        region: Where it is deployed to.
        overrides: Values of parameters that a person gave.
    """

    def __init__(
        self, stack: StackTemplate, live: LiveStack, stacks: LiveStacks, region: str, overrides: Mapping[str, str]
    ) -> None:
        self._stack = stack
        self._live = live
        self._stacks = stacks
        self._region = region
        self._overrides = overrides
        self._outputs = self._known_outputs()
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref, "Fn::GetAtt": self._get_att, "Fn::Sub": self._sub, "Fn::Join": self._join,
            "Fn::Select": self._select, "Fn::Split": self._split, "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if, "Fn::ImportValue": self._import, "Fn::GetStackOutput": self._stack_output,
        }  # fmt: skip

    def resolve(self, value: Any) -> Any:
        """Returns a value with everything known put in; an unknown part is an `Unknown`, alone or within."""
        if isinstance(value, dict):
            return self._resolve_object(value)
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not _NO_VALUE]
        if isinstance(value, bool | int | float):
            return json.dumps(value)  # CloudFormation hands primitive values over as strings
        return self._dynamic(value) if isinstance(value, str) else value

    def _resolve_object(self, value: Mapping[str, Any]) -> Any:
        name = next(iter(value), "")
        if len(value) == 1 and name in self._functions:
            known = self._output_of(value)
            return known if known is not None else self._functions[name](value[name])
        if len(value) == 1 and name.startswith("Fn::"):
            return Unknown(f"{name} is computed by CloudFormation")
        resolved = {key: self.resolve(one) for key, one in value.items()}
        return {key: one for key, one in resolved.items() if one is not _NO_VALUE}

    def is_wanted(self, resource: Mapping[str, Any]) -> bool:
        """Tells whether a resource's condition holds; one that is not known counts as holding."""
        condition = resource.get("Condition")
        return self._condition({"Condition": condition}) is not False if isinstance(condition, str) else True

    def _ref(self, name: str) -> Any:
        partition, account = self._stacks.caller
        known = {
            "AWS::Region": self._region,
            "AWS::AccountId": self._stack.account or account,
            "AWS::Partition": partition,
            "AWS::StackName": self._stack.name,
            "AWS::StackId": self._live.id or Unknown("the stack is not deployed yet"),
            "AWS::NoValue": _NO_VALUE,
        }
        if name in known:
            return known[name]
        parameters = self._stack.template.get("Parameters") or {}
        if name in parameters:
            return self._parameter(name, parameters[name])
        resource = self._live.resources.get(name)
        return resource.physical_id if resource else Unknown(f"{name} is made by this deployment")

    def _parameter(self, name: str, parameter: Mapping[str, Any]) -> Any:
        given = {**self._stack.parameters, **self._overrides}
        value = given.get(name, self._live.parameters.get(name, parameter.get("Default")))
        if isinstance(value, Unknown):
            return value
        if isinstance(value, list):  # a stack hands it over to one that is nested in it
            return _first_unknown(value) or ",".join(map(str, value))
        if value is None:
            return Unknown(f"parameter {name} has no value. Give --parameter {name}=VALUE")
        if str(parameter.get("Type", "")).startswith("AWS::SSM::Parameter::Value"):
            found = self._stacks.parameter(self._region, str(value))
            return found if found is not None else Unknown(f"SSM parameter {value} cannot be read")
        return str(value)

    def _get_att(self, argument: Any) -> Any:
        name, attribute = argument if isinstance(argument, list) else str(argument).split(".", 1)
        resource = self._live.resources.get(name)
        if resource is None:
            return Unknown(f"{name} is made by this deployment")
        if resource.type == NESTED_TYPE and str(attribute).startswith("Outputs."):
            outputs = self._stacks.stack(self._region, resource.physical_id).outputs
            return outputs.get(attribute.partition(".")[2], Unknown(f"{name} has no such output yet"))
        if resource.type.startswith("AWS::Connect::") and str(attribute).endswith("Arn"):
            return resource.physical_id  # the ARN of Amazon Connect's resources is their physical id
        if (resource.type, attribute) == ("AWS::Lambda::Function", "Arn"):
            partition, account = self._stacks.caller
            owner = self._stack.account or account
            return f"arn:{partition}:lambda:{self._region}:{owner}:function:{resource.physical_id}"
        return Unknown(f"{name}.{attribute} is known to the deployment alone")

    def _sub(self, argument: Any) -> Any:
        text, given = argument if isinstance(argument, list) else (argument, {})
        unknown: list[Unknown] = []

        def put_in(match: re.Match[str]) -> str:
            name = match[1]
            value = (
                self.resolve(given[name])
                if name in given
                else self._get_att(name)
                if "." in name
                else self.resolve({"Ref": name})
            )
            if isinstance(value, Unknown):
                unknown.append(value)
            return str(value)

        result = _LITERAL.sub(r"${\1}", _REFERENCE.sub(put_in, str(text)))
        return unknown[0] if unknown else self._dynamic(result)

    def _join(self, argument: Any) -> Any:
        separator, parts = argument[0], self.resolve(argument[1])
        return (
            parts
            if isinstance(parts, Unknown)
            else _first_unknown(parts) or self._dynamic(separator.join(map(str, parts)))
        )

    def _select(self, argument: Any) -> Any:
        index, parts = self.resolve(argument[0]), self.resolve(argument[1])
        if unknown := _first_unknown([index, parts]):
            return unknown
        try:
            return parts[int(index)]
        except (IndexError, ValueError, TypeError):
            return Unknown("Fn::Select has no such element")

    def _split(self, argument: Any) -> Any:
        text = self.resolve(argument[1])
        return text if isinstance(text, Unknown) else str(text).split(argument[0])

    def _find_in_map(self, argument: Any) -> Any:
        keys = [self.resolve(key) for key in argument[:3]]
        if unknown := _first_unknown(keys):
            return unknown
        try:
            return self._stack.template["Mappings"][keys[0]][keys[1]][keys[2]]
        except (KeyError, TypeError):
            return Unknown(f"Fn::FindInMap has no {'.'.join(map(str, keys))}")

    def _if(self, argument: Any) -> Any:
        holds = self._condition({"Condition": argument[0]})
        return holds if isinstance(holds, Unknown) else self.resolve(argument[1] if holds else argument[2])

    def _condition(self, value: Any) -> Any:
        """Returns whether a condition holds, or an `Unknown`."""
        ((name, argument),) = value.items()
        if name == "Condition":
            conditions = self._stack.template.get("Conditions") or {}
            return (
                self._condition(conditions[argument]) if argument in conditions else Unknown(f"no condition {argument}")
            )
        if name == "Fn::Equals":
            sides = [self.resolve(side) for side in argument]
            return _first_unknown(sides) or sides[0] == sides[1]
        if name not in ("Fn::Not", "Fn::And", "Fn::Or"):
            return Unknown(f"{name} is computed by CloudFormation")
        results = [self._condition(one) for one in argument]
        if unknown := _first_unknown(results):
            return unknown
        return not results[0] if name == "Fn::Not" else all(results) if name == "Fn::And" else any(results)

    def _import(self, argument: Any) -> Any:
        name = self.resolve(argument)
        if isinstance(name, Unknown):
            return name
        value = self._stacks.export(self._region, str(name))
        return value if value is not None else Unknown(f"export {name} is not there")

    def _stack_output(self, argument: Any) -> Any:
        """Returns the output of another stack: how a fresh CDK app refers across stacks."""
        given = self.resolve(argument)
        if not isinstance(given, dict) or (unknown := _first_unknown(list(given.values()))):
            return unknown if isinstance(given, dict) else Unknown("Fn::GetStackOutput")
        other = self._stacks.stack(given.get("Region") or self._region, str(given.get("StackName")))
        value = other.outputs.get(str(given.get("OutputName")))
        return value if value is not None else Unknown(f"stack {given.get('StackName')} has no such output yet")

    def _dynamic(self, text: str) -> Any:
        for match in _DYNAMIC.finditer(text):
            if match[1] != "ssm":
                return Unknown("a secret is read by the deployment alone")
            value = self._stacks.parameter(self._region, match[2])
            if value is None:
                return Unknown(f"SSM parameter {match[2]} cannot be read")
            text = text.replace(match[0], value)
        return text

    def _known_outputs(self) -> dict[str, str]:
        """Returns what the deployed stack's outputs tell of expressions, by the expression."""
        outputs = self._live.template.get("Outputs") or {}
        return {
            _text(one["Value"]): self._live.outputs[name]
            for name, one in outputs.items()
            if name in self._live.outputs and isinstance(one, dict) and isinstance(one.get("Value"), dict)
        }

    def _output_of(self, expression: Mapping[str, Any]) -> str | None:
        return self._outputs.get(_text(expression))


def _text(expression: Any) -> str:
    return json.dumps(expression, sort_keys=True, default=str)


def _first_unknown(values: Any) -> Unknown | None:
    return next((value for value in values if isinstance(value, Unknown)), None)


def references(value: Any) -> Iterator[str]:
    """Yields the logical ids that a value refers to."""
    if isinstance(value, dict):
        for name, argument in value.items():
            if name == "Ref":
                yield str(argument)
            elif name == "Fn::GetAtt":
                yield str(argument[0] if isinstance(argument, list) else argument).split(".")[0]
            else:
                yield from references(argument)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)
