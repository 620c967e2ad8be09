"""How many configs CloudFormation starts at once: the chains as they are in the template."""

from __future__ import annotations

import random
from typing import Any

import jsii
import pytest
from aws_cdk import App, Aspects, CfnCondition, CfnOutput, CfnResource, Environment, IAspect, NestedStack, Stack
from constructs import Construct, IConstruct
from queue_outbound_caller_config import QueueOutboundCallerConfig, QueueOutboundCallerConfigProvider
from queue_outbound_caller_config.plan import UNSCHEDULED_CHAINS
from queue_outbound_caller_config_provider.schedule import MOST_CHAINS, VARIABLE, Schedule, chains_of, time_slot_from

from tests.infrastructure.synthesis import (
    CONFIG,
    FUNCTION,
    INSTANCE,
    check_no_circle,
    depends_on,
    instance_arn,
    of_type,
    queue_id,
    stack_of,
    template_of,
    the,
)


class World:
    """A stack with configs, and whatever a test declares between them."""

    def __init__(self, most: int | None = MOST_CHAINS) -> None:
        self.stack = stack_of(region="us-east-1")
        self.provider = QueueOutboundCallerConfigProvider(self.stack, "Provider", max_parallel_configs=most)
        self.made: dict[str, Any] = {}

    def add(self, *names: str, **arguments: Any) -> None:
        """Adds configs."""
        for name in names:
            queue = queue_id(int.from_bytes(name.encode()[-5:], "big"))
            given = {"instance": INSTANCE, "queue": queue, "outbound_caller_id_name": "x", **arguments}
            self.made[name] = QueueOutboundCallerConfig(self.stack, name, provider=self.provider, **given)

    def add_other(self, name: str, uses: str = "") -> None:
        """Adds a resource of the user's."""
        self.made[name] = CfnResource(self.stack, name, type="Custom::Other", properties={"Uses": uses})

    def attribute(self, name: str) -> str:
        """An attribute of a config or resource."""
        made = self.made[name]
        return made.outbound_flow_id if isinstance(made, QueueOutboundCallerConfig) else made.get_att("Arn").to_string()

    def synthesize(self) -> dict[str, Any]:
        """The template."""
        return template_of(self.stack)


def chains(template: dict[str, Any]) -> dict[str, list[str]]:
    """What each config waits for among the others."""
    configs = of_type(template, CONFIG)
    return {id: [one for one in depends_on(resource) if one in configs] for id, resource in configs.items()}


def lengths(template: dict[str, Any]) -> list[int]:
    """How many configs each chain has."""
    waits = chains(template)

    def depth(id: str) -> int:
        return 1 + max(map(depth, waits[id]), default=0)

    followed = {one for others in waits.values() for one in others}
    return sorted(depth(id) for id in waits if id not in followed)


def numbered(count: int, prefix: str = "Config") -> list[str]:
    return [f"{prefix}{number:03}" for number in range(count)]


def test_each_config_waits_for_the_one_before_it_in_its_chain() -> None:
    """Nine in chains of at most three."""
    world = World(most=4)
    world.add(*numbered(9))
    template = world.synthesize()
    assert sorted(map(len, chains_of(list(chains(template)), 4))) == lengths(template)
    assert max(map(len, chains(template).values())) == 1


@pytest.mark.parametrize("most", [MOST_CHAINS, None, 0])
def test_few_configs_wait_for_no_other_and_chains_can_be_switched_off(most: int | None) -> None:
    world = World(most)
    world.add(*numbered(20 if most else 50))
    assert not any(chains(world.synthesize()).values())


def test_the_function_is_told_every_configs_slot_by_its_logical_id() -> None:
    """As the template has it, not as the construct is named."""
    world = World()
    world.add(*numbered(50))
    world.made["Config005"].override_logical_id("Renamed")
    template = world.synthesize()
    environment = the(template, FUNCTION)["Properties"]["Environment"]["Variables"]
    waits = chains(template)
    assert "Renamed" in waits
    schedule = Schedule.of(chains_of(list(waits)))
    chain_of = {id: place[0] for id in waits if (place := schedule.place(id))}
    for id, before in waits.items():
        assert time_slot_from(environment, id) == schedule.time_slot(id)
        assert all(chain_of[one] == chain_of[id] for one in before)
    assert environment.keys() == {VARIABLE}


