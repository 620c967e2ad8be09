"""Every way of naming a phone number, observed: which form reached Amazon Connect, what was looked up, how it ended.

`python -m tests.integration.numbers_table` writes docs/numbers.md from what it observes; test_numbers.py holds each cell
against a table of its own and fails when the committed document says something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from emulator.connect import (
    Call,
    Emulator,
    Flow,
    Instance,
    PhoneNumber,
    Queue,
    Seed,
    TrafficDistributionGroup,
    two_regions_apart,
)
from emulator.connect.sample import (
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_ACCOUNT_NUMBER,
    OTHER_INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    REPLICA_GROUP_NUMBER,
    REPLICA_INSTANCE_NUMBER,
    UNCLAIMED_NUMBER,
    UNLINKED_GROUP_NUMBER,
)
from emulator.connect.seed import identifier
from testing.local_aws import PROJECT_ROOT, LocalAws
from testing.parameter_store import ParameterStore
from testing.protocol.cloudformation_api import CloudFormationApi
from tests.integration.stack import RECORDS, Answer, Resource
from tests.integration.tokens import through_a_token
from tests.integration.world import UPDATE, World, function_world, properties

DOCUMENT = PROJECT_ROOT / "docs" / "numbers.md"

FORMS = ("V2 ARN", "V2 ARN through a token", "V1 ARN", "UUID", "E.164")
OPERATIONS = ("create", "update", "restore")
REGIONS = {"home": PRIMARY, "replica": REPLICA}
CLAIMS = (
    "this instance",
    "this instance, in its other Region",
    "a TDG of this Region",
    "a TDG of the other Region",
    "a TDG of another instance",
    "another instance",
    "another account",
    "nobody",
)
RETURNED_FORMS = {"UUID": "id", "V2 ARN": "arn", "V1 ARN": "v1"}
"""How the emulator is told to name a number in DescribeQueue. An E.164 number or a token is never in a baseline."""

_WEST_INSTANCE = identifier("another instance of the account, in us-west-2")
_WEST_GROUP = identifier("group of the other instance in us-west-2")
_WEST_GROUP_NUMBER = identifier("number claimed to the group of the other instance in us-west-2")
_WEST_INSTANCE_NUMBER = identifier("number claimed to the other instance in us-west-2")
_DECLARED = {region: identifier(f"number declared over the baseline in {region}") for region in REGIONS.values()}

_NUMBERS = {
    "this instance": (INSTANCE_NUMBER, REPLICA_INSTANCE_NUMBER),
    "this instance, in its other Region": (REPLICA_INSTANCE_NUMBER, INSTANCE_NUMBER),
    "a TDG of this Region": (GROUP_NUMBER, REPLICA_GROUP_NUMBER),
    "a TDG of the other Region": (REPLICA_GROUP_NUMBER, GROUP_NUMBER),
    "a TDG of another instance": (UNLINKED_GROUP_NUMBER, _WEST_GROUP_NUMBER),
    "another instance": (OTHER_INSTANCE_NUMBER, _WEST_INSTANCE_NUMBER),
    "another account": (OTHER_ACCOUNT_NUMBER, OTHER_ACCOUNT_NUMBER),
    "nobody": (UNCLAIMED_NUMBER, UNCLAIMED_NUMBER),
}
"""The number of each claim, as called from home and from the replica."""


def seed() -> Seed:
    """Returns the sample's two Regions, another instance and its group in us-west-2 too, and a number to declare."""
    base = two_regions_apart()
    declared = (
        PhoneNumber(id, f"+1206555019{index}", region, instance_id=INSTANCE)
        for index, (region, id) in enumerate(_DECLARED.items())
    )
    return replace(
        base,
        instances=(*base.instances, Instance(_WEST_INSTANCE, REPLICA, (Queue(identifier("west")),), (Flow("f"),))),
        groups=(*base.groups, TrafficDistributionGroup(_WEST_GROUP, REPLICA, _WEST_INSTANCE)),
        numbers=(
            *base.numbers,
            *declared,
            PhoneNumber(_WEST_GROUP_NUMBER, "+15035550213", REPLICA, group_id=_WEST_GROUP),
            PhoneNumber(_WEST_INSTANCE_NUMBER, "+15035550220", REPLICA, instance_id=_WEST_INSTANCE),
        ),
    )


