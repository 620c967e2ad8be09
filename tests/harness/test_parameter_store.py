"""The proxy in front of MiniStack's SSM: quiet unless told otherwise, and as limited as Parameter Store when told so."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from testing.local_aws import LocalAws
from testing.parameter_store import AWS_LIMITS, QUIET, Behavior, Fault, ParameterStore, ParameterStoreControl

EAST, WEST = "us-east-1", "us-west-2"


@pytest.fixture(scope="module")
def started(ministack: LocalAws) -> Iterator[ParameterStore]:
    """The proxy, started once."""
    with ParameterStore.in_front_of(ministack) as store:
        yield store


@pytest.fixture
def store(started: ParameterStore) -> ParameterStore:
    """The proxy, quiet."""
    started.reset()
    return started


@pytest.fixture
def name() -> str:
    """A parameter that no test has used."""
    return f"/proxy/{uuid.uuid4()}"


def client(store: ParameterStore, region: str = EAST) -> Any:
    """Returns boto3's client, which tries nothing twice."""
    return boto3.client(
        "ssm",
        region_name=region,
        endpoint_url=store.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=2),
    )


def put(store: ParameterStore, name: str, value: str = "v", **more: Any) -> int:
    """Writes a parameter and returns its version."""
    wanted = {"Type": "String", "Overwrite": True, **more}
    return int(client(store).put_parameter(Name=name, Value=value, **wanted)["Version"])


def get(store: ParameterStore, name: str, **more: Any) -> str:
    """Returns a parameter's value."""
    return str(client(store).get_parameter(Name=name, **more)["Parameter"]["Value"])


def code(call: Callable[[], Any]) -> str:
    """Returns the error code of a call that is refused."""
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_quiet_it_answers_as_ministack_does(store: ParameterStore, name: str) -> None:
    assert [put(store, name, text) for text in ("one", "two")] == [1, 2]
    assert (get(store, name), get(store, f"{name}:1")) == ("two", "one")
    assert code(lambda: put(store, name, Overwrite=False)) == "ParameterAlreadyExists"
    listed = client(store).get_parameters_by_path(Path="/proxy", Recursive=True)["Parameters"]
    assert name in {parameter["Name"] for parameter in listed}
    client(store).delete_parameter(Name=name)
    assert code(lambda: get(store, name)) == "ParameterNotFound"
    assert code(lambda: client(store, WEST).get_parameter(Name=name)) == "ParameterNotFound"


def test_calls_are_noted_with_their_outcome(store: ParameterStore, name: str) -> None:
    put(store, name)
    code(lambda: get(store, f"{name}:7"))
    assert [(call.region, call.action, call.name, call.outcome) for call in store.calls] == [
        (EAST, "PutParameter", name, "ok"),
        (EAST, "GetParameter", name, "ParameterVersionNotFound"),
    ]


def test_reads_and_writes_have_the_quotas_of_parameter_store(store: ParameterStore, name: str) -> None:
    assert (AWS_LIMITS.read_rate, AWS_LIMITS.put_rate, AWS_LIMITS.put_burst) == (40, 3, 20)
    store.behave(Behavior(read_rate=0.001, read_burst=2, put_rate=0.001, put_burst=2))
    put(store, name)
    put(store, name)
    assert code(lambda: put(store, name)) == "ThrottlingException"
    get(store, name)
    client(store).get_parameters_by_path(Path="/proxy")
    assert code(lambda: get(store, name)) == "ThrottlingException"
    assert code(lambda: client(store, WEST).get_parameter(Name=name)) == "ParameterNotFound"
    client(store).delete_parameter(Name=name)


def test_a_quota_fills_up_again(store: ParameterStore, name: str) -> None:
    store.behave(Behavior(put_rate=1000, put_burst=1))
    for _ in range(5):
        put(store, name)


@pytest.mark.parametrize("behavior", [Behavior(stale_reads=1), Behavior(stale_seconds=60)])
def test_a_read_right_after_a_write_sees_what_was_there_before(
    store: ParameterStore, name: str, behavior: Behavior
) -> None:
    put(store, name, "one")
    store.behave(behavior)
    put(store, name, "two")
    assert get(store, name) == "one"
    store.reset()
    assert get(store, name) == "two"


def test_stale_reads_end_after_so_many(store: ParameterStore, name: str) -> None:
    put(store, name, "one")
    store.behave(Behavior(stale_reads=2))
    put(store, name, "two")
    assert [get(store, name) for _ in range(3)] == ["one", "one", "two"]


def test_a_version_is_not_there_yet_and_an_older_one_is(store: ParameterStore, name: str) -> None:
    put(store, name, "one")
    store.behave(Behavior(stale_seconds=60))
    put(store, name, "two")
    assert code(lambda: get(store, f"{name}:2")) == "ParameterVersionNotFound"
    assert get(store, f"{name}:1") == "one"


