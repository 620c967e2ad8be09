"""The ledger: who is in force, what is left, and a document that outlives versions, races and odd names."""

from __future__ import annotations

import json

import pytest
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior
from queue_outbound_caller_config_provider.errors import LedgerFull, LedgerUnreadable
from queue_outbound_caller_config_provider.ledger import (
    LARGEST_DOCUMENT,
    Entry,
    Layer,
    Ledger,
    Owner,
    from_document,
    left_behind,
    to_document,
)

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
    ledger = Ledger(BASELINE).with_last(layer(A, name="After"))
    assert ledger.effective == CallerConfig("After", NUMBER, FLOW)


def test_under_clear_what_is_not_declared_is_unset() -> None:
    ledger = Ledger(BASELINE).with_last(layer(A, DeletionBehavior.CLEAR, name="After"))
    assert ledger.effective == CallerConfig("After")


def test_the_last_layer_is_in_force_and_an_owner_has_only_one() -> None:
    ledger = Ledger(BASELINE).with_last(layer(A, name="a")).with_last(layer(B, name="b")).with_last(layer(A, name="a2"))
    assert [each.owner for each in ledger.layers] == [B, A]
    assert ledger.effective.name == "a2"


def test_taking_a_layer_out_puts_the_one_below_in_force() -> None:
    ledger = Ledger(BASELINE).with_last(layer(A, name="a")).with_last(layer(B, name="b"))
    assert ledger.without(B).effective.name == "a"
    assert ledger.without(A).effective.name == "b"


@pytest.mark.parametrize(
    ("behavior", "left"),
    [
        (DeletionBehavior.RESTORE, BASELINE),
        (DeletionBehavior.CLEAR, CallerConfig()),
        (DeletionBehavior.RETAIN, CallerConfig("Now")),
    ],
)
def test_the_deletion_behavior_says_what_the_last_owner_leaves(behavior: DeletionBehavior, left: CallerConfig) -> None:
    assert left_behind(behavior, BASELINE, now=CallerConfig("Now")) == left


def test_a_number_that_was_looked_up_goes_to_the_api_in_place_of_the_declared_one() -> None:
    arn = f"arn:aws:connect:us-east-1:123456789012:phone-number/{NUMBER}"
    looked_up = Layer(A, CallerConfig(number="+15551234567"), arn, DeletionBehavior.RESTORE)
    assert looked_up.config.number == arn
    assert looked_up.declared_fields == {"number"}


ONE, TWO, THREE = "20260101T000001", "20260101T000002", "20260101T000003"


def test_a_layer_of_an_earlier_event_does_not_replace_that_of_a_later_one() -> None:
    ledger = Ledger(BASELINE).with_last(layer(A, issued=TWO, name="2"))
    assert ledger.with_last(layer(A, issued=ONE, name="1")) == ledger
    assert ledger.with_last(layer(A, issued=TWO, name="2b")).effective.name == "2b"
    assert ledger.with_last(layer(A, issued=THREE, name="3")).effective.name == "3"


def test_an_earlier_event_does_not_take_out_the_layer_of_a_later_one() -> None:
    ledger = Ledger(BASELINE).with_last(layer(A, issued=TWO, name="2"))
    assert ledger.without(A, ONE) == ledger
    assert ledger.without(A, THREE).layers == ()


def test_an_event_of_before_its_owner_departed_puts_no_layer_and_one_of_after_does() -> None:
    ledger = Ledger(BASELINE).with_last(layer(A, issued=ONE, name="1")).without(A, TWO)
    assert [ledger.outdates(A, issued) for issued in (ONE, TWO, THREE)] == [True, True, False]
    assert not ledger.outdates(B, ONE)
    assert ledger.with_last(layer(A, issued=ONE, name="1")) == ledger
    back = ledger.with_last(layer(A, issued=THREE, name="3"))
    assert back.effective.name == "3"
    undone = back.without(A)
    assert [undone.outdates(A, issued) for issued in (ONE, TWO, THREE)] == [True, True, False]
    assert undone.without(A, ONE) == undone


