"""The ledger: which layer is active, what is left, and which event of an owner counts."""

from __future__ import annotations

import pytest
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior
from queue_outbound_caller_config_provider.errors import LedgerFull
from queue_outbound_caller_config_provider.ledger import (
    Layer,
    Ledger,
    Owner,
    Replaced,
    State,
    place_taken_back,
)
from queue_outbound_caller_config_provider.ledger_document import Entry

NUMBER = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
FLOW = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
BASELINE = CallerConfig("Before", NUMBER, FLOW)
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/one/11111111-1111-4111-8111-111111111111"
A, B = Owner(STACK, "A"), Owner(STACK, "B")


def layer(
    owner: Owner, behavior: DeletionBehavior = DeletionBehavior.RESTORE, issued: str = "", **declared: str
) -> Layer:
    return Layer(owner, CallerConfig(**declared), None, behavior, "request-1", issued)


def test_declared_fields_win_and_the_rest_is_the_queues_own() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, name="After"))
    assert ledger.effective == CallerConfig("After", NUMBER, FLOW)


def test_under_clear_what_is_not_declared_is_unset() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, DeletionBehavior.CLEAR, name="After"))
    assert ledger.effective == CallerConfig("After")


def test_the_last_layer_is_active_and_an_owner_has_only_one() -> None:
    ledger = (
        Ledger(BASELINE).with_layer(layer(A, name="a")).with_layer(layer(B, name="b")).with_layer(layer(A, name="a2"))
    )
    assert [each.owner for each in ledger.layers] == [B, A]
    assert ledger.effective.name == "a2"


def test_taking_a_layer_out_puts_the_one_below_active() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, name="a")).with_layer(layer(B, name="b"))
    assert ledger.without(B).effective.name == "a"
    assert ledger.without(A).effective.name == "b"


def test_the_final_layer_leaves_what_its_remover_says_and_else_the_baseline() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, name="a"))
    assert ledger.without(A).effective == BASELINE
    assert ledger.without(A, left=CallerConfig()).effective == CallerConfig()
    both = ledger.with_layer(layer(B, name="b"))
    assert both.without(B, left=CallerConfig()).baseline == BASELINE
    shared = ledger.without(A, left=CallerConfig(), shared=True)
    assert (shared.baseline, shared.found) == (BASELINE, CallerConfig()), "it counts only as far as nothing is mirrored"
    assert ledger.without(A, left=BASELINE, shared=True).found is None


def test_a_number_that_was_looked_up_goes_to_the_api_in_place_of_the_declared_one() -> None:
    arn = f"arn:aws:connect:us-east-1:123456789012:phone-number/{NUMBER}"
    looked_up = Layer(A, CallerConfig(number="+15551234567"), arn, DeletionBehavior.RESTORE)
    assert looked_up.config.number == arn
    assert looked_up.declared_fields == {"number"}


ONE, TWO, THREE = "20260101T000001", "20260101T000002", "20260101T000003"


def test_a_layer_of_an_earlier_event_does_not_replace_that_of_a_later_one() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, issued=TWO, name="2"))
    assert ledger.with_layer(layer(A, issued=ONE, name="1")) == ledger
    assert ledger.with_layer(layer(A, issued=TWO, name="2b")).effective.name == "2b"
    assert ledger.with_layer(layer(A, issued=THREE, name="3")).effective.name == "3"


def test_an_earlier_event_does_not_take_out_the_layer_of_a_later_one() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, issued=TWO, name="2"))
    assert ledger.without(A, ONE) == ledger
    assert ledger.without(A, THREE).layers == ()


def test_an_event_of_before_its_owner_departed_puts_no_layer_and_one_of_after_does() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, issued=ONE, name="1")).without(A, TWO)
    assert [ledger.supersedes(A, issued) for issued in (ONE, TWO, THREE)] == [True, True, False]
    assert not ledger.supersedes(B, ONE)
    assert ledger.with_layer(layer(A, issued=ONE, name="1")) == ledger
    back = ledger.with_layer(layer(A, issued=THREE, name="3"))
    assert back.effective.name == "3"
    undone = back.without(A)
    assert [undone.supersedes(A, issued) for issued in (ONE, TWO, THREE)] == [True, True, False]
    assert undone.without(A, ONE) == undone