def test_a_new_parameter_is_not_found_and_a_deleted_one_still_there(store: ParameterStore, name: str) -> None:
    store.behave(Behavior(stale_reads=1))
    put(store, name, "one")
    assert code(lambda: get(store, name)) == "ParameterNotFound"
    assert get(store, name) == "one"
    client(store).delete_parameter(Name=name)
    assert get(store, name) == "one"
    assert code(lambda: get(store, name)) == "ParameterNotFound"


def test_a_listing_is_as_old_as_a_read(store: ParameterStore) -> None:
    path = f"/proxy/{uuid.uuid4()}"
    for each in ("changed", "deleted"):
        put(store, f"{path}/{each}", "old")
    store.behave(Behavior(stale_seconds=60))
    put(store, f"{path}/changed", "new")
    put(store, f"{path}/added", "new")
    client(store).delete_parameter(Name=f"{path}/deleted")
    listed = client(store).get_parameters_by_path(Path=path)["Parameters"]
    assert {entry["Name"]: entry["Value"] for entry in listed} == {f"{path}/changed": "old", f"{path}/deleted": "old"}


def test_only_a_share_of_reads_is_stale_where_it_says_so(store: ParameterStore, name: str) -> None:
    put(store, name, "one")
    store.behave(Behavior(stale_seconds=60, stale_share=0.5))
    put(store, name, "two")
    assert {get(store, name) for _ in range(20)} == {"one", "two"}


def test_an_encrypted_parameter_stays_encrypted_when_it_is_stale(store: ParameterStore, name: str) -> None:
    put(store, name, "one", Type="SecureString")
    store.behave(Behavior(stale_seconds=60))
    put(store, name, "two", Type="SecureString")
    assert get(store, name, WithDecryption=True) == "one"
    assert get(store, name) not in {"one", "two"}


def test_a_value_has_4_kb_in_the_standard_tier_and_8_kb_in_the_advanced_one(store: ParameterStore, name: str) -> None:
    put(store, name, "x" * 4096)
    assert code(lambda: put(store, name, "x" * 4097)) == "ValidationException"
    put(store, name, "ü" * 2049, Tier="Intelligent-Tiering")
    put(store, name, "x" * 8192)  # it is advanced by now, and stays so
    assert code(lambda: put(store, name, "x" * 8193, Tier="Advanced")) == "ValidationException"


def test_only_a_hundred_versions_are_kept(store: ParameterStore, name: str) -> None:
    for number in range(1, 102):
        put(store, name, str(number))
    assert code(lambda: get(store, f"{name}:1")) == "ParameterVersionNotFound"
    assert get(store, f"{name}:2") == "2"


def test_a_denial_meets_the_calls_that_it_names(store: ParameterStore, name: str) -> None:
    store.deny("Put*", f"{name}*", region=EAST, why="with an explicit deny in a service control policy")
    with pytest.raises(
        ClientError, match=r"ssm:PutParameter on resource: arn:aws:ssm:us-east-1.* service control policy$"
    ):
        put(store, name)
    assert code(lambda: get(store, name)) == "ParameterNotFound"
    client(store, WEST).put_parameter(Name=name, Value="v", Type="String")


def test_a_fault_comes_before_or_after_the_call_took_effect(store: ParameterStore, name: str) -> None:
    store.fail("PutParameter", "InternalServerError", when="before")
    assert code(lambda: put(store, name)) == "InternalServerError"
    assert code(lambda: get(store, name)) == "ParameterNotFound"
    store.fail("PutParameter", None, when="after", name="/proxy/*")
    with pytest.raises(ConnectionClosedError):
        put(store, name)
    assert get(store, name) == "v"


def test_one_region_can_be_down_or_hang(store: ParameterStore, name: str) -> None:
    put(store, name)
    store.down(WEST)
    with pytest.raises(ConnectionClosedError):
        client(store, WEST).get_parameter(Name=name)
    store.down(WEST, "hanging")
    with pytest.raises(ReadTimeoutError):
        client(store, WEST).get_parameter(Name=name)
    assert get(store, name) == "v"
    store.down(WEST, "well")
    assert code(lambda: client(store, WEST).get_parameter(Name=name)) == "ParameterNotFound"


def test_it_is_changed_over_http_too(store: ParameterStore, name: str) -> None:
    control = ParameterStoreControl(store.endpoint)
    behavior = Behavior(put_rate=0.001, put_burst=1, moods={WEST: "down"}).to_json()
    control.behave(Behavior.from_json(behavior))
    put(store, name)
    assert code(lambda: put(store, name)) == "ThrottlingException"
    control.arm(Fault("GetParameter", "InternalServerError", count=None))
    assert [code(lambda: get(store, name)) for _ in range(2)] == ["InternalServerError"] * 2
    assert [call.outcome for call in control.calls()][:2] == ["ok", "ThrottlingException"]
    control.reset()
    assert store.behavior == QUIET
    assert get(store, name) == "v"


def test_whoever_does_not_know_its_url_gets_nothing(store: ParameterStore, name: str) -> None:
    put(store, name)
    stranger = boto3.client(
        "ssm",
        region_name=EAST,
        endpoint_url=store.endpoint.removesuffix(store.door),
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    assert code(lambda: stranger.get_parameter(Name=name)) == "UnrecognizedClientException"
