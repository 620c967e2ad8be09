"""Any way of naming a number ends as the form that the API takes, from the home Region and from the replica's.

docs/numbers.md has the whole table, printed from these very results.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from emulator.connect import PhoneNumber, Seed, TrafficDistributionGroup, two_regions_apart
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    OTHER_ACCOUNT_NUMBER,
    OTHER_INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    SECOND_WHISPER,
    UNLINKED_GROUP_NUMBER,
    WHISPER,
)
from emulator.connect.seed import identifier
from tests.integration.numbers_table import CELLS, DOCUMENT, FORMS, SEED, Cell, Observed, document, observe
from tests.integration.stack import Answer, Resource
from tests.integration.world import OURS, UPDATE, World, properties

# What must come of each, from what Amazon Connect's documentation says: a number can be used from the instance that it is
# claimed to and from both Regions of a group's instance; in the group's other Region only the full ARN is taken; an ARN with
# `instance` in its path is not to be used. Which Region is called from makes no difference to any of this.

_USABLE = ("this instance", "a TDG of this Region", "a TDG of the other Region")
_DECLARED = {
    "V2 ARN": ("V2", "V2 refused, claim read, error"),
    "V2 ARN through a token": ("V2", "V2 refused, claim read, error"),
    "V1 ARN": ("looked up, V2", "looked up, error"),
    "UUID": ("UUID", "UUID refused, looked up, claim read, error"),
    "E.164": ("looked up, V2", "looked up, error"),
}
"""For each form: what comes of a number that can be used, and of one that cannot."""
_RESTORED = {
    "V2 ARN": ("V2", "V2 refused, no number"),
    "V1 ARN": ("looked up, V2", "looked up, no number"),
    "UUID": ("UUID", "UUID refused, looked up, no number"),
}


def expected(cell: Cell) -> str:
    """Returns what must come of a cell."""
    if cell.form == "UUID" and cell.claim == "a TDG of the other Region":
        return "UUID refused, looked up, V2"
    if cell.operation != "restore" and cell.claim == "another account" and "ARN" in cell.form:
        return "error"  # the ARN says so: nothing need be asked
    if cell.operation == "restore" and cell.claim == "another account" and cell.form == "V2 ARN":
        return "no number"  # the same: the number was not remembered as the baseline's
    usable, unusable = (_RESTORED if cell.operation == "restore" else _DECLARED)[cell.form]
    return usable if cell.claim in _USABLE else unusable


@pytest.fixture(scope="module")
def outcomes() -> dict[Cell, str]:
    """What has been observed in this session."""
    return {}


@pytest.fixture(params=CELLS, ids=lambda cell: cell.id)
def cell(request: pytest.FixtureRequest) -> Cell:
    cell: Cell = request.param
    return cell


def test_a_number_reaches_the_api_in_the_form_that_it_takes(
    world: World, outcomes: dict[Cell, str], cell: Cell
) -> None:
    observed = observe(world, cell)
    outcomes[cell] = observed.outcome
    assert observed.outcome == expected(cell)
    assert not any(number and (":instance/" in number or number.startswith("+")) for number in observed.sent)
    assert not (observed.looked_up and cell.form.startswith("V2"))
    if "error" in observed.outcome:
        check_error(cell, observed.answer)
    elif cell.operation == "restore":
        check_restored(cell, observed)
    else:
        assert observed.answer.data["OutboundCallerIdNumberArn"] == cell.v2_arn
        assert observed.answer.data["OutboundCallerIdNumberId"] == cell.number.id


def check_error(cell: Cell, answer: Answer) -> None:
    """The reason names the property, the number, where it was looked for, and a fix."""
    written = f"…{cell.number.number[-4:]}" if cell.form == "E.164" else cell.number.id
    assert "OutboundCallerIdNumberId" in answer.reason
    if expected(cell) == "error":
        assert cell.number.account in answer.reason  # type: ignore[operator]
        assert "Give one of the same account" in answer.reason
    else:
        for part in (
            written,
            INSTANCE,
            cell.region,
            "traffic distribution groups",
            "ResourceNotFoundException",
            "Claim",
        ):
            assert part in answer.reason
    assert len(answer.reason) <= 240


def check_restored(cell: Cell, observed: Observed) -> None:
    """All else of the baseline is back, and the log tells what is missing."""
    left_out = ", no number" in observed.outcome  # "no number" alone: the warning came with the Create
    assert observed.after["OutboundCallerIdName"] == "Before"
    assert [cell.number.id in warning for warning in observed.answer.log["warnings"]] == [True] * left_out


def test_the_documented_table_is_what_was_observed(world: World, outcomes: dict[Cell, str]) -> None:
    """`python -m tests.integration.numbers_table` writes it anew."""
    for cell in CELLS:
        if cell not in outcomes:
            outcomes[cell] = observe(world, cell).outcome
    assert document(outcomes) == DOCUMENT.read_text()


# A number that is not declared is part of every write: it is the baseline's.


def test_what_a_queue_cannot_have_is_not_remembered_and_its_ledger_stays_readable(world: World) -> None:
    """A ledger with a number of another account would be taken for one that somebody rewrote."""
    theirs = SEED.number_arn(OTHER_ACCOUNT_NUMBER)
    world.connect.set_returned_form("arn")
    world.set_config({"OutboundCallerIdName": "Before", "OutboundCallerIdNumberId": theirs})
    resource = Resource()
    answer = resource.create(properties(flow=WHISPER))
    assert answer.ok
    assert answer.log["warnings"] == [
        "the queue's OutboundCallerIdNumberId does not belong to its instance, so it is not recorded"
    ]
    assert resource.update(properties(flow=SECOND_WHISPER)).ok
    assert resource.delete().ok
    assert world.config() == {"OutboundCallerIdName": "Before"}
    assert world.ledgers() == {}


@pytest.mark.parametrize(("returned", "sent"), [("id", "refused, then V2"), ("v1", "V2"), ("arn", "V2")])
def test_the_baselines_number_goes_along_with_a_declared_name(world: World, returned: str, sent: str) -> None:
    world.connect.set_returned_form(returned)
    answer = Resource(region=REPLICA).create(properties(region=REPLICA, queue=BASIC_QUEUE, name="New"))
    assert answer.ok
    arn = OURS.number(PRIMARY, GROUP_NUMBER)
    forms = [call.input["OutboundCallerConfig"]["OutboundCallerIdNumberId"] for call in world.calls(UPDATE)]
    assert forms == ([GROUP_NUMBER, arn] if sent.startswith("refused") else [arn])
    assert world.config(REPLICA, BASIC_QUEUE) == {
        "OutboundCallerIdName": "New",
        "OutboundCallerIdNumberId": arn,
        "OutboundFlowId": world.config(REPLICA, BASIC_QUEUE)["OutboundFlowId"],
    }
    assert answer.data["OutboundCallerIdNumberArn"] == arn


def test_a_number_of_the_queues_own_that_is_known_by_id_alone_has_no_arn_and_costs_no_lookup(world: World) -> None:
    world.connect.set_returned_form("id")
    world.set_config({"OutboundCallerIdNumberId": INSTANCE_NUMBER})
    answer = Resource().create(properties(name="New"))
    assert answer.ok
    assert (answer.data["OutboundCallerIdNumberArn"], answer.data["OutboundCallerIdNumberId"]) == ("", INSTANCE_NUMBER)
    assert [call.operation for call in world.calls()] == ["DescribeQueue", UPDATE]


# Looking for a number where there are many.


def crowd(seed: Seed) -> Seed:
    """Returns a seed with 12 more groups in us-east-1, one full of numbers that share their first 12 characters."""
    full = identifier("a group with more numbers than a page")
    groups = [TrafficDistributionGroup(identifier(f"group {index}"), PRIMARY, INSTANCE) for index in range(11)]
    numbers = (PhoneNumber(identifier(f"n{n}"), f"+49305555555{n:04}", PRIMARY, group_id=full) for n in range(1100))
    return replace(
        seed,
        groups=(*groups, *seed.groups, TrafficDistributionGroup(full, PRIMARY, INSTANCE)),
        numbers=(*numbers, *seed.numbers),
    )


@pytest.mark.parametrize("called_from", [PRIMARY, REPLICA])
@pytest.mark.parametrize("form", ["UUID", "E.164", "V1 ARN"])
def test_a_number_on_the_last_page_of_the_last_group_is_found(world: World, form: str, called_from: str) -> None:
    world.connect.reset(crowd(two_regions_apart()))
    id, number = identifier("n1099"), "+493055555551099"
    text = {"UUID": id, "E.164": number, "V1 ARN": OURS.number_v1(called_from, INSTANCE, id)}[form]
    answer = Resource(region=called_from).create(properties(region=called_from, number=text))
    assert answer.ok
    at_home_by_id = form == "UUID" and called_from == PRIMARY
    assert world.config(called_from) == {"OutboundCallerIdNumberId": id if at_home_by_id else OURS.number(PRIMARY, id)}
    pages = world.connect.counts()
    if not at_home_by_id:
        assert pages["ListTrafficDistributionGroups"] == {"ok": 2}  # 15 groups, 10 on a page
        assert pages["ListPhoneNumbersV2"]["ok"] >= 16  # each group, and the full one's second page


@pytest.mark.parametrize(
    ("neighbour", "wanted"),
    [("+493055550111234", "+493055550111235"), ("+4930555501112", "+493055550111"), ("+493055550", "+4930555501")],
)
def test_a_number_is_not_taken_for_one_with_the_same_beginning(world: World, neighbour: str, wanted: str) -> None:
    """PhoneNumberPrefix holds 12 characters, fewer than a number may have."""
    seed = two_regions_apart()
    kept = tuple(number for number in seed.numbers if number.number != wanted)
    other, right = identifier("neighbour"), identifier("wanted")
    numbers = (
        PhoneNumber(other, neighbour, PRIMARY, instance_id=INSTANCE),
        PhoneNumber(right, wanted, PRIMARY, instance_id=INSTANCE),
    )
    world.connect.reset(replace(seed, numbers=(*numbers, *kept)))
    answer = Resource().create(properties(number=wanted))
    assert answer.data["OutboundCallerIdNumberId"] == right


def test_of_two_numbers_with_the_same_beginning_the_absent_one_is_an_error(world: World) -> None:
    answer = Resource().create(properties(number="+120655501000"))
    assert "…1000 is not claimed to" in answer.reason
    assert world.calls(UPDATE) == []


def test_a_lookup_gets_through_a_quota(world: World) -> None:
    """The seven groups' lists are more than the burst."""
    groups = tuple(TrafficDistributionGroup(identifier(f"quota {n}"), PRIMARY, INSTANCE) for n in range(4))
    seed = two_regions_apart()
    world.connect.reset(replace(seed, groups=(*groups, *seed.groups)))
    world.connect.set_quota(rate=10, burst=3)
    answer = Resource(region=REPLICA).create(properties(region=REPLICA, number=GROUP_NUMBER))
    assert answer.ok
    assert world.connect.counts()["ListPhoneNumbersV2"]["ThrottlingException"] > 0
    assert world.config(REPLICA) == {"OutboundCallerIdNumberId": OURS.number(PRIMARY, GROUP_NUMBER)}


