"""An owner declares its config on a queue: what Create and Update have in common."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from queue_outbound_caller_config_provider.arns import NumberForm, resource_id, same_resource
from queue_outbound_caller_config_provider.config import CallerConfig, QueueState
from queue_outbound_caller_config_provider.errors import LedgerFull, OutOfTime, ProviderError, QueueNotFound, Superseded
from queue_outbound_caller_config_provider.event import Event
from queue_outbound_caller_config_provider.ledger import Layer, Replaced, State, place_taken_back
from queue_outbound_caller_config_provider.ledger_document import Snapshot
from queue_outbound_caller_config_provider.properties import ResourceProperties, digest_of
from queue_outbound_caller_config_provider.reconcile import Intent, Reconciler
from queue_outbound_caller_config_provider.timing import GRACE
from queue_outbound_caller_config_provider.twin import Twin
from queue_outbound_caller_config_provider.writer import parse_service_number

from .remove import close


@dataclass(frozen=True, slots=True)
class Result:
    """What Create and Update answer: the physical id and the attributes for `Fn::GetAtt`."""

    physical_id: str
    attributes: dict[str, str] = field(default_factory=dict)


def look(at: Reconciler) -> Snapshot:
    """Returns the ledger once the time slot of the event has come and a closed ledger is deleted."""
    at.parts.api.await_time_slot()
    return at.parts.store.read_not_closed()


def declare(
    at: Reconciler, seen: Snapshot, event: Event, properties: ResourceProperties, *, leads_back: bool = False
) -> Result:
    """Puts the owner's layer into the ledger and makes the queue what the ledger then says.

    Args:
        at: The queue.
        seen: Its ledger (`look`).
        event: The Create or Update.
        properties: Its properties.
        leads_back: Whether the Update comes from another queue, so that it may roll a replacement back.

    Raises:
        ProviderError: The config could not be applied. What was begun is undone as far as possible; the Delete or Update
            that CloudFormation sends next does the rest.
    """
    seen, state = _observe(at, event, seen)
    mine = seen.layer_of(event.owner)
    twin = at.read_twin(seen.ledger, state)
    layer, keeps_place = _layer(at, event, properties, mine, twin)
    recorded = seen if mine == layer else _record(at, event, seen, layer, keeps_place, twin, state)
    _say_what_is_found(at, event, seen, keeps_place)
    try:
        if state is None or recorded.version != seen.version + 1:
            state = at.parts.api.describe_queue()
        return _settle(at, event, layer, recorded, twin, state, keeps_place=keeps_place)
    except (OutOfTime, Superseded):
        raise
    except QueueNotFound as problem:
        if keeps_place or (leads_back and mine is not None):
            at.report.warn(str(problem))
            at.report.decided("rolled back to a queue that was deleted: only the ledger is put in order")
            return _result(at, layer.over(_baseline(recorded, layer)), None, layer, sent=False)
        _undo(at, event, mine, seen, recorded, state)
        raise
    except ProviderError:
        _undo(at, event, mine, seen, recorded, state)
        raise


def _observe(at: Reconciler, event: Event, seen: Snapshot) -> tuple[Snapshot, QueueState | None]:
    """Returns the ledger, and if nobody has a layer the queue: what it has is the baseline to be.

    The ledger is read right before each attempt to read the queue, not before the waits that the quota asks for. So a
    baseline is never another owner's config: that one's whole life would have to fit between two calls.
    """
    _check_wanted(at, event, seen)
    if seen.ledger is not None and seen.ledger.state is not State.CLOSED:
        return seen, None
    looks = [seen]
    state = at.parts.api.describe_queue(lambda: looks.append(at.parts.store.read()))
    return looks[-1], state if not looks[-1].layers else None


def _check_wanted(at: Reconciler, event: Event, seen: Snapshot) -> None:
    """Raises Superseded for an event that CloudFormation has given up."""
    late = event.age > GRACE and seen.layer_of(event.owner) is None
    if seen.supersedes(event.owner, event.issued) or (late and not at.owners.wants(event.owner, event.request_type)):
        raise Superseded(
            f"{event.request_type} of {event.owner.logical_id} came too late: CloudFormation had cancelled it. Nothing of it is "
            "left. Deploy again"
        )


def _layer(
    at: Reconciler, event: Event, properties: ResourceProperties, mine: Layer | None, twin: Twin
) -> tuple[Layer, bool]:
    """Returns the owner's layer, and whether it keeps a place that it had before."""
    if mine is not None and mine.request == event.request_id:
        return mine, False  # the same event once more: its layer stays where it was put
    declared, number, arn = properties.declared.config, properties.declared.number, None
    if number is not None and number.form in (NumberForm.E164, NumberForm.V1):
        arn = at.parts.numbers.find(number)
        if arn is None:
            raise at.parts.numbers.not_found(number)
    place = place_taken_back(mine, properties.digest, digest_of(event.old_properties)) if event.old_properties else None
    layer = Layer(
        event.owner,
        declared,
        arn,
        properties.deletion_behavior,
        event.request_id,
        event.issued,
        max(time.time(), twin.newest_at + 0.001) if place is None else place,
        properties.digest,
        Replaced(mine.digest, mine.at) if mine else None,
    )
    return layer, place is not None