def test_a_config_more_changes_no_property_and_few_dependencies() -> None:
    """Whether it is added in front, in the middle or at the end, or taken away. One more or fewer leaves as many chains here."""
    names = numbered(46)
    before = World()
    before.add(*names)
    old = of_type(before.synthesize(), CONFIG)
    for changed in (
        ["Another", *names],
        [*names[:20], "Another", *names[20:]],
        [*names, "Another"],
        names[:-1],
        names[1:],
    ):
        after = World()
        after.add(*changed)
        new = of_type(after.synthesize(), CONFIG)
        both = [id for id in old if id in new]
        assert all(old[id]["Properties"] == new[id]["Properties"] for id in both)
        assert sum(depends_on(old[id]) != depends_on(new[id]) for id in both) <= 10


def test_each_region_has_chains_of_its_own() -> None:
    """Two Regions are two quotas, so neither waits for the other."""
    world = World(most=2)
    world.add(*numbered(6, "Own"))
    world.add(*numbered(6, "Replica"), instance=instance_arn("us-west-2"))
    template = world.synthesize()
    for id, before in chains(template).items():
        assert all(one[:3] == id[:3] for one in before)
    assert sum(lengths(template)) == 12
    assert len(lengths(template)) == 4


def test_configs_that_depend_on_nothing_come_first() -> None:
    world = World(most=1)
    world.add_other("Number")
    world.add(*numbered(4, "Uses"), outbound_flow=world.attribute("Number"))
    world.add(*numbered(4, "Plain"))
    template = world.synthesize()
    assert lengths(template) == [8]
    assert not any(
        one.startswith("Uses") for id, before in chains(template).items() if id.startswith("Plain") for one in before
    )


def test_a_config_that_another_waits_for_by_the_users_wish_makes_no_circle() -> None:
    """The user has the first one wait for the final one, against the order of creation."""
    world = World(most=1)
    names = numbered(3)
    world.add(*names)
    world.made[names[0]].node.add_dependency(world.made[names[2]])
    template = world.synthesize()
    check_no_circle(template)
    assert any(
        id.startswith(names[2]) for id in chains(template)[next(id for id in chains(template) if names[0] in id)]
    )


def test_an_attribute_that_is_asked_for_by_its_name_makes_no_circle() -> None:
    """Whichever of the two the chain would have first."""
    for names in (numbered(2), numbered(2)[::-1]):
        world = World(most=1)
        world.add_other("Flow")
        world.add(names[0], outbound_flow=world.attribute("Flow"))
        world.add(names[1], outbound_flow=world.made[names[0]].get_att("OutboundFlowId").to_string())
        check_no_circle(world.synthesize())


def test_an_attribute_in_use_costs_no_chain_among_independent_configs() -> None:
    """Outputs and the like refer to configs as a matter of course."""
    world = World(most=1)
    world.add(*numbered(3))
    for name in numbered(3):
        CfnOutput(world.stack, f"Of{name}", value=world.made[name].queue_arn)
    assert lengths(world.synthesize()) == [3]


def test_a_config_waits_for_none_that_may_not_be_there() -> None:
    """Those of one condition wait for each other; CloudFormation's own validation refuses anything else."""
    world = World(most=1)
    world.add(*numbered(9))
    for at, name in enumerate(numbered(9)):
        if at % 3:
            condition = world.stack.node.try_find_child(f"If{at % 3}") or CfnCondition(world.stack, f"If{at % 3}")
            world.made[name].cfn_options.condition = condition
    template = world.synthesize()
    of = {id: resource.get("Condition") for id, resource in of_type(template, CONFIG).items()}
    waits = chains(template)
    assert all(of[one] in (None, of[id]) for id, before in waits.items() for one in before)
    assert sum(not before for before in waits.values()) == 1
    assert all(depends_on(resource) for resource in of_type(template, CONFIG).values())


@pytest.mark.parametrize("seed", range(10))
def test_no_web_of_the_users_dependencies_makes_a_circle(seed: int) -> None:
    """Any order of configs and resources, with tokens and DependsOn between them, without a circular dependency of their own."""
    rng = random.Random(seed)  # noqa: S311 - not a secret
    world = World(most=rng.choice([1, 2, 3]))
    order = numbered(8) + numbered(6, "Other")
    conditions = [CfnCondition(world.stack, name) for name in ("One", "Two")]
    rng.shuffle(order)  # the web's own order: each uses only what is before it here ...
    for name in sorted(order, key=lambda _: rng.random()):  # ... but all are made in another
        earlier = [other for other in order[: order.index(name)] if other in world.made]
        uses = world.attribute(rng.choice(earlier)) if earlier and rng.random() < 0.4 else ""
        if name.startswith("Other"):
            world.add_other(name, uses)
        else:
            world.add(name, **({"outbound_flow": uses} if uses else {}))
            world.made[name].cfn_options.condition = rng.choice([None, *conditions])
    for name in order[1:]:
        for other in rng.sample(order[: order.index(name)], k=min(order.index(name), rng.choice([0, 0, 1, 2]))):
            if rng.random() < 0.5:
                world.made[name].node.add_dependency(world.made[other])
            elif name.startswith("Other"):
                world.made[name].add_property_override(f"Later{other}", world.attribute(other))
    check_no_circle(world.synthesize())


