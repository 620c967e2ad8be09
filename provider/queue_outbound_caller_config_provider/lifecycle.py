"""Decides what Create, Update and Delete do to a queue.

Order of writes, so that a death between any two calls leaves what the next event repairs:

- Create and Update: the layer goes into the ledger, then the config to the queue. Dead in between: the layer is there, so the
  redelivery, the rollback's Update or the Delete knows the baseline and has the queue right again.
- Delete: the queue first, then the layer out of the ledger. Dead in between: the layer is still there, and Delete does it
  all again.
- After its last write, each looks whether the ledger changed meanwhile, and if so applies what is in force now. Of two
  writers at once, the one whose change to the ledger came first finds the other's when it looks, or else had written before
  the other did.
"""

from __future__ import annotations

from dataclasses import dataclass

from .arns import NumberForm, Queue, resource_id, same_resource
from .config import CallerConfig, DeletionBehavior
from .connect_api import ConnectApi
from .errors import LedgerFull, LedgerUnreadable, OutOfTime, ProviderError, QueueNotFound, Refused
from .ledger import Layer, Ledger, Owner, left_behind
from .ledger_store import LedgerStore, Snapshot
from .numbers import Numbers
from .properties import ResourceProperties
from .reporting import Report
from .writer import Writer, number_not_found, parse_service_number

_MOST_ROUNDS = 8
"""How often a change of the ledger by others is followed within one event; more than that many at once is no deployment."""