def test_where_no_event_has_a_date_each_counts_as_it_comes() -> None:
    ledger = Ledger(BASELINE).with_last(layer(A, issued=TWO, name="2"))
    assert not ledger.outdates(A, "")
    assert ledger.with_last(layer(A, name="undated")).effective.name == "undated"
    assert ledger.without(A).layers == ()
    assert ledger.without(A).departed == ()


def test_an_owners_departure_is_known_while_others_come_and_go() -> None:
    ledger = Ledger(BASELINE).with_last(layer(A, issued=ONE, name="a")).with_last(layer(B, issued=ONE, name="b"))
    ledger = ledger.without(A, TWO).with_last(layer(B, issued=THREE, name="b3"))
    assert ledger.outdates(A, ONE)
    assert ledger.without(B, THREE).outdates(A, ONE)


def test_only_the_last_departures_are_kept() -> None:
    ledger = Ledger(BASELINE)
    for number in range(20):
        ledger = ledger.without(Owner(STACK, f"R{number}"), TWO)
    assert [ledger.outdates(Owner(STACK, f"R{number}"), ONE) for number in range(20)] == [False] * 12 + [True] * 8


def test_changes_made_without_seeing_each_other_keep_the_later_event_whichever_was_written_first() -> None:
    ledger = Ledger(BASELINE, (layer(B, name="b"),))
    put = Entry(1, ledger.with_last(layer(A, issued=ONE, name="a")))
    removed = Entry(1, ledger.without(A, TWO), removed=A, issued=TWO)
    for first, second in ((put, removed), (removed, put)):
        folded = second.folded(first.ledger)
        assert [each.owner for each in folded.layers] == [B]
        assert folded.outdates(A, ONE)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(0, Ledger(CallerConfig(), (layer(A, name="a"),))),
        Entry(7, Ledger(BASELINE, (layer(A, name="{{resolve:ssm:x}}"), layer(B, DeletionBehavior.CLEAR, flow=FLOW)))),
        Entry(3, Ledger(BASELINE), removed=A),
        Entry(3, Ledger(BASELINE).without(B, ONE).without(A, TWO), removed=A, issued=TWO),
        Entry(4, Ledger(BASELINE).without(B, ONE).with_last(layer(A, issued=TWO, name="a"))),
        Entry(1, Ledger(CallerConfig('"\\ \n\u2028📞'), (layer(A, name="{{{{"),))),
    ],
)
def test_a_document_is_read_as_it_was_written(entry: Entry) -> None:
    assert from_document(to_document(entry), "/ledger") == entry


def test_a_document_never_holds_two_opening_braces_which_parameter_store_refuses() -> None:
    text = to_document(Entry(0, Ledger(BASELINE, (layer(A, name="{{ssm:other}} {{{{"),))))
    assert "{{" not in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        "null",
        '{"format":2,"after":0,"baseline":{},"layers":[]}',
        '{"format":1,"after":0,"baseline":{},"layers":[]}',
        '{"format":1,"after":"0","baseline":{},"layers":[],"removed":{"stack":"s","resource":"r"}}',
        '{"format":1,"after":0,"baseline":{"colour":"red"},"layers":[],"removed":{"stack":"s","resource":"r"}}',
        '{"format":1,"after":0,"baseline":{"name":7},"layers":[],"removed":{"stack":"s","resource":"r"}}',
        '{"format":1,"after":0,"baseline":{},"layers":[{}]}',
        '{"format":1,"after":0,"baseline":{},"layers":[],"removed":{"stack":"s","resource":"r"},"note":"mine"}',
    ],
)
def test_what_is_no_ledger_of_this_format_is_not_read(text: str) -> None:
    with pytest.raises(LedgerUnreadable, match="/ledger"):
        from_document(text, "/ledger")


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(LedgerUnreadable, match="format 2, this version reads 1"):
        from_document('{"format":2}', "/ledger")