def test_chains_follow_when_configs_are_added_or_removed_after_a_synthesis() -> None:
    """Template.from_stack in a test, and app.synth after it; nothing that is gone is waited for."""
    world, fresh = World(most=2), World(most=2)
    world.add(*numbered(5), "Gone")
    first = world.synthesize()
    assert world.synthesize() == first
    world.stack.node.try_remove_child("Gone")
    world.add("Later")
    fresh.add(*numbered(5), "Later")
    assert world.synthesize() == fresh.synthesize()


@jsii.implements(IAspect)
class Adding:
    """An aspect that adds configs once it comes to a construct."""

    def __init__(self, last: Construct, world: World) -> None:
        self._last = last
        self._world = world

    def visit(self, node: IConstruct) -> None:
        """Is called by the CDK."""
        if node is self._last and "Added000" not in self._world.made:
            self._world.add(*numbered(5, "Added"))


def test_configs_that_an_aspect_adds_are_in_the_chains() -> None:
    """Aspects go from construct to construct, so that one may come after the provider."""
    world = World(most=2)
    world.add(*numbered(5))
    last = Construct(world.stack, "Last")
    Aspects.of(world.stack).add(Adding(last, world))
    template = world.synthesize()
    assert sum(lengths(template)) == 10
    assert len(lengths(template)) == 2


def test_without_a_function_in_the_stack_there_are_fewer_chains() -> None:
    """A provider of another stack cannot know the schedule of each stack that uses it."""
    app = App()
    home, stack = Stack(app, "Home"), Stack(app, "Stack")
    provider = QueueOutboundCallerConfigProvider(home, "Provider", instances=[INSTANCE])
    nested = NestedStack(home, "Nested")
    for scope, name in ((stack, "A"), (nested, "B")):
        for at in range(30):
            QueueOutboundCallerConfig(
                scope,
                f"{name}{at}",
                provider=provider,
                instance=INSTANCE,
                queue=queue_id(at + 100 * (scope is nested)),
                outbound_caller_id_name="x",
            )
    template = template_of(stack)
    assert len(lengths(template)) <= UNSCHEDULED_CHAINS
    assert sum(lengths(template)) == 30


def test_the_configs_of_imported_providers_are_in_chains_together() -> None:
    """A construct that is made many times may import the provider each time."""
    stack = stack_of(region="us-east-1")
    for at in range(30):
        provider = QueueOutboundCallerConfigProvider.from_export(Construct(stack, f"Sales{at}"), "Provider")
        QueueOutboundCallerConfig(
            stack, f"Of{at}", provider=provider, instance=INSTANCE, queue=queue_id(at), outbound_caller_id_name="x"
        )
    template = template_of(stack)
    assert len(lengths(template)) <= UNSCHEDULED_CHAINS
    assert sum(lengths(template)) == 30


def test_a_hundred_apps_in_one_process_leave_nothing_at_class_level() -> None:
    """What is known of an app lives as long as the app."""
    import queue_outbound_caller_config as package  # noqa: PLC0415 - for its modules
    from queue_outbound_caller_config import plan, policies, provider, stack_facts  # noqa: PLC0415

    def held() -> int:
        objects: list[Any] = [vars(module) for module in (package, plan, policies, provider, stack_facts)]
        objects += [vars(one) for module in objects for one in module.values() if isinstance(one, type)]
        return sum(len(one) for space in objects for one in space.values() if isinstance(one, dict | list | set))

    counts = []
    for _ in range(3):
        stack = Stack(App(), "Stack", env=Environment(region="us-east-1"))
        QueueOutboundCallerConfig(stack, "C", instance=INSTANCE, queue=queue_id(1), outbound_caller_id_name="x")
        counts.append(held())
    assert len(set(counts)) == 1
