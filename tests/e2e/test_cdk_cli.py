"""The CDK CLI deploys app.py in the replica Region: a deploy, a replacement, a change that fails, a destroy.

Each command costs ten seconds, so they run once, in this order, and the tests look at what each one left.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulator.connect import ConnectControl, Emulator, two_regions_apart
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE,
    REPLICA,
    REPLICA_INSTANCE_NUMBER,
    SALES_QUEUE,
    SUPPORT_QUEUE,
)
from testing.local_aws import CdkCli, CdkCliError, LocalAws

Configs = dict[str, tuple[str | None, str | None]]
"""Name and number id of each queue in the replica Region."""

NOBODYS = "+12065559999"

CONFIG = """
[instance]
id = "{instance}"
regions = ["{region}"]

[queues.Main]
queue = "{main}"
outbound_caller_id_name = "Example Main"
outbound_caller_id_number = "{group_number}"

[queues.Basic]
queue = "{basic}"
outbound_caller_id_name = "{name}"
outbound_caller_id_number = "{number}"
"""


@dataclass(frozen=True)
class History:
    """What the queues had before and after each command, and what else there was to see."""

    before: Configs
    deployed: Configs
    replaced: Configs
    failure: str
    rolled_back: Configs
    destroyed: Configs
    code: frozenset[str]
    stacks_left: list[str]


def configs(connect: ConnectControl) -> Configs:
    """The replica Region's queues as they are."""
    return {
        queue: (
            config.get("OutboundCallerIdName"),
            config.get("OutboundCallerIdNumberId", "").rpartition("/")[2] or None,
        )
        for (region, queue), config in connect.configs().items()
        if region == REPLICA
    }


def code_in(assembly: Path) -> frozenset[str]:
    """The names of the files in an assembly's zip assets."""
    return frozenset(name for asset in assembly.glob("asset.*.zip") for name in zipfile.ZipFile(asset).namelist())


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Runs the commands."""
    file = tmp_path_factory.mktemp("config") / "config.toml"

    def write(main: str, name: str, number: str) -> None:
        given = {"instance": INSTANCE, "region": REPLICA, "group_number": GROUP_NUMBER, "basic": BASIC_QUEUE}
        file.write_text(CONFIG.format(**given, main=main, name=name, number=number))

    with Emulator(two_regions_apart()) as emulator, LocalAws(connect_endpoint=emulator.endpoint) as local_aws:
        connect = emulator.control
        cdk = CdkCli(local_aws, regions=[REPLICA])
        context = f"--context=config={file}"
        before = configs(connect)
        cdk.bootstrap()

        write(SALES_QUEUE, "One", REPLICA_INSTANCE_NUMBER)
        cdk.deploy(context)
        deployed = configs(connect)

        write(SUPPORT_QUEUE, "Two", "+15035550102")
        cdk.deploy(context)
        replaced = configs(connect)

        write(SUPPORT_QUEUE, "Three", NOBODYS)
        with pytest.raises(CdkCliError) as failed:
            cdk.deploy(context)
        rolled_back = configs(connect)

        cdk.destroy(context)
        stacks = local_aws.client("cloudformation", REPLICA).describe_stacks()["Stacks"]
        yield History(
            before,
            deployed,
            replaced,
            str(failed.value),
            rolled_back,
            configs(connect),
            code_in(local_aws.folder / "cdk.out"),
            [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"],
        )


def test_a_deploy_sets_name_and_number_of_each_queue(history: History) -> None:
    assert history.deployed[SALES_QUEUE] == ("Example Main", GROUP_NUMBER)
    assert history.deployed[BASIC_QUEUE] == ("One", REPLICA_INSTANCE_NUMBER)


def test_a_queue_that_the_app_does_not_name_is_left_alone(history: History) -> None:
    assert history.deployed[SUPPORT_QUEUE] == history.before[SUPPORT_QUEUE]


def test_a_changed_field_reaches_its_queue(history: History) -> None:
    assert history.replaced[BASIC_QUEUE] == ("Two", REPLICA_INSTANCE_NUMBER)


def test_another_queue_takes_the_place_of_the_first_which_gets_back_its_own(history: History) -> None:
    assert history.replaced[SUPPORT_QUEUE] == ("Example Main", GROUP_NUMBER)
    assert history.replaced[SALES_QUEUE] == history.before[SALES_QUEUE]


def test_a_change_that_fails_says_why_with_the_number_and_the_functions_log(history: History) -> None:
    assert f"OutboundCallerIdNumberId …{NOBODYS[-4:]}" in history.failure
    assert "The function's log:" in history.failure


def test_a_change_that_fails_is_rolled_back_on_every_queue(history: History) -> None:
    assert history.rolled_back == history.replaced


def test_after_the_destroy_every_queue_has_what_it_had_before(history: History) -> None:
    assert history.destroyed == history.before


def test_the_destroy_leaves_no_stack_but_the_cdks_own(history: History) -> None:
    assert history.stacks_left == ["CDKToolkit"]


def test_the_functions_code_brings_crhelper_and_leaves_boto3_to_lambda(history: History) -> None:
    assert "crhelper/resource_helper.py" in history.code
    assert "queue_outbound_caller_config_provider/handler.py" in history.code
    assert not any(name.startswith("boto") for name in history.code)