def test_the_first_format_is_read_for_ever() -> None:
    written_by_1_0 = json.dumps(
        {
            "format": 1,
            "after": 4,
            "baseline": {"name": "Before", "number": NUMBER},
            "layers": [
                {
                    "stack": STACK,
                    "resource": "A",
                    "declared": {"number": "+15551234567"},
                    "numberArn": f"arn:aws:connect:us-east-1:123456789012:phone-number/{NUMBER}",
                    "deletionBehavior": "RETAIN",
                    "requests": ["r1", "r2"],
                }
            ],
        }
    )
    entry = from_document(written_by_1_0, "/ledger")
    assert entry.after == 4
    assert entry.ledger.baseline == CallerConfig("Before", NUMBER)
    assert entry.ledger.layers[0].declared == CallerConfig(number="+15551234567")
    assert (entry.ledger.layers[0].request, entry.ledger.layers[0].issued) == ("r2", "")


def test_what_is_written_now_is_read_by_version_1_0_which_knows_no_departures() -> None:
    """A stack whose upgrade of the provider is rolled back has its function read what the newer one wrote."""
    departed = Ledger(BASELINE).without(B, ONE)
    for entry in (Entry(1, departed.with_last(layer(A, issued=TWO, name="a"))), Entry(2, departed, B, ONE)):
        document = json.loads(to_document(entry))
        assert document.keys() <= {"format", "after", "baseline", "layers", "removed"}
        assert all(isinstance(each["requests"], list) for each in document["layers"])


def test_departures_are_left_out_where_they_would_not_fit() -> None:
    ledger = owners(4)
    while len(to_document(Entry(0, ledger)).encode()) < LARGEST_DOCUMENT - 300:
        ledger = ledger.with_last(layer(Owner(STACK, f"R{len(ledger.layers)}"), name="R"))
    for number in range(8):
        ledger = ledger.without(Owner(STACK, f"Gone{number}"), ONE)
    text = to_document(Entry(0, ledger))
    assert len(text.encode()) <= LARGEST_DOCUMENT
    assert from_document(text, "/ledger").ledger == Ledger(ledger.baseline, ledger.layers)


def owners(count: int) -> Ledger:
    ledger = Ledger(CallerConfig("📞" * 255, NUMBER, FLOW))
    for index in range(count):
        owner = Owner(STACK.replace("one", "x" * 128), f"Resource{index:03}" + "y" * 60)
        ledger = ledger.with_last(layer(owner, name="📞" * 255, number=NUMBER, flow=FLOW))
    return ledger


def test_a_baseline_and_four_owners_with_the_longest_names_fit() -> None:
    assert len(to_document(Entry(0, owners(4))).encode()) <= LARGEST_DOCUMENT


def test_what_does_not_fit_is_an_error_before_anything_is_written() -> None:
    with pytest.raises(LedgerFull, match="Nothing was written"):
        to_document(Entry(0, owners(6)))


def test_changes_made_without_seeing_each_other_all_count() -> None:
    ledger = Ledger(BASELINE, (layer(A, name="a"),))
    put_b = Entry(1, ledger.with_last(layer(B, name="b")))
    removed_a = Entry(1, ledger.without(A), removed=A)
    assert [each.owner for each in removed_a.folded(put_b.ledger).layers] == [B]
    assert [each.owner for each in put_b.folded(removed_a.ledger).layers] == [B]


def test_an_entry_put_into_a_parameter_just_deleted_counts_alone() -> None:
    stale = Entry(3, Ledger(BASELINE, (layer(A, name="a"), layer(B, name="b"))))
    assert [each.owner for each in stale.alone.layers] == [B]
    assert Entry(3, Ledger(BASELINE, (layer(B, name="b"),)), removed=A).alone.layers == ()
