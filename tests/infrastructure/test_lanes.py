"""How many configs CloudFormation starts at once: the lanes as they stand in the template."""

from __future__ import annotations

import json
import random
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pytest
from aws_cdk import App, CfnResource, Stack
from constructs import Construct
from queue_outbound_caller_config.lanes import UNSCHEDULED_LANES, Lanes, Member
from queue_outbound_caller_config_provider.schedule import VARIABLE, Schedule, lanes_for, turn_from

FUNCTION = "Function"


class StackOfConfigs:
    """A stack with a function that is told the schedule, configs, and whatever a test lays between them."""

    def __init__(self, *, most: int | None = 4, app: App | None = None, name: str = "Stack") -> None:
        self.app = app or App()
        self.stack = Stack(self.app, name)
        self.lanes = Lanes(most)
        CfnResource(self.stack, FUNCTION, type="Custom::Function", properties={"Schedule": self.lanes.variable})
        self.referred_to: set[str] = set()
        self.scopes: dict[str, Construct] = {}
        self.resources: dict[str, CfnResource] = {}

    def add(self, *names: str, region: str = "us-east-1", uses: str | None = None) -> None:
        """Adds configs; `uses` names a resource that a property of theirs refers to."""
        for name in names:
            properties = {"QueueId": self.attribute(uses) if uses else name}
            self.scopes[name] = Construct(self.stack, name)
            resource = CfnResource(self.scopes[name], "Default", type="Custom::Config", properties=properties)
            self.resources[name] = resource
            self.lanes.join(Member(resource, region, uses is not None, lambda name=name: name in self.referred_to))  # type: ignore[misc]

    def add_other(self, name: str, uses: str | None = None) -> None:
        """Adds a resource of the user's."""
        properties = {"Uses": self.attribute(uses)} if uses else {}
        self.scopes[name] = Construct(self.stack, name)
        self.resources[name] = CfnResource(self.scopes[name], "Default", type="Custom::Other", properties=properties)

    def attribute(self, name: str) -> str:
        """Hands out an attribute, as the construct's properties do."""
        self.referred_to.add(name)
        return self.resources[name].get_att("Arn").to_string()

    def synthesize(self) -> dict[str, dict[str, Any]]:
        """Returns the template's resources by the names given here."""
        template = self.app.synth(force=True).get_stack_by_name(self.stack.stack_name).template
        resources: dict[str, dict[str, Any]] = template["Resources"]
        return resources


