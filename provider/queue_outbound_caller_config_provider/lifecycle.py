"""Decides what Create and Update do to a queue.

Order of writes, so that a death between any two calls leaves what the next event repairs:

- Create and Update: the layer goes into the ledger, then the config to the queue. Dead in between: the layer is there, so the
  redelivery, the rollback's Update or the Delete knows the baseline and has the queue right again. What the queue has is read
  after that, so that a write of whoever looked at the ledger before is seen; but for the first owner, which needs the baseline,
  and before whom there was nobody to write.
- Delete: the other way round (`withdrawal.py`).
- After its last write, each looks whether the ledger changed meanwhile, and if so applies what is in force now. Of two
  writers at once, the one whose change to the ledger came first finds the other's when it looks, or else had written before
  the other read the queue.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .arns import NumberForm, Queue, resource_id, same_resource
from .config import CallerConfig, DeletionBehavior
from .connect_api import ConnectApi
from .errors import CameTooLate, OutOfTime, ProviderError, QueueNotFound
from .event import Event
from .ledger import Layer, Ledger, Owner, left_behind
from .ledger_store import MARK_SECONDS, LedgerStore, Snapshot
from .numbers import Numbers
from .properties import ResourceProperties
from .reporting import Report
from .withdrawal import MOST_ROUNDS, Withdrawal
from .writer import Writer, number_not_found, parse_service_number


@dataclass(frozen=True, slots=True)
class Result:
    """What Create and Update answer: the physical id and the attributes for `Fn::GetAtt`."""

    physical_id: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The life of one owner's config on one queue, as far as one event goes."""

    queue: Queue
    event: Event
    api: ConnectApi
    store: LedgerStore
    numbers: Numbers
    writer: Writer
    report: Report
    withdrawal: Withdrawal

    @property
    def owner(self) -> Owner:
        """Whose config it is."""
        return self.event.owner

    def put(self, properties: ResourceProperties, *, known_before: bool) -> Result:
        """Puts the owner's layer in force, for Create and Update.

        Arguments:
            properties: the resource's properties.
            known_before: whether the stack had this owner on this queue already, so that a missing ledger is remarkable.

        Raises ProviderError. What a failed put had begun is undone then, as far as it can be; the Delete or Update that
        CloudFormation sends next does the rest.
        """
        seen, before = self._observe()
        if self._is_too_late(seen):
            return self._give_way(seen)
        mine = seen.layer_of(self.owner)
        self._say_what_is_found(seen, known_before)
        try:
            layer = self._layer(properties)
            # The same event once more: its layer stands where it was put, even if another owner took over since.
            snapshot = seen if mine == layer else self._put_layer(layer, before, seen)
        except ProviderError:
            if mine is None:
                self._undo(None, nothing_written=True)
            raise
        try:
            now = before
            if now is None or snapshot.version != seen.version + 1:
                now = self.api.describe_queue()
            return self._settle(snapshot, now, layer)
        except (OutOfTime, CameTooLate):
            raise
        except ProviderError as problem:
            if isinstance(problem, QueueNotFound) and self._is_way_back(mine, known_before=known_before):
                self.report.warn(str(problem))
                self.report.decided("rolled back to a queue that is gone: only the ledger is put in order")
                return self._result(layer.over(snapshot.present.baseline), CallerConfig(), layer)
            # Of a layer that was there already, an earlier delivery of this event put it and died: on a queue that is new to the
            # owner there was none before, and on another one the event that follows knows what was.
            if mine != layer:
                self._undo(mine)
            elif not known_before:
                self._undo(None)
            else:
                self.report.decided("failed once more: what was before is put back by CloudFormation's next event")
            raise

    def _is_way_back(self, mine: Layer | None, *, known_before: bool) -> bool:
        """Tells whether this event leads back from another queue: the owner has not been taken off this one yet."""
        return self.event.request_type == "Update" and mine is not None and not known_before

    def _observe(self) -> tuple[Snapshot, CallerConfig | None]:
        """Returns the ledger, and where nobody has a layer what the queue has: the baseline to be.

        The ledger is read right before each attempt to read the queue, not before the waits that the quota asks for. So a
        baseline is never another owner's config: that one's whole life would have to fit between two calls.
        """
        self.api.await_turn()
        # Only once a mark is gone the queue has what it was left with.
        seen = [self.store.read_unmarked(MARK_SECONDS, 0.25, until=self._is_too_late)]
        if seen[-1].held:
            return seen[-1], None
        baseline = self.api.describe_queue(once_more=lambda: seen.append(self.store.read()))
        return seen[-1], None if seen[-1].held else baseline

    def _say_what_is_found(self, seen: Snapshot, known_before: bool) -> None:
        if seen.ledger is None or seen.abandoned:
            if known_before:
                self.report.warn(
                    f"the ledger {self.queue.ledger_name} is gone: what the queue has now is taken as its baseline"
                )
            return
        self.report.ledger(seen.ledger)
        in_force = seen.ledger.in_force
        if in_force is not None and in_force.owner != self.owner:
            self.report.warn(f"takes the queue over from {in_force.owner.short}")

    def _layer(self, properties: ResourceProperties) -> Layer:
        """Returns the owner's layer, its number looked up where the API would not take it as written."""
        declared = properties.declared.config
        number = properties.declared.number
        arn: str | None = None
        if number is not None and number.form in (NumberForm.E164, NumberForm.V1):
            arn = self.numbers.find(number)
            if arn is None:
                raise number_not_found(number, self.api)
        event = self.event
        return Layer(self.owner, declared, arn, properties.deletion_behavior, event.request_id, event.issued)

    def _put_layer(self, layer: Layer, baseline: CallerConfig | None, seen: Snapshot) -> Snapshot:
        looked_up = layer.number_arn is not None  # which took a while
        return self.store.put_layer(layer, baseline or seen.present.baseline, None if looked_up else seen)

    def _settle(self, snapshot: Snapshot, now: CallerConfig, layer: Layer) -> Result:
        """Makes the queue's config what the ledger says, until the ledger stays the same.

        Arguments:
            snapshot: the ledger, with this owner's layer put in it.
            now: what the queue has.
            layer: this owner's.
        """
        before = now
        config, sent = layer.over(snapshot.present.baseline), False
        for _ in range(MOST_ROUNDS):
            if self._is_too_late(snapshot):
                return self._give_way(snapshot)
            ledger = snapshot.present
            self.report.ledger(ledger)
            if ledger.effective.same_as(now):
                self.report.decided("the queue has the effective config: no write")
            elif ledger.in_force == layer:
                self.report.decided("the queue differs from the effective config: write")
                config, sent = self.writer.write(ledger.effective, layer.declared_fields, now).config, True
            else:
                self.report.decided("another owner took over meanwhile: its config is applied")
                self.writer.write_what_can_be(ledger.effective, now)
            latest = self.store.read()
            if latest.version == snapshot.version:
                break
            if latest.layer_of(self.owner) is None:
                # The last owner before this one deleted the ledger with the layer just put in it.
                latest = self.store.put_layer(layer, ledger.baseline, latest)
            snapshot, now = latest, self.api.describe_queue()
        return self._result(config, before, layer, accepted=sent)

    def _is_too_late(self, seen: Snapshot) -> bool:
        return seen.outdates(self.owner, self.event.issued)

    def _give_way(self, seen: Snapshot) -> Result:
        """Lets the queue have what is in force without this event, which came too late.

        Returns the answer of the later event where that has a layer; else raises CameTooLate.
        """
        self.report.decided("came too late: a later event of this resource was handled before it, which counts")
        seen, now = self._leave_to_later(seen)
        mine = seen.layer_of(self.owner)
        if mine is None:
            raise CameTooLate(
                f"{self.event.request_type} of {self.owner.logical_id} came too late: CloudFormation had cancelled it, and what "
                "came after it was done already. Nothing of it is left. Deploy again"
            )
        return self._result(mine.over(seen.present.baseline), now, mine)

    def _leave_to_later(self, seen: Snapshot) -> tuple[Snapshot, CallerConfig]:
        """Lets the queue have what is in force; returns the ledger, and what the queue had before."""
        seen, now = self._apply(seen)
        if seen.abandoned:
            self.store.end(self.owner)  # whoever took the last layer out waits for that
        return seen, now

    def _apply(self, seen: Snapshot) -> tuple[Snapshot, CallerConfig]:
        """Lets the queue have what is in force, until the ledger stays the same; returns it, and what the queue had then."""
        now = self.api.describe_queue()
        wrote: Ledger | None = None
        for _ in range(MOST_ROUNDS):
            ledger = seen.ledger
            if ledger is not None:
                self.report.ledger(ledger)
                wanted = ledger.effective
            elif wrote is not None and wrote.in_force is not None:
                # The last owner went, and what it left may have been written over.
                wanted = left_behind(wrote.in_force.deletion_behavior, wrote.baseline, wrote.effective)
            else:
                break
            if not wanted.same_as(now):
                self.writer.write_what_can_be(wanted, now)
                wrote = ledger
            latest = self.store.read()
            if latest.version == seen.version:
                break
            seen, now = latest, self.api.describe_queue()
        return seen, now

    def _undo(self, mine: Layer | None, *, nothing_written: bool = False) -> None:
        """Undoes a failed put as far as possible.

        Arguments:
            mine: the owner's layer before, if it had one.
            nothing_written: whether the layer itself could not be put, so that most likely there is nothing to undo.
        """
        try:
            seen = self.store.read()
            if self._is_too_late(seen):
                self._leave_to_later(seen)  # what a later event put is not this one's to undo
            elif nothing_written and seen.layer_of(self.owner) is None:
                return
            elif mine is None or seen.ledger is None:
                self.withdrawal.withdraw(seen, DeletionBehavior.RESTORE)
            else:
                # As if this event had declared it, else the older layer would come too late.
                put_back = replace(mine, issued=self.event.issued)
                self._apply(self.store.put_layer(put_back, seen.ledger.baseline, seen))
        except ProviderError as problem:
            self.report.warn(f"not undone, left to CloudFormation's next event: {problem}")
        else:
            self.report.decided("failed: undone")

    def _result(self, config: CallerConfig, before: CallerConfig, layer: Layer, *, accepted: bool = False) -> Result:
        """Returns the answer; what is unset is an empty attribute, for CloudFormation fails on a missing one."""
        return Result(
            self.queue.physical_id,
            {
                "QueueArn": self.queue.arn,
                "OutboundCallerIdNumberArn": self._number_arn(config, before, layer, accepted=accepted) or "",
                "OutboundCallerIdNumberId": resource_id(config.number) or "",
                "OutboundFlowId": resource_id(config.flow) or "",
                "OutboundCallerIdName": config.name or "",
            },
        )

    def _number_arn(self, config: CallerConfig, before: CallerConfig, layer: Layer, *, accepted: bool) -> str | None:
        """Returns the V2 ARN of the config's number; None for a number of the baseline that is known by id alone."""
        for text in (config.number, before.number if same_resource(config.number, before.number) else None):
            if text is not None and (number := parse_service_number(text)).form is NumberForm.V2:
                return number.text
        if config.number is None or "number" not in layer.declared_fields:
            return None
        number = parse_service_number(config.number)
        if accepted:
            # An id that was taken in a write is of this Region: that of another is refused (API page, "Important").
            return self.queue.place.arn(f"phone-number/{number.id}")
        summary = self.api.describe_phone_number(number.text)
        return summary["PhoneNumberArn"] if summary else self.numbers.find(number)