# Where a V1 ARN would not be refused, it still is never sent.


def test_a_v1_arn_is_not_sent_even_to_a_service_that_would_take_it(world: World) -> None:
    world.connect.set_settings(v1_number_arns="accepted")
    Resource().create(properties(number=OURS.number_v1(PRIMARY, INSTANCE, INSTANCE_NUMBER)))
    sent = [call.input["OutboundCallerConfig"]["OutboundCallerIdNumberId"] for call in world.calls(UPDATE)]
    assert sent == [OURS.number(PRIMARY, INSTANCE_NUMBER)]


@pytest.mark.parametrize("form", FORMS)
def test_a_service_that_calls_an_unusable_number_invalid_gets_a_clear_error_too(world: World, form: str) -> None:
    """The API page does not say which of the two it answers."""
    world.connect.set_settings(unusable_number="InvalidParameterException")
    cell = Cell(form, "another instance", "home", "create")
    resource = Resource()
    answer = resource.create(properties(number=cell.text))
    assert not answer.ok
    assert "OutboundCallerIdNumberId" in answer.reason
    assert world.config() == {}
    assert resource.delete().ok
    assert world.ledgers() == {}


# ResourceNotFoundException names no resource: the error that the user sees does.

_NOWHERE = identifier("nowhere")
_WHERE = {
    "a number by V2 ARN": ({"number": OURS.number(PRIMARY, _NOWHERE)}, "OutboundCallerIdNumberId"),
    "a number by UUID": ({"number": _NOWHERE}, "OutboundCallerIdNumberId"),
    "a number by V2 ARN, with a flow": (
        {"number": OURS.number(PRIMARY, _NOWHERE), "flow": WHISPER},
        "OutboundCallerIdNumberId",
    ),
    "a number of another instance's group, with a flow": (
        {"number": OURS.number(PRIMARY, UNLINKED_GROUP_NUMBER), "flow": WHISPER},
        "OutboundCallerIdNumberId",
    ),
    "a number of another instance, with a flow": (
        {"number": OURS.number(PRIMARY, OTHER_INSTANCE_NUMBER), "flow": WHISPER},
        "OutboundCallerIdNumberId",
    ),
    "a number by UUID, with a flow": ({"number": _NOWHERE, "flow": WHISPER}, "OutboundCallerIdNumberId"),
    "a flow": ({"flow": _NOWHERE}, "OutboundFlowId"),
    "a flow, with a number by V2 ARN": (
        {"number": OURS.number(PRIMARY, INSTANCE_NUMBER), "flow": _NOWHERE},
        "OutboundFlowId",
    ),
    "a flow, with a number by V2 ARN of a group": (
        {"number": OURS.number(PRIMARY, GROUP_NUMBER), "flow": _NOWHERE},
        "OutboundFlowId",
    ),
    "a flow, with a number by UUID": ({"number": INSTANCE_NUMBER, "flow": _NOWHERE}, "OutboundFlowId"),
    "a flow, with a number by E.164": ({"number": "+12065550100", "flow": _NOWHERE}, "OutboundFlowId"),
    "both, the number by V2 ARN": (
        {"number": OURS.number(PRIMARY, _NOWHERE), "flow": _NOWHERE},
        "OutboundCallerIdNumberId",
    ),
    "both, the number by UUID": ({"number": _NOWHERE, "flow": _NOWHERE}, "OutboundCallerIdNumberId"),
}


