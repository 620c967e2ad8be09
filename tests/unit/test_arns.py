"""Ids and ARNs: what is taken, what is refused, and with which words."""

from __future__ import annotations

import pytest
from queue_outbound_caller_config_provider.arns import (
    Instance,
    InstanceResource,
    NumberForm,
    PhoneNumber,
    Place,
    Queue,
    same_resource,
)
from queue_outbound_caller_config_provider.errors import LONGEST_REASON, InvalidProperty

INSTANCE = "11111111-1111-4111-8111-111111111111"
OTHER_INSTANCE = "22222222-2222-4222-8222-222222222222"
QUEUE = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
NUMBER = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb"
HOME = Place("aws", "us-east-1", "123456789012")
REPLICA = Place("aws", "us-west-2", "123456789012")
CHINA = Place("aws-cn", "cn-north-1", "123456789012")
GOVERNMENT = Place("aws-us-gov", "us-gov-west-1", "123456789012")
QUEUE_ARN = HOME.arn(f"instance/{INSTANCE}/queue/{QUEUE}")


@pytest.mark.parametrize("place", [HOME, CHINA, GOVERNMENT])
def test_an_arn_says_where_its_resource_is_in_every_partition(place: Place) -> None:
    arn = place.arn(f"instance/{INSTANCE}/queue/{QUEUE}")
    assert InstanceResource.parse_queue(arn) == InstanceResource(QUEUE, INSTANCE, place)


def test_a_bare_id_says_nothing_of_its_place() -> None:
    assert Instance.parse(INSTANCE) == Instance(INSTANCE, None)


def test_ids_are_lower_cased_so_that_one_queue_has_one_physical_id() -> None:
    assert InstanceResource.parse_queue(QUEUE_ARN.replace(QUEUE, QUEUE.upper())).id == QUEUE
    assert PhoneNumber.parse(NUMBER.upper()).text == NUMBER


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (None, "not a string"),
        (7, "not a string"),
        ("BasicQueue", "not a valid queue id or ARN"),
        (f" {QUEUE}", "not a valid queue id or ARN"),
        (f"arn:aws:s3:us-east-1:123456789012:instance/{INSTANCE}/queue/{QUEUE}", "not a valid queue id or ARN"),
        (HOME.arn(f"instance/{INSTANCE}"), "not a valid queue id or ARN"),
        (HOME.arn(f"instance/{INSTANCE}/queue/agent/{QUEUE}"), "not a valid queue id or ARN"),
        (HOME.arn(f"instance/{INSTANCE}/queue/{QUEUE}/more"), "not a valid queue id or ARN"),
        (f"arn:aws:connect::123456789012:instance/{INSTANCE}/queue/{QUEUE}", "not a valid queue id or ARN"),
        (f"arn:aws:connect:us-east-1:1234:instance/{INSTANCE}/queue/{QUEUE}", "not a valid queue id or ARN"),
        (QUEUE_ARN + "\n", "not a valid queue id or ARN"),
        ("arn:aws:connect:" + "x" * 5000, "not a valid queue id or ARN"),
    ],
)
def test_what_is_no_queue_is_refused_by_name(text: object, says: str) -> None:
    with pytest.raises(InvalidProperty) as refusal:
        InstanceResource.parse_queue(text)
    message = str(refusal.value)
    assert message.startswith("QueueId ")
    assert says in message
    assert len(message) <= LONGEST_REASON


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (HOME.arn(f"phone-number/{NUMBER}"), NumberForm.V2),
        (HOME.arn(f"instance/{INSTANCE}/phone-number/{NUMBER}"), NumberForm.V1),
        (NUMBER, NumberForm.UUID),
        ("+15551234567", NumberForm.E164),
        ("+4930123456", NumberForm.E164),
    ],
)
def test_a_number_is_known_by_its_form(text: str, form: NumberForm) -> None:
    number = PhoneNumber.parse(text)
    assert number.form is form
    assert number.text == text


@pytest.mark.parametrize(
    "text",
    ["", "15551234567", "+0123", "+1 555 123", "+1234567890123456", QUEUE_ARN, "sip:me@example.com", "+١٢٣٤٥"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidProperty, match="OutboundCallerIdNumberId"):
        PhoneNumber.parse(text)


def test_a_number_of_another_region_is_fine_and_one_of_another_account_is_not() -> None:
    PhoneNumber.parse(REPLICA.arn(f"phone-number/{NUMBER}")).check_usable_from(HOME)
    other_account = Place("aws", "us-east-1", "999999999999").arn(f"phone-number/{NUMBER}")
    with pytest.raises(InvalidProperty, match="account 999999999999"):
        PhoneNumber.parse(other_account).check_usable_from(HOME)
    with pytest.raises(InvalidProperty, match="partition aws-cn"):
        PhoneNumber.parse(CHINA.arn(f"phone-number/{NUMBER}")).check_usable_from(HOME)


@pytest.mark.parametrize(
    ("instance", "queue", "place"),
    [
        (INSTANCE, QUEUE, CHINA),
        (HOME.arn(f"instance/{INSTANCE}"), QUEUE, HOME),
        (INSTANCE, QUEUE_ARN, HOME),
        (HOME.arn(f"instance/{INSTANCE}"), QUEUE_ARN, HOME),
    ],
)
def test_the_place_is_the_instances_else_the_queues_else_the_stacks(instance: str, queue: str, place: Place) -> None:
    resolved = Queue.resolve(Instance.parse(instance), InstanceResource.parse_queue(queue), default=CHINA)
    assert resolved == Queue(place, INSTANCE, QUEUE)


@pytest.mark.parametrize(
    ("queue_place", "queue_instance", "says"),
    [
        (REPLICA, INSTANCE, "Region us-west-2"),
        (Place("aws", "us-east-1", "999999999999"), INSTANCE, "account 999999999999"),
        (HOME, OTHER_INSTANCE, f"instance {OTHER_INSTANCE}"),
    ],
)
def test_an_instance_and_a_queue_that_disagree_are_refused(queue_place: Place, queue_instance: str, says: str) -> None:
    queue = InstanceResource.parse_queue(queue_place.arn(f"instance/{queue_instance}/queue/{QUEUE}"))
    with pytest.raises(InvalidProperty, match=says):
        Queue.resolve(Instance.parse(HOME.arn(f"instance/{INSTANCE}")), queue, default=HOME)


def test_a_physical_id_leads_back_to_its_queue() -> None:
    queue = Queue(REPLICA, INSTANCE, QUEUE)
    expected = f"arn:aws:connect:us-west-2:123456789012:instance/{INSTANCE}/queue/{QUEUE}/outbound-caller-config"
    assert queue.physical_id == expected
    assert Queue.from_physical_id(expected) == queue


@pytest.mark.parametrize("id", ["", "stack/resource/nothing-created", "x/outbound-caller-config", QUEUE_ARN])
def test_any_other_physical_id_stands_for_nothing(id: str) -> None:
    assert Queue.from_physical_id(id) is None


def test_numbers_and_flows_are_the_same_by_resource_id_however_written() -> None:
    assert same_resource(NUMBER, HOME.arn(f"phone-number/{NUMBER.upper()}"))
    assert same_resource(None, "")
    assert not same_resource(NUMBER, None)
    assert not same_resource(NUMBER, QUEUE)