def test_where_no_event_has_a_date_each_counts_as_it_comes() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, issued=TWO, name="2"))
    assert not ledger.supersedes(A, "")
    assert ledger.with_layer(layer(A, name="undated")).effective.name == "undated"
    assert ledger.without(A).layers == ()
    assert ledger.without(A).removed == ()


def test_an_owners_departure_is_known_while_others_come_and_go() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, issued=ONE, name="a")).with_layer(layer(B, issued=ONE, name="b"))
    ledger = ledger.without(A, TWO).with_layer(layer(B, issued=THREE, name="b3"))
    assert ledger.supersedes(A, ONE)
    assert ledger.without(B, THREE).supersedes(A, ONE)


def test_only_the_last_departures_are_kept() -> None:
    ledger = Ledger(BASELINE)
    for number in range(20):
        ledger = ledger.without(Owner(STACK, f"R{number}"), TWO)
    assert [ledger.supersedes(Owner(STACK, f"R{number}"), ONE) for number in range(20)] == [False] * 12 + [True] * 8


def test_changes_made_without_seeing_each_other_keep_the_later_event_whichever_was_written_first() -> None:
    ledger = Ledger(BASELINE, (layer(B, name="b"),))
    put = Entry(1, A, ledger.with_layer(layer(A, issued=ONE, name="a")), 0.0)
    removed = Entry(1, A, ledger.without(A, TWO), 0.0, TWO)
    for first, second in ((put, removed), (removed, put)):
        folded = second.folded(first.ledger)
        assert [each.owner for each in folded.layers] == [B]
        assert folded.supersedes(A, ONE)


def test_a_layer_keeps_the_place_that_it_is_given_and_else_becomes_the_newest() -> None:
    ledger = Ledger(BASELINE).with_layer(layer(A, name="a")).with_layer(layer(B, name="b"))
    back = ledger.with_layer(
        Layer(A, CallerConfig("a2"), None, DeletionBehavior.RESTORE, at=ledger.layers[0].at), newest=False
    )
    assert [each.owner for each in back.layers] == [A, B]
    assert [each.owner for each in back.with_layer(layer(A, name="a3")).layers] == [B, A]


def test_an_update_that_takes_the_last_one_back_takes_its_place_back() -> None:
    now = Layer(
        A, CallerConfig("new"), None, DeletionBehavior.RESTORE, at=9.0, digest="new", replaced=Replaced("old", 3.0)
    )
    assert place_taken_back(now, "old", "new") == 3.0
    assert place_taken_back(now, "new", "failed") == 9.0, "what it takes back never ran, or was undone"
    assert place_taken_back(now, "third", "new") is None
    assert place_taken_back(now, "old", "third") is None
    assert place_taken_back(now, "new", "new") is None
    assert place_taken_back(None, "old", "new") is None


def test_a_ledger_waits_for_a_cancelled_event_as_long_as_one_can_come() -> None:
    ledger = Ledger(BASELINE).without(A, TWO, until=90.0).without(B, TWO, until=70.0)
    assert ledger.waits_until == 90.0
    assert Ledger(BASELINE).without(A, TWO).waits_until == 0.0


def test_a_layer_opens_a_ledger_that_was_closed_or_waiting() -> None:
    for state in (State.CLOSED, State.WAITING):
        assert Ledger(BASELINE, state=state).with_layer(layer(A, name="a")).state is State.OPEN


def test_a_stack_has_three_layers_on_a_queue_at_most_and_the_message_names_them() -> None:
    ledger = Ledger(BASELINE)
    for name in "XYZ":
        ledger = ledger.with_layer(layer(Owner(STACK, name), name=name))
    ledger.check_room_for(Owner(STACK, "X"))
    ledger.check_room_for(Owner(STACK.replace("one", "two"), "A"))
    with pytest.raises(LedgerFull, match=r"X, Y, Z"):
        ledger.check_room_for(A)
