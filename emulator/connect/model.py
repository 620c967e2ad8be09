"""botocore's service model of `connect` as routes, inputs, validation and errors.

Nothing about an operation's shape is repeated here: method, path, members and where they stand, what is
required, lengths, ranges, enums, patterns, error codes and HTTP statuses are the model's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape

from .refusal import Refusal

COMMON_ERRORS = {
    "MissingAuthenticationTokenException": 403,
    "SignatureDoesNotMatch": 403,
    "UnknownOperationException": 404,
    "OperationNotInEmulator": 501,
}
"""Statuses of codes that are not the service's own; the first three are AWS's, the last is this emulator's."""


@dataclass(frozen=True)
class Route:
    """An operation's place in HTTP: its method and its path as a pattern with one group a label."""

    operation: str
    method: str
    path: re.Pattern[str]
    literals: int


@dataclass(frozen=True)
class Match:
    """The operation that a request names, and the labels of its path, decoded."""

    operation: str
    labels: Mapping[str, str]


class ConnectModel:
    """Amazon Connect as botocore describes it."""

    def __init__(self) -> None:
        self._service = ServiceModel(Loader().load_service_model("connect", "service-2"), "connect")
        self._routes = sorted(
            (self._route(name) for name in self._service.operation_names), key=lambda route: -route.literals
        )
        self._by_method: dict[str, list[Route]] = {}
        for route in self._routes:
            self._by_method.setdefault(route.method, []).append(route)

    def operation(self, name: str) -> OperationModel:
        """Returns botocore's model of an operation."""
        return _operation(self._service, name)

    def match(self, method: str, path: str) -> Match | None:
        """Returns the operation of an HTTP method and an encoded path, or None where there is none."""
        for route in self._by_method.get(method, ()):
            found = route.path.fullmatch(path)
            if found:
                return Match(route.operation, {name: unquote(text) for name, text in found.groupdict().items()})
        return None

    def status(self, code: str) -> int | None:
        """Returns the HTTP status of an error code, or None where neither the model nor AWS's common errors have it."""
        if code in COMMON_ERRORS:
            return COMMON_ERRORS[code]
        shape = self._service.shape_for(code) if code in self._service.shape_names else None
        if shape is None or "error" not in shape.metadata:
            return None
        return int(shape.metadata["error"]["httpStatusCode"])

    def error_member(self, code: str) -> str:
        """Returns the name of the member that carries an error's message."""
        if code in self._service.shape_names:
            members: Mapping[str, Shape] = self._service.shape_for(code).members
            return next((name for name in members if name.lower() == "message"), "message")
        return "message"

    def invalid(self, operation: str, message: str) -> Refusal:
        """Returns the refusal of an invalid request, with a code that this operation declares."""
        declared = {shape.name for shape in self.operation(operation).error_shapes}
        code = "InvalidParameterException" if "InvalidParameterException" in declared else "InvalidRequestException"
        return Refusal(code, message)

    def read_input(self, match: Match, query: str, body: bytes) -> dict[str, Any]:
        """Returns an operation's input members from a request, each where the model says that it stands.

        Raises:
            Refusal: the body is not a JSON object, or a number in the query is not a number.
        """
        shape = self.operation(match.operation).input_shape
        if shape is None:
            return {}
        asked = parse_qs(query, keep_blank_values=True)
        document = self._document(match.operation, body)
        values: dict[str, Any] = {}
        for name, member in shape.members.items():
            place = member.serialization.get("location")
            key = member.serialization.get("name", name)
            if place == "uri":
                values[name] = match.labels[key]
            elif place == "querystring" and key in asked:
                values[name] = asked[key] if member.type_name == "list" else self._scalar(match, member, asked[key][-1])
            elif place is None and document.get(key) is not None:
                values[name] = document[key]
        return values

    def validate(self, operation: str, values: Mapping[str, Any]) -> None:
        """Checks input members against the model.

        Raises:
            Refusal: with every problem in one message.
        """
        shape = self.operation(operation).input_shape
        problems = list(_problems(shape, dict(values), "")) if shape is not None else []
        if problems:
            raise self.invalid(operation, "; ".join(problems))

    def _document(self, operation: str, body: bytes) -> dict[str, Any]:
        if not body:
            return {}
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as problem:
            raise self.invalid(operation, f"The request body is not JSON: {problem}") from problem
        if not isinstance(document, dict):
            raise self.invalid(operation, "The request body is not a JSON object")
        return document

    def _scalar(self, match: Match, member: Shape, text: str) -> Any:
        if member.type_name not in {"integer", "long"}:
            return text
        try:
            return int(text)
        except ValueError as problem:
            raise self.invalid(match.operation, f"'{text}' is not a number") from problem

    def _route(self, name: str) -> Route:
        http = self._service.operation_model(name).http
        segments = http["requestUri"].split("?")[0].split("/")
        pattern = "/".join(f"(?P<{part[1:-1]}>[^/]*)" if part.startswith("{") else re.escape(part) for part in segments)
        return Route(name, http["method"], re.compile(pattern), sum(not part.startswith("{") for part in segments))


@cache
def _operation(service: ServiceModel, name: str) -> OperationModel:
    return service.operation_model(name)


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    r"""Returns a pattern of the model, or None for one that Python cannot read.

    Some are escaped once too often (`\\+?[0-9]{1,11}` asks for a backslash where a plus is meant): those are corrected.
    """
    try:
        return re.compile(text.replace("\\\\", "\\"))
    except re.error:
        return None


_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "structure": dict,
    "map": dict,
    "list": list,
}


def _problems(shape: Shape, value: Any, name: str) -> Iterator[str]:
    """Yields what the model forbids about a value, each with the member's path."""
    wanted = _TYPES.get(shape.type_name)
    if wanted is not None and not isinstance(value, wanted):
        yield f"{name}: a {shape.type_name} is wanted, not {value!r}"
    elif isinstance(shape, StructureShape):
        for required in shape.required_members:
            if value.get(required) is None:
                yield f"{_join(name, required)} is required"
        for member, member_shape in shape.members.items():
            if value.get(member) is not None:
                yield from _problems(member_shape, value[member], _join(name, member))
    else:
        yield from _broken_limits(shape, value, name)
        if shape.type_name == "list":
            for index, entry in enumerate(value):
                yield from _problems(shape.member, entry, f"{name}[{index}]")


def _broken_limits(shape: Shape, value: Any, name: str) -> Iterator[str]:
    """Yields a scalar's or a list's broken limits: its length or size, its values, its pattern."""
    limits = shape.metadata
    size, what = (value, "value") if isinstance(value, int) else (len(value), "length")
    if "min" in limits and size < limits["min"]:
        yield f"{name}: {what} {size} is less than {limits['min']}"
    if "max" in limits and size > limits["max"]:
        yield f"{name}: {what} {size} is more than {limits['max']}"
    if limits.get("enum") and value not in limits["enum"]:
        yield f"{name}: '{value}' is none of the allowed values"
    pattern = _pattern(limits["pattern"]) if limits.get("pattern") else None
    if pattern is not None and isinstance(value, str) and not pattern.fullmatch(value):
        yield f"{name}: '{value}' does not match {pattern.pattern}"


def _join(name: str, member: str) -> str:
    return f"{name}.{member}" if name else member
