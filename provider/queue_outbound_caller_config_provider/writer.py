"""One write of a whole config: says which resource was missing, and proves that what it left out is unset."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, replace

from .arns import NumberForm, PhoneNumber, resource_id, same_resource
from .config import PROPERTY_OF, CallerConfig
from .connect_api import ConnectApi, ResourceMissing
from .errors import FlowNotFound, InvalidProperty, NumberNotFound, OmissionKept, QueueNotFound, Refused
from .numbers import Numbers


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left the queue with.

    Attributes:
        config: as it was sent.
        dropped: the baseline's fields that were left out, since their number or flow is gone.
    """

    config: CallerConfig
    dropped: frozenset[str] = frozenset()


class Writer:
    """Writes the configs of one queue.

    Arguments:
        api: Amazon Connect.
        numbers: finds numbers.
        warn: told, in a sentence, what was done otherwise than asked for.
    """

    def __init__(self, api: ConnectApi, numbers: Numbers, warn: Callable[[str], None]) -> None:
        self._api = api
        self._numbers = numbers
        self._warn = warn
        self._service_keeps = False
        """Whether the service was seen to keep what a write left out. Then a write need not carry what stays as it is."""

    def write(self, wanted: CallerConfig, declared: Set[str], before: CallerConfig) -> Written:
        """Writes a config.

        Arguments:
            wanted: the whole config.
            declared: the fields that the owner declares. One of them missing is an error; a field of the baseline whose
                number or flow is gone is left out, with a warning.
            before: what the queue has. A field that is set there and left out of the write is read back.

        Raises NumberNotFound, FlowNotFound, QueueNotFound, Refused, or OmissionKept when the service kept a field that the
        write left out (the API page does not say what it does).
        """
        written = self._send(_known_form(wanted, before), declared)
        kept = self.kept(written, before)
        if kept:
            self._service_keeps = True
            names = " and ".join(PROPERTY_OF[field] for field in kept)
            raise OmissionKept(
                f"Amazon Connect kept {names} although the write left it out. Declare {names} with the value that you want; "
                "this service gives no way to unset it"
            )
        return written

    def write_what_can_be(self, wanted: CallerConfig, before: CallerConfig) -> None:
        """Writes as much of a config as the service takes, for a Delete that must not fail for what nobody can mend.

        Each thing left out is warned of; when the service takes nothing at all, the queue stays as it is.
        """
        for fields in ((), ("flow",), ("number",), ("number", "flow")):
            if any(getattr(wanted, field) is None for field in fields):
                continue
            config = wanted.without(*fields)
            if self._service_keeps:
                # Only what is to change: the role may lack the permission for the rest, which no write was to carry.
                config = config.changes_from(before)
            try:
                written = self._send(_known_form(config, before), frozenset())
            except Refused as problem:
                if not problem.lasting:
                    raise
                self._warn(f"not applied as it was: {problem}")
                continue
            for field in wanted.unset_but_in(before) if self._service_keeps else self.kept(written, before):
                self._warn(f"Amazon Connect kept {PROPERTY_OF[field]} although the write left it out")
            return

    def kept(self, written: Written, before: CallerConfig) -> tuple[str, ...]:
        """Returns the fields that a write left out, that were set before, and that the service still has."""
        omitted = written.config.unset_but_in(before)
        if not omitted:
            return ()
        now = self._api.describe_queue()
        return tuple(field for field in omitted if field not in written.dropped and getattr(now, field) is not None)

    def _send(self, config: CallerConfig, declared: Set[str]) -> Written:
        dropped: set[str] = set()
        while True:
            number = parse_service_number(config.number) if config.number else None
            if number is not None and number.form is NumberForm.V1:
                missing: str | None = "number"  # never sent: it is looked up, like an id that was refused
            else:
                try:
                    self._api.update_queue_outbound_caller_config(config)
                    return Written(config, frozenset(dropped))
                except ResourceMissing:
                    missing = self._missing(config, number)
            if missing == "number" and number is not None and number.form in (NumberForm.UUID, NumberForm.V1):
                arn = self._numbers.find(number)
                if arn is not None:
                    config = replace(config, number=arn)
                    continue
            if missing is None:
                raise QueueNotFound(
                    f"ResourceNotFoundException: QueueId {self._api.queue.id} is gone since it was read. Check QueueId"
                )
            if missing in declared:
                raise self._not_found(missing, config)
            self._warn(f"{PROPERTY_OF[missing]} {resource_id(getattr(config, missing))} is gone, so it was left out")
            dropped.add(missing)
            config = config.without(missing)

    def _missing(self, config: CallerConfig, number: PhoneNumber | None) -> str | None:
        """Returns the field whose resource the API did not find; None when it can only be the queue itself.

        A number that is written as an id comes first: in a replica Region every one of a traffic distribution group is
        refused so, and the caller looks it up. As an ARN it is to blame unless it can be used here and a flow is there to
        blame.
        """
        if number is None:
            return "flow" if config.flow else None
        if number.form is not NumberForm.V2 or config.flow is None:
            return "number"
        return "flow" if self._numbers.usable(number.text) else "number"

    def _not_found(self, field: str, config: CallerConfig) -> NumberNotFound | FlowNotFound:
        queue = self._api.queue
        if field == "flow":
            return FlowNotFound(
                f"ResourceNotFoundException: OutboundFlowId {resource_id(config.flow)} is no flow of instance "
                f"{queue.instance_id} in {queue.place.region}. Give an outbound whisper flow of it"
            )
        return number_not_found(parse_service_number(config.number or ""), self._api)


def number_not_found(number: PhoneNumber, api: ConnectApi) -> NumberNotFound:
    """Returns the error of a declared number that is not claimed where the queue's instance could use it."""
    written = number.id or number.text
    return NumberNotFound(
        f"ResourceNotFoundException: OutboundCallerIdNumberId {written} is claimed neither to instance "
        f"{api.queue.instance_id} in {api.queue.place.region} nor to its traffic distribution groups. Claim it there"
    )


def _known_form(wanted: CallerConfig, before: CallerConfig) -> CallerConfig:
    """Returns the config with the number's V2 ARN where the queue's present config already names it."""
    if before.number is None:
        return wanted
    present = parse_service_number(before.number)
    if present.form is not NumberForm.V2 or not same_resource(wanted.number, before.number):
        return wanted
    return replace(wanted, number=present.text)


def parse_service_number(number: str) -> PhoneNumber:
    """Returns a number of a config as a value; what the service returned in no known form is left to it to judge."""
    try:
        return PhoneNumber.parse(number)
    except InvalidProperty:
        return PhoneNumber(NumberForm.V2, number, resource_id(number))