@dataclass(frozen=True, slots=True)
class Result:
    """What Create and Update answer: the physical id and the attributes for `Fn::GetAtt`."""

    physical_id: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The life of one owner's config on one queue."""

    queue: Queue
    owner: Owner
    api: ConnectApi
    store: LedgerStore
    numbers: Numbers
    writer: Writer
    report: Report

    def put(self, properties: ResourceProperties, request_id: str, *, known_before: bool) -> Result:
        """Puts the owner's layer in force, for Create and Update.

        Arguments:
            properties: the resource's properties.
            request_id: the event's, to know it again when it is delivered twice.
            known_before: whether the stack had this owner on this queue already, so that a missing ledger is remarkable.

        Raises ProviderError. What a failed put had begun is undone then, as far as it can be; the Delete or Update that
        CloudFormation sends next does the rest.
        """
        seen, before = self._observe()
        mine = seen.layer_of(self.owner)
        if mine is not None and mine.supersedes(request_id):
            self.report.decided("an old event, delivered once more: nothing to do")
            return self._result(mine.over(_ledger(seen).baseline), before, mine)
        self._say_what_is_found(seen, known_before)
        layer = self._layer(properties).written_by(request_id, after=mine)
        # The same event once more: its layer stands where it was put, even if another owner took over since.
        snapshot = seen
        if mine != layer:
            try:
                snapshot = self.store.put_layer(layer, before, seen)
            except LedgerFull:
                # What was there fitted. A rollback to it must fit, too, whatever requests were added to it.
                layer = layer.remembering_least()
                snapshot = self.store.put_layer(layer, before, seen)
        try:
            # Others wrote to the ledger in between: the queue may have changed, too.
            unseen = snapshot.version not in (seen.version, seen.version + 1)
            config, sent = self._settle(snapshot, self.api.describe_queue() if unseen else before, layer)
            return self._result(config, before, layer, accepted=sent)
        except OutOfTime:
            raise
        except ProviderError:
            if mine != layer:
                self._undo(mine, before)
            elif mine.requests == (request_id,):
                # An earlier delivery of this event put the layer and died: there was none before, and the queue had its baseline.
                self._undo(None, _ledger(snapshot).baseline)
            else:
                self.report.decided("failed once more: what was before is put back by CloudFormation's next event")
            raise

    def delete(self, behavior: DeletionBehavior | None = None) -> None:
        """Takes the owner's layer out and applies what then is in force; what is not there is fine.

        Arguments:
            behavior: used in place of the layer's own when it was the only one.
        """
        try:
            seen = self.store.read()
            mine = seen.layer_of(self.owner)
            if mine is None:
                if seen.abandoned:
                    self.store.delete()
                self.report.decided("this owner has no layer on the queue: nothing to do")
            else:
                self._withdraw(seen, behavior or mine.deletion_behavior)
        except LedgerUnreadable as problem:
            self.report.warn(str(problem))
            self.report.decided("the ledger cannot be read: the queue and the ledger stay as they are")
        except Refused as problem:
            if not problem.lasting:
                raise
            self.report.warn(str(problem))
            self.report.decided("refused for good: the queue and the ledger stay as they are")

    def _withdraw(self, seen: Snapshot, behavior: DeletionBehavior, before: CallerConfig | None = None) -> None:
        """Applies to the queue what is in force without this owner, then takes its layer out of the ledger.

        Arguments:
            seen: the ledger.
            behavior: what the queue is left with when no other owner is left.
            before: given, the baseline that counts in that case.
        """
        for _ in range(_MOST_ROUNDS):
            if seen.ledger is None:
                return
            self.report.ledger(seen.ledger)
            try:
                now = self.api.describe_queue()
                left = left_behind(behavior, before or seen.ledger.baseline, now)
                wanted = self._wanted_without_owner(seen.ledger, left, now)
                if not wanted.same_as(now):
                    self.writer.write_what_can_be(wanted, now)
            except QueueNotFound:
                self.report.decided("the queue is gone: only the ledger is put in order")
            after = self.store.remove_layer(self.owner)
            if after.version == seen.version + (seen.layer_of(self.owner) is not None):
                if after.abandoned:
                    self.store.delete()
                return
            seen = after  # someone wrote to the ledger meanwhile: look again at what is in force now

    def _wanted_without_owner(self, ledger: Ledger, left: CallerConfig, now: CallerConfig) -> CallerConfig:
        """Returns what the queue is to have once this owner is gone.

        Arguments:
            ledger: as it stands; it may still have the owner's layer, or have lost it a moment ago.
            left: what the queue is left with when no other owner is left.
            now: what the queue has, which stays where this owner has no say in it.
        """
        rest = ledger.without(self.owner)
        mine = ledger.layer_of(self.owner)
        if rest.in_force is None:
            self.report.decided("the last owner goes: its deletion behavior is applied")
            return left
        if ledger.in_force == rest.in_force and mine is not None and not now.same_as(mine.over(ledger.baseline)):
            self.report.decided(f"{rest.in_force.owner.short} is in force: the queue stays as it is")
            return now
        # Else this owner was in force, or wrote after another took over and died before it could look.
        self.report.decided(f"{rest.in_force.owner.short} is in force now: its config is applied")
        return rest.effective

    def _observe(self) -> tuple[Snapshot, CallerConfig]:
        """Returns the ledger and the queue's config.

        The ledger is read right before each attempt to read the queue, not before the waits that the quota asks for. So a
        baseline is never another owner's config: that one's whole life would have to fit between two calls.
        """
        seen: list[Snapshot] = []
        now = self.api.describe_queue(first=lambda: seen.append(self.store.read()))
        return seen[-1], now

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
        return Layer(self.owner, declared, arn, properties.deletion_behavior)

    def _settle(self, snapshot: Snapshot, now: CallerConfig, layer: Layer) -> tuple[CallerConfig, bool]:
        """Makes the queue's config what the ledger says, until the ledger stays the same.

        Returns this owner's config and whether the service took it in a write.
        """
        mine, sent = layer.over(_ledger(snapshot).baseline), False
        for _ in range(_MOST_ROUNDS):
            ledger = _ledger(snapshot)
            self.report.ledger(ledger)
            if ledger.effective.same_as(now):
                self.report.decided("the queue has the effective config: no write")
            elif ledger.in_force == layer:
                self.report.decided("the queue differs from the effective config: write")
                mine, sent = self.writer.write(ledger.effective, layer.declared_fields, now).config, True
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
        return mine, sent

    def _undo(self, mine: Layer | None, before: CallerConfig) -> None:
        """Undoes a failed put as far as possible.

        Arguments:
            mine: the owner's layer before, if it had one.
            before: what the queue had.
        """
        try:
            if mine is None:
                self._withdraw(self.store.read(), DeletionBehavior.RESTORE, before)
            else:
                wanted = _ledger(self.store.put_layer(mine, before)).effective
                now = self.api.describe_queue()
                if not wanted.same_as(now):
                    self.writer.write_what_can_be(wanted, now)
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


def _ledger(snapshot: Snapshot) -> Ledger:
    if snapshot.ledger is None:
        raise LedgerUnreadable("The ledger was deleted while it was in use. Deploy again")
    return snapshot.ledger