@pytest.mark.parametrize("case", _WHERE)
def test_the_error_says_what_was_not_found(world: World, case: str) -> None:
    config, named = _WHERE[case]
    resource = Resource()
    answer = resource.create(properties(**config))
    assert not answer.ok
    assert named in answer.reason
    assert "ResourceNotFoundException" in answer.reason
    assert "Queue" not in answer.reason
    assert not any(other in answer.reason for other in {"OutboundCallerIdNumberId", "OutboundFlowId"} - {named})
    assert world.config() == {}
    assert resource.delete().ok
    assert world.ledgers() == {}


@pytest.mark.parametrize("case", ["a flow, with a number of this Region's group", "a flow", "a number"])
def test_the_error_says_what_was_not_found_in_the_replica(world: World, case: str) -> None:
    number = OURS.number(PRIMARY, GROUP_NUMBER if case != "a number" else _NOWHERE)
    answer = Resource(region=REPLICA).create(
        properties(region=REPLICA, number=number, flow=SECOND_WHISPER if case == "a number" else _NOWHERE)
    )
    named = "OutboundCallerIdNumberId" if case == "a number" else "OutboundFlowId"
    assert named in answer.reason
    assert REPLICA in answer.reason


def test_a_missing_queue_is_named(world: World) -> None:
    answer = Resource().create(properties(queue=_NOWHERE, name="Any"))
    assert f"QueueId {_NOWHERE} is not a queue of instance {INSTANCE} in {PRIMARY}" in answer.reason
    assert world.ledgers() == {}


def test_a_missing_instance_is_named(world: World) -> None:
    wrong = {
        **properties(name="Any"),
        "InstanceId": OURS.instance(PRIMARY, _NOWHERE),
        "QueueId": OURS.queue(PRIMARY, _NOWHERE, BASIC_QUEUE),
    }
    answer = Resource().create(wrong)
    assert _NOWHERE in answer.reason
    assert "InstanceId" in answer.reason
    assert world.ledgers() == {}


def test_a_queue_that_goes_between_the_look_and_the_write_is_named(world: World) -> None:
    world.connect.fail(UPDATE, "ResourceNotFoundException")
    answer = Resource().create(properties(name="Any"))
    assert "QueueId" in answer.reason
