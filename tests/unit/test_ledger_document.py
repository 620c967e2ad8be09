"""The text of a ledger: read as it was written, and nothing else is read."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from queue_outbound_caller_config_provider.arns import Place, Queue
from queue_outbound_caller_config_provider.config import CallerConfig, DeletionBehavior, Mirroring
from queue_outbound_caller_config_provider.errors import LedgerFull, LedgerUnreadable
from queue_outbound_caller_config_provider.ledger import Layer, Ledger, Owner, Removed, Replaced, State
from queue_outbound_caller_config_provider.ledger_document import LARGEST_DOCUMENT, Entry, from_document, to_document

NUMBER = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
FLOW = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
ARN = f"arn:aws:connect:us-west-2:123456789012:phone-number/{NUMBER}"
QUEUE = Queue(Place("aws", "us-east-1", "123456789012"), FLOW, NUMBER)
BASELINE = CallerConfig("Before", NUMBER, FLOW)
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/one/11111111-1111-4111-8111-111111111111"
A, B = Owner(STACK, "A"), Owner(STACK, "B")
ONE, TWO = "20260101T000001", "20260101T000002"


def layer(owner: Owner, behavior: DeletionBehavior = DeletionBehavior.RESTORE, **declared: str) -> Layer:
    return Layer(owner, CallerConfig(**declared), None, behavior, "request-1", ONE, 5.0, "digest")


FULL = Layer(
    A, CallerConfig(number="+15551234567"), ARN, DeletionBehavior.RETAIN, "r", TWO, 7.5, "d", Replaced("before", 2.25)
)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(0, A, Ledger(CallerConfig(), (layer(A, name="a"),)), 1.5),
        Entry(
            7,
            B,
            Ledger(BASELINE, (layer(A, name="{{resolve:ssm:x}}"), layer(B, DeletionBehavior.CLEAR, flow=FLOW))),
            1.5,
        ),
        Entry(3, A, Ledger(BASELINE, state=State.CLOSED), 1.5),
        Entry(
            3,
            A,
            Ledger(BASELINE, (), (Removed(B.fingerprint, ONE, 12.5), Removed(A.fingerprint, TWO)), State.WAITING),
            1.5,
            TWO,
            left=BASELINE,
        ),
        Entry(4, A, Ledger(BASELINE, (FULL,), (), State.OPEN, "us-west-2", Mirroring.ALL), 1.5, keeps_place=True),
        Entry(1, A, Ledger(CallerConfig('"\\ \n\u2028📞'), (layer(A, name="{{{{"),), mirroring=Mirroring.NOTHING), 1.5),
    ],
)
def test_a_document_is_read_as_it_was_written(entry: Entry) -> None:
    assert from_document(to_document(entry), QUEUE) == entry


def test_a_document_never_holds_two_opening_braces_which_parameter_store_refuses() -> None:
    assert "{{" not in to_document(Entry(0, A, Ledger(BASELINE, (layer(A, name="{{ssm:other}} {{{{"),)), 1.5))


def written(**changes: Any) -> dict[str, Any]:
    """A document as this version writes it, with members changed."""
    document: dict[str, Any] = json.loads(to_document(Entry(2, A, Ledger(BASELINE, (FULL,)), 1.5)))
    return document | changes


def with_ledger(**changes: Any) -> dict[str, Any]:
    document = written()
    document["ledger"] |= changes
    return document


def with_baseline(**changes: Any) -> dict[str, Any]:
    document = written()
    document["ledger"]["baseline"] |= changes
    return document


def with_layer(**changes: Any) -> dict[str, Any]:
    document = written()
    document["ledger"]["layers"][0] |= changes
    return document


def declaring(**changes: Any) -> dict[str, Any]:
    return {"name": None, "number": None, "flow": None} | changes


OTHER_ACCOUNT = STACK.replace("123456789012", "999999999999")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        "null",
        "[" * 5000,
        *(
            json.dumps(document)
            for document in (
                written(after="0"),
                with_baseline(colour="red"),
                with_baseline(name=7),
                with_baseline(name="x" * 3000),
                with_baseline(name=""),
                with_baseline(number="sip:someone@example.com"),
                with_baseline(number=ARN.replace("123456789012", "999999999999")),
                with_baseline(flow="not-an-id"),
                with_ledger(layers=[{}]),
                with_ledger(state="closed"),
                written(note="mine"),
                with_ledger(note="mine"),
                with_ledger(removed=[{"owner": "x", "issued": ONE}]),
                with_layer(owner={"stack_id": "not a stack", "logical_id": "A"}),
                with_layer(owner={"stack_id": OTHER_ACCOUNT, "logical_id": "A"}),
                with_layer(declared=declaring(name="x" * 256)),
                with_layer(declared=declaring(number="+1")),
                with_layer(number_arn="arn:aws:s3:::bucket"),
                with_layer(deletion_behavior="KEEP"),
                with_layer(at="now"),
            )
        ),
    ],
)
def test_what_this_version_does_not_write_for_this_queue_is_not_read(text: str) -> None:
    with pytest.raises(LedgerUnreadable, match=QUEUE.ledger_name):
        from_document(text, QUEUE)


@pytest.mark.parametrize("number", [1, 3, "2", None])
def test_another_format_is_named_and_not_read(number: object) -> None:
    with pytest.raises(LedgerUnreadable, match=f"format {number!r}, this version reads 2"):
        from_document(json.dumps(written(format=number)), QUEUE)


def test_dates_in_the_future_count_for_nothing() -> None:
    future = "99991231T235959"
    forged = with_layer(issued=future, at=time.time() + 1e9)
    forged["ledger"]["removed"] = [{"owner": "fingerprint", "issued": future, "until": 1e12}]
    ledger = from_document(json.dumps(forged), QUEUE).ledger
    assert (ledger.layers[0].issued, ledger.layers[0].at) == ("", 0.0)
    assert ledger.removed == (Removed("fingerprint", ""),)
    assert not ledger.supersedes(A, TWO)


def test_what_is_only_convenient_is_left_out_if_it_would_not_fit() -> None:
    ledger = owners(3)
    while len(to_document(Entry(0, A, ledger, 1.5)).encode()) < LARGEST_DOCUMENT - 700:
        owner = Owner(STACK.replace("one", f"s{len(ledger.layers)}"), "R")
        ledger = ledger.with_layer(
            Layer(owner, CallerConfig("R"), None, DeletionBehavior.RESTORE, replaced=Replaced("x" * 99, 1.0))
        )
    for number in range(8):
        ledger = ledger.without(Owner(STACK, f"Gone{number}"), ONE)
    text = to_document(Entry(0, A, ledger, 1.5))
    assert len(text.encode()) <= LARGEST_DOCUMENT
    read = from_document(text, QUEUE).ledger
    assert [each.declared for each in read.layers] == [each.declared for each in ledger.layers]


def owners(count: int) -> Ledger:
    ledger = Ledger(CallerConfig("📞" * 255, NUMBER, FLOW))
    for index in range(count):
        owner = Owner(STACK.replace("one", "x" * 128), f"Resource{index:03}" + "y" * 60)
        ledger = ledger.with_layer(layer(owner, name="📞" * 255, number=NUMBER, flow=FLOW))
    return ledger


def test_a_baseline_and_three_owners_with_the_longest_names_fit() -> None:
    assert len(to_document(Entry(0, A, owners(3), 1.5)).encode()) <= LARGEST_DOCUMENT


def test_what_does_not_fit_is_an_error_before_anything_is_written() -> None:
    with pytest.raises(LedgerFull, match="Nothing was written"):
        to_document(Entry(0, A, owners(6), 1.5))


def test_changes_made_without_seeing_each_other_all_count() -> None:
    ledger = Ledger(BASELINE, (layer(A, name="a"),))
    put_b = Entry(1, B, ledger.with_layer(layer(B, name="b")), 1.5)
    removed_a = Entry(1, A, ledger.without(A), 1.5)
    assert [each.owner for each in removed_a.folded(put_b.ledger).layers] == [B]
    assert [each.owner for each in put_b.folded(removed_a.ledger).layers] == [B]


def test_an_entry_put_into_a_parameter_just_deleted_counts_alone() -> None:
    stale = Entry(3, B, Ledger(BASELINE, (layer(A, name="a"), layer(B, name="b"))), 1.5)
    assert [each.owner for each in stale.folded(None).layers] == [B]
    assert Entry(3, A, Ledger(BASELINE, (layer(B, name="b"),)), 1.5).folded(None).layers == ()
