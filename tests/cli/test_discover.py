"""`discover`: text that declares what the queues have, so that its first deployment changes none of them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import yaml
from aws_cdk import App, Environment, Stack
from queue_outbound_caller_config_cli.templates import TYPE
from queue_outbound_caller_config_provider.config import CallerConfig
from queue_outbound_caller_config_provider.schedule import chains_of

from app_config import Config
from emulator.connect import Queue
from emulator.connect.fleet_sample import fleet as fleet_of
from emulator.connect.sample import (
    BASIC_QUEUE,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    SALES_QUEUE,
    SUPPORT_QUEUE,
    WHISPER,
    queue_id,
)
from emulator.connect.seed import identifier
from tests.cli.conftest import Fleet, calls


def discovered(fleet: Fleet, *arguments: str) -> str:
    """Returns the text that is written."""
    ran = fleet.run("discover", *arguments)
    assert ran.code == 0, ran.err
    return ran.out


def config_of(text: str, folder: Path) -> Config:
    """Returns the config that app.py reads from a text."""
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return Config.read(path)


def declared(config: Config) -> dict[tuple[str, str], dict[str, str | None]]:
    """Returns what a config declares, numbers as ids, by Region and queue."""
    return {
        (region, queue.queue): {
            "OutboundCallerIdName": one.outbound_caller_id_name,
            "OutboundCallerIdNumberId": (one.outbound_caller_id_number or "").rpartition("/")[2] or None,
            "OutboundFlowId": one.outbound_flow,
        }
        for queue in config.queues
        for region, one in queue.declared.items()
    }


def has(fleet: Fleet) -> dict[tuple[str, str], dict[str, str | None]]:
    """Returns what each queue of the instance has that has anything."""
    return {
        (entry["region"], entry["queue"]): {
            name: entry["config"].get(name)
            for name in ("OutboundCallerIdName", "OutboundCallerIdNumberId", "OutboundFlowId")
        }
        for entry in fleet.connect.queues()
        if entry["instance"] == INSTANCE and entry["config"]
    }


def test_the_config_file_declares_exactly_what_each_queue_has(fleet: Fleet, tmp_path: Path) -> None:
    fleet.connect.reset(fleet_of(30))
    config = config_of(discovered(fleet), tmp_path)
    assert config.instance == INSTANCE
    assert config.regions == (PRIMARY, REPLICA)
    assert declared(config) == has(fleet)


def test_numbers_are_written_as_arns_under_names_with_the_number_as_a_comment(fleet: Fleet) -> None:
    text = discovered(fleet)
    numbers = tomllib.loads(text)["numbers"]
    assert numbers["tel_12065550100"] == fleet.connect.state().number_arn(INSTANCE_NUMBER)
    assert "# +12065550110 (group us-east-1)" in text


def test_a_queue_without_a_config_is_a_comment(fleet: Fleet) -> None:
    text = discovered(fleet)
    assert "# Support\n" in text
    assert SUPPORT_QUEUE not in text


def test_a_name_that_cloudformation_would_resolve_is_not_declared(fleet: Fleet) -> None:
    """Else whoever may name a queue would have a parameter's value shown to callers."""
    name = "{{resolve:ssm:/secret}}"
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SUPPORT_QUEUE, {"OutboundCallerIdName": name})
    found = {"OutboundCallerIdName": name, "OutboundFlowId": WHISPER}
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, found)
    ran = fleet.run("discover", "--json", "--region", PRIMARY)
    configs = {queue["queueId"]: queue["configs"] for queue in json.loads(ran.out)}
    assert configs[SALES_QUEUE] == {PRIMARY: {"OutboundFlowId": WHISPER}}
    assert SUPPORT_QUEUE not in configs


def test_only_queues_whose_names_match_are_written(fleet: Fleet, tmp_path: Path) -> None:
    fleet.connect.reset(fleet_of(10))
    config = config_of(discovered(fleet, "--name", "sales 0*", "--name", "Billing*"), tmp_path)
    assert {queue.key for queue in config.queues} == {"Sales005", "Sales010", "Billing002", "Billing007"}


