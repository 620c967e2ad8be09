"""Which instance and which Regions a command looks at, and what it says when it cannot tell."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from queue_outbound_caller_config_cli.errors import explained
from queue_outbound_caller_config_cli.main import run

from emulator.connect.sample import INSTANCE, OTHER_INSTANCE, PRIMARY, REPLICA
from tests.cli.conftest import Fleet, Ran

ARN = f"arn:aws:connect:{PRIMARY}:123456789012:instance/{INSTANCE}"


def regions(ran: Ran) -> set[str]:
    """Returns the Regions that a command looked at."""
    assert ran.code == 0, ran.err
    return {row["region"] for row in json.loads(ran.out)}


@pytest.mark.parametrize("named", [INSTANCE, INSTANCE.upper(), ARN, "example", "Example"])
def test_an_instance_is_named_by_id_arn_or_alias_and_read_with_its_replica(fleet: Fleet, named: str) -> None:
    assert regions(fleet.run("status", "--json", instance=named)) == {PRIMARY, REPLICA}


def test_an_instance_without_a_replica_is_read_in_its_own_region(fleet: Fleet) -> None:
    assert regions(fleet.run("status", "--json", instance=OTHER_INSTANCE)) == {PRIMARY}


def test_only_the_regions_that_are_named_are_read(fleet: Fleet) -> None:
    assert regions(fleet.run("status", "--json", "--region", REPLICA)) == {REPLICA}


def test_the_region_of_an_arn_is_read_if_another_one_is_set(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    assert PRIMARY in regions(fleet.run("status", "--json", instance=ARN))


def test_the_instance_may_stand_in_the_environment(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECT_INSTANCE", "example")
    assert regions(fleet.run("status", "--json", instance=None)) == {PRIMARY, REPLICA}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status",), "Give --instance with its id, ARN or alias"),
        (("status", "--instance", "exampel"), "is neither an id nor an alias in us-east-1. Did you mean example?"),
        (("status", "--instance", "zzz"), "There are example, other"),
        (("status", "--instance", "00000000-0000-4000-8000-000000000000"), f"There are {INSTANCE} (example)"),
        (("status", "--instance", "arn:aws:sqs:us-east-1:1:x"), "Write its id (a UUID) or arn:PARTITION:connect:"),
        (("status", "--instance", INSTANCE, "--region", "us-eats-1"), "Did you mean us-east-1?"),
        (("status", "--instance", OTHER_INSTANCE, "--region", REPLICA), f"is not in {REPLICA}"),
        (("status", "--instance", INSTANCE, "--region", ""), "--region '' is not a Region. Write one like us-east-1"),
        (("drift", "--instance", INSTANCE, "--queue", "Sale"), "is not a queue of example. Did you mean Sales?"),
        (("owners", "--instance", INSTANCE, "--keep"), "Give --forget, too"),
        (("discover", "--instance", INSTANCE, "--markdown"), "Give --format in place of --markdown"),
        (("stauts",), "No such command 'stauts'"),
        (("status", "--jsno"), "No such option"),
        (("status", "--instance", "x", "--json", "--markdown"), "exclude each other"),
    ],
)
def test_what_cannot_be_told_is_said_with_the_fix_and_exit_code_1(
    fleet: Fleet, arguments: tuple[str, ...], said: str
) -> None:
    ran = fleet.run(*arguments, instance=None)
    assert ran.code == 1
    assert said in ran.err
    assert ran.out == ""
    assert "Traceback" not in ran.err


def test_an_alias_that_two_instances_have_is_told_with_their_ids(fleet: Fleet) -> None:
    seed = fleet.connect.state()
    fleet.connect.reset(replace(seed, instances=tuple(replace(one, alias="same") for one in seed.instances)))
    ran = fleet.run("status", instance="same")
    assert ran.code == 1
    assert INSTANCE in ran.err
    assert OTHER_INSTANCE in ran.err


def test_no_credentials_are_told(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    ran = fleet.run("status")
    assert ran.code == 1
    assert "No AWS credentials were found" in ran.err


def test_no_region_is_told(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    ran = fleet.run("status")
    assert ran.code == 1
    assert "Give --region" in ran.err


def test_a_profile_that_is_not_there_is_told(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    ran = fleet.run("status")
    assert ran.code == 1
    assert "nobody" in ran.err
    assert "AWS_PROFILE" in ran.err


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "connect:SearchQueues in us-east-1 is denied"),
        ("ExpiredTokenException", "The AWS credentials have expired"),
        ("UnrecognizedClientException", "AWS does not accept the credentials"),
        ("ResourceNotFoundException", "ResourceNotFoundException: connect:SearchQueues"),
    ],
)
def test_a_refused_call_is_told_with_its_action(fleet: Fleet, code: str, said: str) -> None:
    fleet.connect.fail("SearchQueues", code, status=403, count=None)
    fleet.connect.fail("ListQueues", code, status=403, count=None)
    ran = fleet.run("status", "--region", PRIMARY)
    assert ran.code == 1
    assert said in ran.err


@pytest.mark.parametrize("problem", [ConnectionClosedError, ReadTimeoutError, EndpointConnectionError])
def test_a_connection_that_breaks_is_told_with_the_region_and_what_to_do(problem: Callable[..., Exception]) -> None:
    told = str(explained(problem(endpoint_url="https://connect", error=""), "connect:ListInstances", PRIMARY))
    fix = f"Check --region {PRIMARY} and the network, or name a Region that is up"
    assert told.startswith(f"connect:ListInstances in {PRIMARY}: no connection. {fix} (")


def test_a_denied_describe_instance_falls_back_to_the_lists_of_both_regions(fleet: Fleet) -> None:
    fleet.connect.fail("DescribeInstance", "AccessDeniedException", status=403, count=None)
    assert regions(fleet.run("status", "--json")) == {PRIMARY, REPLICA}
    fleet.connect.fail("ListInstances", "AccessDeniedException", status=403, count=None, region=REPLICA)
    ran = fleet.run("drift", instance="example")
    assert ran.code == 1, "a replica that nobody looked at may have drifted"
    assert "no difference in what could be read" in ran.out
    assert f"Whether the instance has a replica in {REPLICA} is not known. Give each --region" in ran.err
    assert fleet.run("drift", "--region", PRIMARY).code == 0
    unknown = fleet.run("status", instance="00000000-0000-4000-8000-000000000000")
    assert (unknown.code, "is not in us-east-1. Check its id and the Region" in unknown.err) == (1, True)
    fleet.connect.fail("ListInstances", "AccessDeniedException", status=403, count=None)
    assert regions(fleet.run("status", "--json", "--region", PRIMARY, instance=ARN)) == {PRIMARY}
    denied = fleet.run("status")
    assert (denied.code, "connect:DescribeInstance in us-east-1 is denied" in denied.err) == (1, True)


def test_a_throttled_call_is_made_again(fleet: Fleet) -> None:
    fleet.connect.fail("SearchQueues", "ThrottlingException", count=2)
    assert regions(fleet.run("status", "--json")) == {PRIMARY, REPLICA}


def test_help_ends_with_0_and_no_command_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert run(["status", "--help"]) == 0
    assert "--markdown" in capsys.readouterr().out
    assert run([]) == 1


@pytest.mark.parametrize("library", ["click", "rich", "yaml", "boto3"])
def test_a_library_that_is_not_installed_is_named_with_what_to_run(library: str) -> None:
    start = f"import sys; sys.modules[{library!r}] = None; from queue_outbound_caller_config_cli.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        f"queue-outbound-caller-config needs {library}, which is not installed. "
        "Run: python -m pip install boto3 click pyyaml rich\n"
    )
