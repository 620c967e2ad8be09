"""An owner declares its config on a queue: Create and Update."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from .arns import NumberForm, Queue, resource_id, same_resource
from .config import CallerConfig, DeletionBehavior, QueueState
from .errors import InvalidProperties, LedgerFull, OutOfTime, ProviderError, QueueNotFound, Refused, Superseded
from .event import Event
from .ledger import AFTER, Layer, Ledger, Replaced, State, place_taken_back
from .ledger_document import Snapshot
from .properties import ResourceProperties, digest_of
from .reconcile import Intent, Reconciler
from .remove import close, never_brick, remove_layer, supersede
from .timing import GRACE, MIRRORING, RECENT
from .twin import Twin, may_lack_number
from .writer import parse_service_number


def declare(event: Event, on: Callable[[Queue], Reconciler], answer_with: Callable[[str], None]) -> dict[str, str]:
    """Handles a Create or an Update: an owner declares its config, changes it, or moves to another queue.

    A new queue means a new physical id, so CloudFormation sends a Delete for the old one afterwards.

    Args:
        event: The event.
        on: Returns what works on a queue.
        answer_with: Told the physical id to answer with from now on. With that of a failed Create, the Delete that CloudFormation
            sends then undoes it.

    Returns:
        The attributes for `Fn::GetAtt`.
    """
    properties = ResourceProperties.parse(event.properties, event.stack)
    at = on(properties.queue)
    answer_with(event.physical_id or event.failed_id(properties.queue))
    try:
        seen = at.parts.store.read_not_closed()
    except Refused as problem:
        if problem.is_out_of_reach:  # no Delete could look either: no permission, or no such Region
            answer_with(event.known_id)
        raise
    attributes = _declare(at, seen, event, properties)
    _leave_queue_of_failed_update(event, properties, on)
    answer_with(properties.queue.physical_id)
    return attributes


def _leave_queue_of_failed_update(
    event: Event, properties: ResourceProperties, on: Callable[[Queue], Reconciler]
) -> None:
    """Removes this owner from the queue that a failed Update was to move it to.

    CloudFormation rolls a failed Update back with another one, old and new properties swapped. The queue of the failed one is
    in the old properties then. It is not the one of the physical id, so no Delete comes for it.
    """
    try:
        other = ResourceProperties.parse(event.old_properties, event.stack).queue
    except InvalidProperties:
        return
    if other != properties.queue and other.physical_id != event.known_id:
        with never_brick(on(other)) as at:
            at.report.decided(f"rolled back: this owner is removed from queue {other.id}")
            supersede(at, event)


def _declare(at: Reconciler, seen: Snapshot, event: Event, properties: ResourceProperties) -> dict[str, str]:
    """Puts the owner's layer into the ledger and makes the queue what the ledger then says.

    Args:
        at: The queue.
        seen: Its ledger.
        event: The Create or Update.
        properties: Its properties.

    Raises:
        ProviderError: The config could not be applied. It is undone as far as possible; the Delete or Update that
            CloudFormation sends next does the rest.
    """
    seen, state = _observe(at, event, seen)
    declaration = _prepare(at, event, properties, seen, state)
    recorded = declaration.record()
    _check_wanted(at, event, recorded)  # superseded before its layer counted, and before it wrote
    declaration.say_what_is_found()
    try:
        if state is None or recorded.version != seen.version + 1:
            state = at.parts.api.describe_queue()
        return declaration.settle(recorded, state)
    except (OutOfTime, Superseded):
        raise
    except ProviderError as problem:
        if isinstance(problem, QueueNotFound) and declaration.place is not None:
            at.report.warn(str(problem))
            at.report.decided("rolled back to a queue that was deleted: only the ledger is updated")
            return declaration.attributes(CallerConfig(), None, sent=False)
        declaration.undo(recorded, state)
        raise


def _observe(at: Reconciler, event: Event, seen: Snapshot) -> tuple[Snapshot, QueueState | None]:
    """Returns the ledger, and if there is none the queue: what it has is the baseline to be.

    The ledger is read right before each attempt to read the queue, not before the waits that the quota asks for. So a
    baseline is never another owner's config: that one's whole life would have to fit between two calls.
    """
    _check_wanted(at, event, seen)
    if seen.ledger is not None and not seen.closed:
        return seen, None
    looks = [seen]
    state = at.parts.api.describe_queue(lambda: looks.append(at.parts.store.read()))
    return looks[-1], None if looks[-1].layers else state


def _check_wanted(at: Reconciler, event: Event, seen: Snapshot) -> None:
    """Raises Superseded for an event that CloudFormation has cancelled."""
    is_late = event.age > GRACE and seen.layer_of(event.owner) is None
    if seen.supersedes(event.owner, event.issued) or (is_late and not at.owners.wants(event.owner, event.request_type)):
        raise Superseded(
            f"{event.request_type} of {event.owner.logical_id} was superseded: CloudFormation had cancelled it. It left "
            "nothing behind. Deploy again"
        )


def _prepare(
    at: Reconciler, event: Event, properties: ResourceProperties, seen: Snapshot, state: QueueState | None
) -> "_Declaration":
    """Reads what the declaration builds on: the twin Region, what is known to be mirrored, the number's ARN.

    Args:
        at: The queue.
        event: The Create or Update.
        properties: Its properties.
        seen: The ledger before it.
        state: The queue before it, if it was read.
    """
    twin = at.replica.read(seen.ledger, state)
    ledger = seen.ledger or at.replica.first_ledger(state or at.parts.api.describe_queue(), twin)
    if twin.layers or ledger.found:
        state = state or at.parts.api.describe_queue()
        twin = at.replica.with_mirroring(
            twin, ledger, state, ask=(state.age or 0.0) > MIRRORING or may_lack_number(twin, state)
        )
    if state is not None and state.modified_in not in (None, at.queue.place.region):
        ledger = replace(ledger, twin=state.modified_in)
    ledger = at.replica.learn(ledger, twin)
    first = replace(ledger, layers=(), removed=(), state=State.OPEN)
    seen = replace(seen, ledger=ledger) if seen.ledger else seen
    mine, place = seen.layer_of(event.owner), None
    if mine is not None and mine.request == event.request_id:
        layer = mine  # the same event once more: its layer stays where it was put
        if seen.newest is not None and seen.newest.owner == event.owner and seen.newest.keeps_place:
            place = mine.at
    else:
        if event.old_properties:
            place = place_taken_back(mine, properties.digest, digest_of(event.old_properties))
        newest = max([time.time(), *(layer.at + AFTER for layer in twin.layers)])
        layer = Layer(
            event.owner,
            properties.declared,
            at.parts.numbers.arn_to_send(properties.number),
            properties.deletion_behavior,
            event.request_id,
            event.issued,
            newest if place is None else place,
            properties.digest,
            Replaced(mine.digest, mine.at) if mine and place is None else None,
        )
    return _Declaration(at, event, mine, seen, first, twin, layer, place)


@dataclass(frozen=True, slots=True)
class _Declaration:
    """One owner's declaration within one event.

    Attributes:
        at: The queue.
        event: The Create or Update.
        mine: The layer that its owner has.
        seen: The ledger before it, with what is known of mirroring by now.
        first: What the ledger begins with if there is none.
        twin: The twin Region.
        layer: The layer that its owner gets.
        place: The place that this layer takes back; None: it becomes the newest.
    """

    at: Reconciler
    event: Event
    mine: Layer | None
    seen: Snapshot
    first: Ledger
    twin: Twin
    layer: Layer
    place: float | None

    def record(self) -> Snapshot:
        """Puts the layer into the ledger."""
        at, event = self.at, self.event
        if self.layer == self.mine:
            return self.seen
        again = partial(_check_wanted, at, event, self.seen)
        put = partial(at.parts.store.put_layer, self.layer, self.first, newest=self.place is None, again=again)
        try:
            return put(self.seen)
        except LedgerFull:
            return put(at.drop_dead(at.parts, self.seen, event.owner, newest_only=False))

    def say_what_is_found(self) -> None:
        """Notes a ledger that should be there and is not, and an owner that is taken over."""
        ledger, event = self.seen.ledger, self.event
        if ledger is None and event.request_type == "Update" and self.at.queue.physical_id == event.physical_id:
            self.at.report.warn(
                f"the ledger {self.at.queue.ledger_name} did not exist: the queue's present config becomes its baseline"
            )
        if ledger is not None and ledger.active and ledger.active.owner != event.owner and self.place is None:
            self.at.report.took_over(ledger.active.owner.short)

    def settle(self, recorded: Snapshot, state: QueueState) -> dict[str, str]:
        """Reconciles, and puts the layer again if the ledger was deleted by whoever closed it."""
        at, event, twin, layer = self.at, self.event, self.twin, self.layer
        taken_back = self.place is not None
        if taken_back:
            recorded = at.drop_dead(at.parts, recorded, event.owner)
            twin = at.living_twin(twin)
        effective = layer.over((recorded.ledger or self.first).baseline)
        cancelled_for = RECENT if taken_back else 0.0
        intent = Intent(event.owner, event.issued, declares=not taken_back, cancelled_for=cancelled_for)
        settled = at.reconcile(recorded, intent, twin, state)
        gone = settled.snapshot.layer_of(event.owner) is None
        latest = at.parts.store.put_layer(layer, self.first, settled.snapshot) if gone else settled.snapshot
        may_be_late = gone or (event.age > GRACE and self.mine is None)
        if may_be_late and not at.owners.wants(event.owner, event.request_type):
            remove_layer(at, event, latest, DeletionBehavior.RESTORE)
            raise Superseded(f"{event.request_type} of {event.owner.logical_id} was cancelled. It left nothing behind")
        if gone:
            settled = at.reconcile(latest, intent, twin)
        config = effective if taken_back else settled.sent or effective
        return self.attributes(state.config, config, sent=settled.sent is not None)

    def undo(self, recorded: Snapshot, before: QueueState | None) -> None:
        """Undoes the declaration as far as possible: the ledger first, then the queue if something was written."""
        at, event, store = self.at, self.event, self.at.parts.store
        try:
            if self.mine is not None:
                back = replace(self.mine, issued=max(self.mine.issued, event.issued))
                undone = store.put_layer(back, self.first, recorded, newest=False)
            else:
                undone = store.remove(event.owner, recorded, issued=event.issued, state=State.WAITING)
            alone = undone.version == recorded.version + 1
            if before is not None and alone:
                now = at.parts.api.describe_queue()
                if not before.config.same_as(now.config):
                    at.parts.writer.write_what_can_be(before.config, now.config)
            was_none = self.seen.ledger is None or self.seen.closed
            made_ledger = undone.version <= recorded.version or (was_none and alone)  # the former: anew, after a Delete
            latest = store.read_fresh()
            if latest.version != undone.version:
                at.reconcile(latest, Intent(event.owner), at.replica.read(latest.ledger))
            elif not undone.layers and made_ledger:
                close(at, undone, Twin())  # else whoever came in between needs the ledger
        except ProviderError as problem:
            at.report.warn(f"not undone, left to CloudFormation's next event: {problem}")
        else:
            at.report.decided("failed: undone")

    def attributes(self, before: CallerConfig, config: CallerConfig | None, *, sent: bool) -> dict[str, str]:
        """Returns the attributes; an unset field is an empty one, since CloudFormation fails on a missing one.

        Args:
            before: What the queue had.
            config: What the owner's layer leads to; None: as far as is known without the queue.
            sent: Whether that was written.
        """
        config = config or self.layer.over(self.first.baseline)
        return {
            "QueueArn": self.at.queue.arn,
            "OutboundCallerIdNumberArn": self._number_arn(config, before, sent=sent) or "",
            "OutboundCallerIdNumberId": resource_id(config.number) or "",
            "OutboundFlowId": config.flow or "",
            "OutboundCallerIdName": config.name or "",
        }

    def _number_arn(self, config: CallerConfig, before: CallerConfig, *, sent: bool) -> str | None:
        """Returns the V2 ARN of the config's number; None for a number of the baseline that is known by id alone."""
        for text in (config.number, before.number if same_resource(config.number, before.number) else None):
            if text is not None and (number := parse_service_number(text)).form is NumberForm.V2:
                return number.text
        if config.number is None or "number" not in self.layer.declared_fields:
            return None
        number = parse_service_number(config.number)
        if sent:
            # An id that was taken in a write is of this Region: that of another is refused (API page, "Important").
            return self.at.queue.place.arn(f"phone-number/{number.id}")
        summary = self.at.parts.api.describe_phone_number(number.text)
        return summary["PhoneNumberArn"] if summary else self.at.parts.numbers.find(number)