def test_a_queue_that_a_stack_declares_is_named_or_left_out(fleet: Fleet, tmp_path: Path) -> None:
    fleet.own(BASIC_QUEUE, CallerConfig("Main line", INSTANCE_NUMBER, WHISPER))
    assert "# Declared already by shop/Config: deploying this takes the queue over." in discovered(fleet)
    config = config_of(discovered(fleet, "--unmanaged", "--region", PRIMARY), tmp_path)
    assert [queue.queue for queue in config.queues] == [SALES_QUEUE]


def test_names_of_any_script_become_keys_that_differ(fleet: Fleet, tmp_path: Path) -> None:
    names = ["Zürich \u2013 Kundendienst ☎️", "日本", "24/7", "a\nb = 1", "Sales!", "\x7f"]
    for name in names:
        fleet.connect.put_queue(PRIMARY, INSTANCE, Queue(identifier(name), name, {"OutboundCallerIdName": name}))
    text = discovered(fleet, "--region", PRIMARY)
    config = config_of(text, tmp_path)
    by_queue = {queue.queue: queue for queue in config.queues}
    assert by_queue[identifier(names[0])].key == "ZurichKundendienst"
    assert by_queue[identifier("24/7")].key == "Queue247"
    assert by_queue[SALES_QUEUE].key != by_queue[identifier("Sales!")].key
    assert [by_queue[identifier(name)].declared[PRIMARY].outbound_caller_id_name for name in names] == names


def test_a_key_does_not_depend_on_which_other_queues_there_are_unless_they_share_it(
    fleet: Fleet, tmp_path: Path
) -> None:
    before = {queue.queue: queue.key for queue in config_of(discovered(fleet), tmp_path).queues}
    fleet.connect.reset(fleet_of(5))
    after = {queue.queue: queue.key for queue in config_of(discovered(fleet), tmp_path).queues}
    assert before.items() <= after.items()


def test_more_than_300_queues_are_split_into_stacks(fleet: Fleet, tmp_path: Path) -> None:
    fleet.connect.reset(fleet_of(450))
    assert config_of(discovered(fleet), tmp_path).stacks == 2


def test_a_number_that_is_no_longer_claimed_is_kept_by_its_id(fleet: Fleet, tmp_path: Path) -> None:
    fleet.connect.release_number(INSTANCE_NUMBER)
    text = discovered(fleet, "--region", PRIMARY)
    assert f'"{INSTANCE_NUMBER}"  # {INSTANCE_NUMBER} (unknown)' in text
    assert config_of(text, tmp_path).queues


def test_names_and_ids_alone_can_be_written_for_queue_ids(fleet: Fleet) -> None:
    """A name that two queues have would be a key twice."""
    for number in (1, 2):
        fleet.connect.put_queue(PRIMARY, INSTANCE, Queue(queue_id(number), "Twin", {"OutboundCallerIdName": "x"}))
    text = discovered(fleet, "--format", "ids")
    assert set(tomllib.loads(text)["queue_ids"]) == {"BasicQueue", "Sales", "Support"}, "Support has no config yet"
    assert tomllib.loads(text)["queue_ids"]["Sales"] == SALES_QUEUE
    assert f'# "Twin" = "{queue_id(2)}"  # several queues have this name' in text