SEED = seed()


@dataclass(frozen=True)
class Cell:
    """One way of naming a number that is claimed to someone, from a Region, in an operation."""

    form: str
    claim: str
    called_from: str
    operation: str

    @property
    def id(self) -> str:
        """The cell's name."""
        return f"{self.operation} from {self.called_from}: {self.form} of {self.claim}"

    @property
    def region(self) -> str:
        """The Region called from."""
        return REGIONS[self.called_from]

    @property
    def number(self) -> PhoneNumber:
        """The number in the emulator."""
        id = _NUMBERS[self.claim][self.called_from == "replica"]
        return next(number for number in SEED.numbers if number.id == id)

    @property
    def v2_arn(self) -> str:
        """The number's V2 ARN."""
        return SEED.number_arn(self.number.id)

    @property
    def text(self) -> str:
        """The number as the owner writes it."""
        if self.form == "V2 ARN":
            return self.v2_arn
        if self.form == "V2 ARN through a token":
            return through_a_token(self.v2_arn)
        if self.form == "V1 ARN":
            account = replace(SEED.owner, id=self.number.account or SEED.account)
            return account.number_v1(self.region, self.number.instance_id or INSTANCE, self.number.id)
        return self.number.id if self.form == "UUID" else self.number.number


CELLS = tuple(
    Cell(form, claim, called_from, operation)
    for form, claim, called_from, operation in product(FORMS, CLAIMS, REGIONS, OPERATIONS)
    if operation != "restore" or form in RETURNED_FORMS
)


@dataclass(frozen=True)
class Observed:
    """What came of a cell.

    Attributes:
        outcome: in the table's words, for example `UUID refused, looked up, V2`.
        answer: the function's.
        sent: the number of each UpdateQueueOutboundCallerConfig, as it reached the API.
        looked_up: whether numbers or groups were listed.
        before, after: the queue's config around the event.
    """

    outcome: str
    answer: Answer
    sent: tuple[str | None, ...]
    looked_up: bool
    before: Mapping[str, str]
    after: Mapping[str, str]


def observe(world: World, cell: Cell) -> Observed:
    """Plays a cell and tells what came of it; the queue and its ledger are left as they were."""
    world.connect.reset(SEED)
    resource = Resource(region=cell.region)

    def declare(**config: str) -> dict[str, Any]:
        return properties(region=cell.region, **config)

    if cell.operation == "restore":
        world.connect.set_returned_form(RETURNED_FORMS[cell.form])
        world.set_config({"OutboundCallerIdName": "Before", "OutboundCallerIdNumberId": cell.v2_arn}, cell.region)
        _must(resource.create(declare(number=SEED.number_arn(_DECLARED[cell.region]))))
    if cell.operation == "update":
        _must(resource.create(declare(name="Support")))
    before = world.config(cell.region)
    world.connect.clear_journal()
    if cell.operation == "create":
        answer = resource.create(declare(name="Support", number=cell.text))
    elif cell.operation == "update":
        answer = resource.update(declare(name="Support", number=cell.text))
    else:
        answer = resource.delete()
    calls, after = world.calls(), world.config(cell.region)
    if cell.operation != "restore":
        _must(resource.delete())
    if world.config(cell.region) != ({} if cell.operation != "restore" else after) or world.ledgers():
        raise AssertionError(f"{cell.id}: the queue or its ledger is not as it was: {world.ledgers()}")
    return Observed(
        outcome=_outcome(cell, calls, answer, before, after),
        answer=answer,
        sent=tuple(_number_of(call) for call in calls if call.operation == UPDATE),
        looked_up=any(call.operation.startswith("List") for call in calls),
        before=before,
        after=after,
    )


def _must(answer: Answer) -> None:
    if not answer.ok:
        raise AssertionError(answer.reason)