def _record(
    at: Reconciler,
    event: Event,
    seen: Snapshot,
    layer: Layer,
    keeps_place: bool,
    twin: Twin,
    state: QueueState | None,
) -> Snapshot:
    """Puts the layer into the ledger."""
    baseline, facts = CallerConfig(), dict[str, object]()
    if seen.ledger is not None:
        baseline = seen.ledger.baseline  # also of a closed one, whose writer died
    elif state is not None:
        baseline = twin.baseline(state)
        mirrored = at.mirrored(None, twin, state)
        facts = {"mirrored": mirrored} if mirrored is not None else {}
        if state.modified_in not in (None, at.queue.place.region):
            facts["twin"] = state.modified_in

    def put(seen: Snapshot) -> Snapshot:
        return at.parts.store.put_layer(
            layer, baseline, seen, newest=not keeps_place, again=lambda: _check_wanted(at, event, seen), **facts
        )

    try:
        return put(seen)
    except LedgerFull:
        return put(_without_dead(at, event, seen))


def _without_dead(at: Reconciler, event: Event, full: Snapshot) -> Snapshot:
    """Returns a full ledger without the layers whose resources no longer exist."""
    for layer in full.ledger.others(event.owner) if full.ledger else ():
        if at.owners.is_dead(layer, at.queue):
            at.report.decided(f"{layer.owner.short} no longer exists: its layer is removed")
            full = at.parts.store.remove(layer.owner, full, state=State.WAITING)
    return full


def _say_what_is_found(at: Reconciler, event: Event, seen: Snapshot, keeps_place: bool) -> None:
    if seen.ledger is None and event.request_type == "Update":
        at.report.warn(
            f"the ledger {at.queue.ledger_name} did not exist: what the queue has now is taken as its baseline"
        )
    active = seen.ledger.active if seen.ledger else None
    if active is not None and active.owner != event.owner and not keeps_place:
        at.report.took_over(active.owner.short)


def _settle(
    at: Reconciler,
    event: Event,
    layer: Layer,
    recorded: Snapshot,
    twin: Twin,
    state: QueueState,
    *,
    keeps_place: bool,
) -> Result:
    """Reconciles, and puts the layer again if the ledger was deleted by whoever closed it."""
    intent = Intent(event.owner, event.issued, declares=not keeps_place, follows_cancelled=keeps_place)
    if keeps_place:
        recorded = at.drop_dead(at.parts, recorded, event.owner)
        twin = at.living_twin(twin)
    baseline = _baseline(recorded, layer)
    settled = at.reconcile(recorded, intent, twin, state)
    if settled.snapshot.layer_of(event.owner) is None:  # whoever closed the ledger deleted it, with this layer in it
        if not at.owners.wants(event.owner, event.request_type):
            now = at.parts.api.describe_queue().config
            if not baseline.same_as(now):
                at.parts.writer.write_what_can_be(baseline, now)
            raise Superseded(f"{event.request_type} of {event.owner.logical_id} was cancelled. Nothing of it is left")
        recorded = at.parts.store.put_layer(layer, baseline, settled.snapshot)
        settled = at.reconcile(recorded, intent, twin)
    return _result(at, settled.sent or layer.over(baseline), state.config, layer, sent=settled.sent is not None)


def _baseline(recorded: Snapshot, layer: Layer) -> CallerConfig:
    return recorded.ledger.baseline if recorded.ledger else layer.config


def _undo(
    at: Reconciler,
    event: Event,
    mine: Layer | None,
    seen: Snapshot,
    recorded: Snapshot,
    before: QueueState | None,
) -> None:
    """Undoes a failed declaration as far as possible: the ledger first, then the queue if something was written."""
    try:
        if mine is not None:
            back = replace(mine, issued=max(mine.issued, event.issued))
            undone = at.parts.store.put_layer(back, _baseline(recorded, mine), recorded, newest=False)
        else:
            state = State.CLOSED if seen.ledger is None or seen.closed else State.WAITING
            undone = at.parts.store.remove(event.owner, recorded, issued=event.issued, state=state)
        intent = Intent.to_remove(event)
        if before is None:
            at.report.decided("failed before a write")
        elif undone.version == recorded.version + 1:
            now = at.parts.api.describe_queue()
            if not before.config.same_as(now.config):
                at.parts.writer.write_what_can_be(before.config, now.config)
        else:
            undone = at.reconcile(undone, intent, at.read_twin(undone.ledger)).snapshot
        if undone.closed:
            close(at, undone, Twin())
    except ProviderError as problem:
        at.report.warn(f"not undone, left to CloudFormation's next event: {problem}")
    else:
        at.report.decided("failed: undone")


def _result(at: Reconciler, config: CallerConfig, before: CallerConfig | None, layer: Layer, *, sent: bool) -> Result:
    """Returns the answer; what is unset is an empty attribute, since CloudFormation fails on a missing one."""
    return Result(
        at.queue.physical_id,
        {
            "QueueArn": at.queue.arn,
            "OutboundCallerIdNumberArn": _number_arn(at, config, before or config, layer, sent=sent) or "",
            "OutboundCallerIdNumberId": resource_id(config.number) or "",
            "OutboundFlowId": resource_id(config.flow) or "",
            "OutboundCallerIdName": config.name or "",
        },
    )


def _number_arn(at: Reconciler, config: CallerConfig, before: CallerConfig, layer: Layer, *, sent: bool) -> str | None:
    """Returns the V2 ARN of the config's number; None for a number of the baseline that is known by id alone."""
    for text in (config.number, before.number if same_resource(config.number, before.number) else None):
        if text is not None and (number := parse_service_number(text)).form is NumberForm.V2:
            return number.text
    if config.number is None or "number" not in layer.declared_fields:
        return None
    number = parse_service_number(config.number)
    if sent:
        # An id that was taken in a write is of this Region: that of another is refused (API page, "Important").
        return at.queue.place.arn(f"phone-number/{number.id}")
    summary = at.parts.api.describe_phone_number(number.text)
    return summary["PhoneNumberArn"] if summary else at.parts.numbers.find(number)