def test_an_existing_file_is_not_replaced_unasked(fleet: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("mine")
    ran = fleet.run("discover", "--output", str(path))
    assert ran.code == 1
    assert path.read_text() == "mine"
    assert "--yes" in ran.err
    assert fleet.run("discover", "--output", str(path), "--yes").code == 0
    assert "[instance]" in path.read_text()


def test_a_file_that_cannot_be_written_is_told(fleet: Fleet, tmp_path: Path) -> None:
    ran = fleet.run("discover", "--output", str(tmp_path / "none" / "mine.toml"))
    assert ran.code == 1
    assert "cannot be written: No such file or directory. Name another --output" in ran.err


def test_nothing_is_written_if_a_region_cannot_be_read(fleet: Fleet) -> None:
    fleet.connect.delete_instance(REPLICA, INSTANCE)
    ran = fleet.run("discover", "--region", PRIMARY, "--region", REPLICA)
    assert ran.code == 1
    assert "Nothing was written, since a Region could not be read" in ran.err
    assert ran.out == ""


def template_of(fleet: Fleet, *arguments: str) -> dict[str, Any]:
    """Returns the CloudFormation template that is written."""
    template: dict[str, Any] = yaml.safe_load(discovered(fleet, "--format", "cloudformation", *arguments))
    return template


def test_the_template_declares_what_each_queue_has_in_the_region_of_its_condition(fleet: Fleet) -> None:
    resources = template_of(fleet)["Resources"]
    assert set(resources) == {"BasicQueueUsEast1", "BasicQueueUsWest2", "SalesUsEast1", "SalesUsWest2"}
    basic = resources["BasicQueueUsWest2"]
    assert basic["Condition"] == "IsUsWest2"
    assert basic["Properties"]["OutboundCallerConfig"] == {
        "OutboundCallerIdName": "Main line west",
        "OutboundCallerIdNumberId": fleet.connect.state().number_arn(GROUP_NUMBER),
        "OutboundFlowId": WHISPER,
    }


def test_the_template_has_chains_so_that_the_quota_is_kept_in_each_region(fleet: Fleet) -> None:
    fleet.connect.reset(fleet_of(60))
    template = template_of(fleet)
    for region in ("IsUsEast1", "IsUsWest2"):
        active = {
            name: resource
            for name, resource in template["Resources"].items()
            if resource.get("Condition") in (None, region)
        }
        free = [name for name, resource in active.items() if not set(resource.get("DependsOn", ())) & active.keys()]
        chains = [set(chain) & active.keys() for chain in chains_of(list(template["Resources"]))]
        assert len(free) == sum(bool(chain) for chain in chains)
    for resource in template["Resources"].values():
        conditions = {template["Resources"][name].get("Condition") for name in resource.get("DependsOn", ())}
        assert conditions <= {None, resource.get("Condition")}, "cfn-lint E3005: it may not exist"


def test_a_template_that_cloudformation_would_not_take_is_not_written(fleet: Fleet) -> None:
    fleet.connect.reset(fleet_of(390))
    ran = fleet.run("discover", "--format", "cloudformation")
    assert (ran.code, ran.out) == (1, "")
    assert "CloudFormation takes 500 resources in a template, and this one would have 5" in ran.err
    assert "one for each --region" in ran.err
    assert fleet.run("discover", "--format", "cloudformation", "--region", PRIMARY).code == 0


def test_the_python_text_declares_what_each_queue_has(fleet: Fleet, tmp_path: Path) -> None:
    fleet.connect.reset(fleet_of(6))
    scope: dict[str, Any] = {}
    exec(discovered(fleet, "--format", "cdk"), scope)  # noqa: S102 - the text is ours
    app = App(outdir=str(tmp_path))
    for region in (PRIMARY, REPLICA):
        scope["add_caller_configs"](Stack(app, region, env=Environment(region=region)), region)
    found = {
        (stack.environment.region, resource["Properties"]["QueueId"]): resource["Properties"]["OutboundCallerConfig"]
        for stack in app.synth().stacks
        for resource in stack.template["Resources"].values()
        if resource["Type"] == TYPE
    }
    assert {key: with_ids(config) for key, config in found.items()} == {
        key: {name: value for name, value in config.items() if value} for key, config in has(fleet).items()
    }


def with_ids(config: dict[str, str]) -> dict[str, str]:
    """Returns a config with its number as id."""
    return {name: value.rpartition("/")[2] if value.startswith("arn:") else value for name, value in config.items()}


def test_json_has_each_queue_with_its_configs(fleet: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    assert fleet.run("discover", "--json", "--output", str(path)).code == 0
    found = json.loads(discovered(fleet, "--json"))
    assert json.loads(path.read_text()) == found
    assert {entry["queueId"] for entry in found} == {BASIC_QUEUE, SALES_QUEUE}
    assert set(found[0]["configs"]) == {PRIMARY, REPLICA}


def test_nothing_to_discover_is_said(fleet: Fleet) -> None:
    ran = fleet.run("discover", "--name", "nothing*")
    assert ran.code == 1
    assert "Check --name" in ran.err


def test_discover_writes_to_no_queue(fleet: Fleet) -> None:
    discovered(fleet)
    assert calls(fleet.connect, "UpdateQueueOutboundCallerConfig") == []