def _number_of(call: Call) -> str | None:
    number: str | None = call.input["OutboundCallerConfig"].get("OutboundCallerIdNumberId")
    return number


def _outcome(cell: Cell, calls: list[Call], answer: Answer, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    steps: list[str] = []
    for call in calls:
        if call.operation == UPDATE:
            steps.append(_form_of(_number_of(call)) + ("" if call.ok else " refused"))
        elif call.operation != "DescribeQueue":
            step = "claim read" if call.operation == "DescribePhoneNumber" else "looked up"
            steps += [step] * (steps[-1:] != [step])
    if not answer.ok:
        steps.append("error" if after == before else "ERROR, YET THE QUEUE CHANGED")
    elif after.get("OutboundCallerIdNumberId", "").rpartition("/")[2] != cell.number.id and "no number" not in steps:
        steps.append("SUCCESS, YET NOT THIS NUMBER")
    return ", ".join(steps)


def _form_of(number: str | None) -> str:
    if number is None:
        return "no number"
    if not number.startswith("arn:"):
        return "E.164" if number.startswith("+") else "UUID"
    return "V1" if ":instance/" in number else "V2"


def document(outcomes: Mapping[Cell, str]) -> str:
    """Returns docs/numbers.md."""
    head = " | ".join(("number as", "claimed to", *OPERATIONS))
    rows = [
        " | ".join((form, claim, *(_cell_text(outcomes, form, claim, operation) for operation in OPERATIONS)))
        for form, claim in product(FORMS, CLAIMS)
    ]
    table = [f"| {head} |", "| --- | --- | --- | --- | --- |", *(f"| {row} |" for row in rows)]
    return _PROSE + "\n".join(table) + "\n"


def _cell_text(outcomes: Mapping[Cell, str], form: str, claim: str, operation: str) -> str:
    found = [
        (called_from, outcomes[cell])
        for called_from in REGIONS
        if (cell := Cell(form, claim, called_from, operation)) in outcomes
    ]
    if len({outcome for _, outcome in found}) == 1:
        return found[0][1]
    return "; ".join(f"from {called_from}: {outcome}" for called_from, outcome in found) or "-"


_PROSE = """\
# Phone numbers: what reaches Amazon Connect

<!-- Written by `python -m tests.integration.numbers_table`; tests/integration/test_numbers.py checks it. -->

This page shows how the function writes a phone number when it calls Amazon Connect. A test reads it from the calls that the
[Connect emulator](emulator.md) received. A row is one way to write `OutboundCallerIdNumberId` (on restore: how Amazon Connect
named the number of the queue's baseline), and says whom the number is claimed to. TDG is a traffic distribution group. Each
cell was played in the primary's Region (home) and in the replica's. If the two had differed, the cell would name both.

How to read a cell:

- *V2*, *UUID*: `UpdateQueueOutboundCallerConfig` was called with this form and accepted it; *refused* means that it answered
  ResourceNotFoundException. A V1 ARN and an E.164 number are never sent.
- *looked up*: the instance's traffic distribution groups and numbers were listed.
- *claim read*: `DescribePhoneNumber` was asked whether the number's claim is still in progress, or failed.
- *error*: the deployment fails with a message that names the number, and the queue stays as it was.
- *no number*: the baseline's number can no longer be used, so the rest of the baseline was restored, with a warning in
  the function's log.
- *-*: Amazon Connect never names a number in this way.

"""


def main() -> None:
    """Observes every cell on servers of its own and writes the document."""
    with (
        Emulator(SEED) as emulator,
        LocalAws() as aws,
        ParameterStore.in_front_of(aws) as parameters,
        CloudFormationApi(RECORDS) as stacks,
        function_world(emulator.control, aws, parameters, stacks) as world,
    ):
        outcomes = {cell: observe(world, cell).outcome for cell in CELLS}
    DOCUMENT.write_text(document(outcomes))
    print(f"{DOCUMENT}: {len(outcomes)} cells")


if __name__ == "__main__":
    main()
