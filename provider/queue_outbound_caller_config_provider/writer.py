"""One write of a whole config: finds out which resource was missing, and whether a field that it left out is unset."""

import time
from collections.abc import Callable, Set
from dataclasses import replace

from .arns import NumberForm, PhoneNumber, resource_id
from .aws import Again
from .config import PROPERTY_OF, CallerConfig
from .connect_api import ConnectApi
from .errors import FlowNotFound, InvalidProperty, NumberNotFound, OmissionKept, QueueNotFound, Refused
from .numbers import Numbers
from .timing import CLAIM_FOR

_CLAIM_PAUSE = 5.0


class Writer:
    """Writes the configs of one queue.

    Args:
        api: Amazon Connect.
        numbers: Finds numbers.
        warn: Told, in a sentence, what was not done as declared.
    """

    def __init__(self, api: ConnectApi, numbers: Numbers, warn: Callable[[str], None]) -> None:
        self._api = api
        self._numbers = numbers
        self._warn = warn

    def write(self, wanted: CallerConfig, declared: Set[str], before: CallerConfig, again: Again) -> CallerConfig:
        """Writes a config and returns it as it was sent.

        Args:
            wanted: The whole config.
            declared: The fields that the owner declares. If the number or flow of one of them does not exist, that is an error;
                if it is of the baseline, the field is left out, with a warning.
            before: The queue's config. If the write leaves out a field that is set there, the queue is read back.
            again: Called before each attempt of a write but the first; may raise to stop it.

        Raises:
            NumberNotFound, FlowNotFound, QueueNotFound: A resource of the config does not exist.
            Refused: The service rejects the config.
            OmissionKept: The service kept a field that the write left out (the API page does not say what it does).
        """
        sent = self._send(wanted, declared, again)
        if kept := self._kept(wanted, before):
            names = " and ".join(PROPERTY_OF[field] for field in kept)
            raise OmissionKept(
                f"Amazon Connect kept {names} although the write left it out. Declare {names} with the value that you want; "
                "Amazon Connect has no way to unset it"
            )
        return sent

    def write_what_can_be(
        self, wanted: CallerConfig, before: CallerConfig, again: Again = lambda: None
    ) -> CallerConfig | None:
        """Writes as much of a config as the service accepts, if no event declares it that could fail; returns what was sent.

        Each field that is left out is a warning. If the service accepts none of them, the queue stays as it is: None.
        """
        for fields in ((), ("flow",), ("number",), ("number", "flow")):
            if any(getattr(wanted, field) is None for field in fields):
                continue
            config = wanted.without(*fields)
            try:
                sent = self._send(config, frozenset(), again)
            except Refused as problem:
                if not problem.permanent:
                    raise
                self._warn(f"not applied in full: {problem}")
                continue
            for field in self._kept(config, before):
                self._warn(f"Amazon Connect kept {PROPERTY_OF[field]} although the write left it out")
            return sent
        return None

    def _kept(self, wanted: CallerConfig, before: CallerConfig) -> tuple[str, ...]:
        """Returns the fields that a write was to unset, and that the service still has."""
        omitted = wanted.unset_but_in(before)
        if not omitted:
            return ()
        now = self._api.describe_queue().config
        return tuple(field for field in omitted if getattr(now, field) is not None)

    def _send(self, config: CallerConfig, declared: Set[str], again: Again) -> CallerConfig:
        """Sends a config; returns it as it was sent, without the fields whose resource no longer exists."""
        claimed_by = time.monotonic() + CLAIM_FOR
        while missing := self._missing(config, again):
            if missing == "number":
                number = parse_service_number(config.number or "")
                arn = None if number.form is NumberForm.V2 else self._numbers.find(number)
                if arn is not None:
                    config = replace(config, number=arn)
                    continue
                if missing in declared:
                    self._await_claim(number, claimed_by)
                    continue
            elif missing in declared:
                raise self._flow_not_found(config.flow)
            self._warn(f"{PROPERTY_OF[missing]} {resource_id(getattr(config, missing))} no longer exists: left out")
            config = config.without(missing)
        return config

    def _missing(self, config: CallerConfig, again: Again) -> str | None:
        """Sends a config once; returns the field whose number or flow the service did not find, if any.

        A number that is written as an id is suspected first: in a replica Region, every number of a traffic distribution group
        is rejected so, and the caller looks it up. A number that is written as an ARN is the missing resource unless the
        instance can use it and there is a flow.
        """
        number = parse_service_number(config.number) if config.number else None
        if number is not None and number.form is NumberForm.V1:
            return "number"  # never sent: it is looked up, like an id that was rejected
        if self._api.update_queue_outbound_caller_config(config, again):
            return None
        if number is None and config.flow is None:
            queue = self._api.queue.id
            raise QueueNotFound(f"ResourceNotFoundException: QueueId {queue} has just been deleted. Check QueueId")
        if number is None or (number.form is NumberForm.V2 and config.flow and self._is_usable(number)):
            return "flow"
        return "number"

    def _is_usable(self, number: PhoneNumber) -> bool:
        """Tells whether the instance has a number, and its claim is done as far as can be seen."""
        return self._claim(number).get("Status", "CLAIMED") == "CLAIMED" and self._numbers.find(number) is not None

    def _claim(self, number: PhoneNumber) -> dict[str, str]:
        """Returns the status and the message of a number's claim; nothing if the number cannot be seen."""
        claim: dict[str, str] = self._api.describe_phone_number(number.text).get("PhoneNumberStatus", {})
        return claim

    def _await_claim(self, number: PhoneNumber, until: float) -> None:
        """Waits a little for a number whose claim is in progress; raises NumberNotFound for any other."""
        claim = self._claim(number)
        if claim.get("Status") == "FAILED":
            raise NumberNotFound(
                f"OutboundCallerIdNumberId {number.masked}: its claim failed. Release it and claim another one "
                f"({claim.get('Message') or 'no reason given'})"
            )
        if claim.get("Status") != "IN_PROGRESS":
            raise self._numbers.not_found(number)
        if time.monotonic() > until:
            raise NumberNotFound(
                f"OutboundCallerIdNumberId {number.masked}: its claim is still in progress. Deploy again once it is claimed"
            )
        time.sleep(_CLAIM_PAUSE)

    def _flow_not_found(self, flow: str | None) -> FlowNotFound:
        queue = self._api.queue
        return FlowNotFound(
            f"ResourceNotFoundException: OutboundFlowId {flow} is not a flow of instance "
            f"{queue.instance_id} in {queue.place.region}. Use one of its outbound whisper flows"
        )


def parse_service_number(number: str) -> PhoneNumber:
    """Returns a number of a config as a value. If the service returned it in an unknown form, the service may judge it."""
    try:
        return PhoneNumber.parse(number)
    except InvalidProperty:
        return PhoneNumber(NumberForm.V2, number, resource_id(number))