def depends_on(resources: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """Returns the lanes' and the user's `DependsOn`."""
    return {name: resource["DependsOn"] for name, resource in resources.items() if "DependsOn" in resource}


def has_cycle(resources: dict[str, dict[str, Any]]) -> bool:
    """Returns whether CloudFormation would refuse the template for a circular dependency."""
    graph = {}
    for name, resource in resources.items():
        text = json.dumps(resource.get("Properties", {}))
        graph[name] = {other for other in resources if f'["{other}", "Arn"]' in text} | set(
            resource.get("DependsOn", ())
        )
    try:
        TopologicalSorter(graph).prepare()
    except CycleError:
        return True
    return False


def numbered(count: int, prefix: str = "Config") -> list[str]:
    return [f"{prefix}{number:03}" for number in range(count)]


def test_each_config_waits_for_the_one_as_many_before_it_as_there_are_lanes() -> None:
    """Nine in three lanes; the first of each waits for nothing."""
    stack = StackOfConfigs(most=4)
    names = numbered(9)
    stack.add(*names)
    assert lanes_for(9, 4) == 3
    assert depends_on(stack.synthesize()) == {names[at]: [names[at - 3]] for at in range(3, 9)}


def test_few_configs_wait_for_nothing() -> None:
    """As many as there are lanes start at once."""
    stack = StackOfConfigs(most=4)
    stack.add(*numbered(4))
    assert depends_on(stack.synthesize()) == {}


@pytest.mark.parametrize("most", [None, 0])
def test_lanes_can_be_switched_off(most: int | None) -> None:
    """Then CloudFormation starts all at once, and the function is told no schedule."""
    stack = StackOfConfigs(most=most)
    stack.add(*numbered(9))
    resources = stack.synthesize()
    assert depends_on(resources) == {}
    assert resources[FUNCTION]["Properties"]["Schedule"] == ""


def test_the_function_is_told_every_configs_turn_by_its_logical_id() -> None:
    """As the template has it, not as the construct is named."""
    stack = StackOfConfigs()
    names = numbered(9)
    stack.add(*names)
    stack.resources[names[5]].override_logical_id("Renamed")
    environment = {VARIABLE: stack.synthesize()[FUNCTION]["Properties"]["Schedule"]}
    logical_ids = [*names[:5], "Renamed", *names[6:]]
    schedule = Schedule.of(logical_ids, 4)
    assert [turn_from(environment, logical_id) for logical_id in logical_ids] == [
        schedule.turn(logical_id) for logical_id in logical_ids
    ]


def test_a_config_more_changes_no_property_of_the_others() -> None:
    """CloudFormation updates a resource when its properties change; DependsOn is none."""
    before, after = StackOfConfigs(), StackOfConfigs()
    before.add(*numbered(9))
    after.add("Another", *numbered(9))
    properties_after = {name: resource.get("Properties") for name, resource in after.synthesize().items()}
    for name, resource in before.synthesize().items():
        if name != FUNCTION:
            assert properties_after[name] == resource["Properties"]


def test_each_region_has_lanes_of_its_own() -> None:
    """Two Regions are two quotas, so neither waits for the other."""
    stack = StackOfConfigs(most=2)
    for primary, replica in zip(numbered(4, "Primary"), numbered(4, "Replica"), strict=True):
        stack.add(primary)
        stack.add(replica, region="us-west-2")
    assert depends_on(stack.synthesize()) == {
        "Primary002": ["Primary000"],
        "Primary003": ["Primary001"],
        "Replica002": ["Replica000"],
        "Replica003": ["Replica001"],
    }


def test_configs_that_depend_on_nothing_come_first() -> None:
    """So that as many as possible may stand before any other."""
    stack = StackOfConfigs(most=1)
    stack.add_other("Number")
    stack.add("UsesNumber", uses="Number")
    stack.add("Plain")
    assert depends_on(stack.synthesize()) == {"UsesNumber": ["Plain"]}


def test_a_config_that_another_waits_for_by_the_users_wish_makes_no_cycle() -> None:
    """The user has the first one wait for the last one, against the order of creation."""
    stack = StackOfConfigs(most=1)
    names = numbered(3)
    stack.add(*names)
    stack.scopes[names[0]].node.add_dependency(stack.scopes[names[2]])
    resources = stack.synthesize()
    assert names[2] in depends_on(resources)[names[0]]
    assert not has_cycle(resources)


def test_a_token_handed_out_after_the_fact_makes_no_cycle() -> None:
    """A role that one config uses is later given the ARN of another, made after that one."""
    stack = StackOfConfigs(most=1)
    stack.add_other("Role")
    stack.add("UsesRole", uses="Role")
    stack.add_other("Number")
    stack.add("Late", uses="Number")
    stack.resources["Role"].add_property_override("Later", stack.attribute("Late"))
    assert not has_cycle(stack.synthesize())


def test_an_attribute_in_use_costs_no_lane_among_independent_configs() -> None:
    """Outputs and the like refer to configs as a matter of course."""
    stack = StackOfConfigs(most=1)
    names = numbered(3)
    stack.add(*names)
    for name in names:
        stack.add_other(f"Uses{name}", uses=name)
    assert depends_on(stack.synthesize()) == {names[1]: [names[0]], names[2]: [names[1]]}


@pytest.mark.parametrize("seed", range(12))
def test_no_web_of_the_users_dependencies_makes_a_cycle(seed: int) -> None:
    """Any order of configs and resources, with tokens and DependsOn between them that have no cycle by themselves."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    stack = StackOfConfigs(most=rng.choice([1, 2, 3]))
    order = numbered(8) + numbered(6, "Other")
    rng.shuffle(order)  # the web's own order: each uses only what stands before it here ...
    made = sorted(order, key=lambda _: rng.random())  # ... but all are made in another
    for name in made:
        earlier = [other for other in order[: order.index(name)] if other in stack.resources]
        uses = rng.choice(earlier) if earlier and rng.random() < 0.4 else None
        if name.startswith("Other"):
            stack.add_other(name, uses)
        else:
            stack.add(name, uses=uses)
    for name in order[1:]:
        for other in rng.sample(order[: order.index(name)], k=min(order.index(name), rng.choice([0, 0, 1, 2]))):
            if rng.random() < 0.5:
                stack.scopes[name].node.add_dependency(stack.scopes[other])
            elif name.startswith("Other"):
                stack.resources[name].add_property_override(f"Later{other}", stack.attribute(other))
    assert not has_cycle(stack.synthesize())


def test_lanes_follow_when_configs_are_added_after_a_synthesis() -> None:
    """Template.from_stack in a test, and app.synth after it."""
    stack = StackOfConfigs(most=2)
    stack.add(*numbered(3))
    assert lanes_for(3, 2) == 2
    assert depends_on(stack.synthesize()) == {"Config002": ["Config000"]}
    assert depends_on(stack.synthesize()) == {"Config002": ["Config000"]}


def test_without_a_function_in_the_stack_there_are_fewer_lanes() -> None:
    """A provider of another stack cannot know the schedule of each stack that uses it."""
    app = App()
    stack = Stack(app, "Stack")
    lanes = Lanes(scheduled=False)

    def add(*names: str) -> dict[str, dict[str, Any]]:
        for name in names:
            properties = {"ServiceToken": lanes.on_prepare("arn")}
            resource = CfnResource(stack, name, type="Custom::Config", properties=properties)
            lanes.join(Member(resource, None, False, lambda: False))
        template = app.synth(force=True).get_stack_by_name("Stack").template
        resources: dict[str, dict[str, Any]] = template["Resources"]
        return resources

    for names in (numbered(20), numbered(4, "Another")):
        resources = add(*names)
        assert {resource["Properties"]["ServiceToken"] for resource in resources.values()} == {"arn"}
        assert len(resources) - len(depends_on(resources)) == lanes_for(len(resources), UNSCHEDULED_LANES)
        assert lanes_for(len(resources), UNSCHEDULED_LANES) <= UNSCHEDULED_LANES
