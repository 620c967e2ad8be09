"""The lives that a config can have, each played through the function and told by what can be seen of it from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulator.connect import PhoneNumber, two_regions_apart
from emulator.connect.permissions import touched
from emulator.connect.sample import (
    GROUP,
    GROUP_NUMBER,
    INSTANCE,
    INSTANCE_NUMBER,
    PRIMARY,
    REPLICA,
    REPLICA_GROUP_NUMBER,
    REPLICA_INSTANCE_NUMBER,
    SECOND_WHISPER,
    SUPPORT_QUEUE,
)
from emulator.connect.state import World as Sample
from testing.parameter_store import Behavior
from tests.integration.stack import RECORDS, Answer, Resource
from tests.integration.world import World, properties
from tests.permissions.role import Documents, Role
from tests.permissions.scenarios import Deployed

SEED = two_regions_apart()
_SAMPLE = Sample(SEED)
Outcome = tuple[Any, ...]
"""What the answers said and what the queues had, step by step."""

_HERE = {PRIMARY: INSTANCE_NUMBER, REPLICA: REPLICA_INSTANCE_NUMBER}
_ELSEWHERE = {PRIMARY: REPLICA_GROUP_NUMBER, REPLICA: GROUP_NUMBER}


@dataclass
class Life:
    """One config's life: its world, and what was seen so far."""

    world: World
    deployed: Deployed

    def __post_init__(self) -> None:
        self.resource = Resource(logical_id=self.deployed.logical_id)
        self.seen: list[Any] = []

    def before(self, **config: str) -> None:
        """Gives the queue a config: `name`, `number` and `flow`."""
        members = {"name": "OutboundCallerIdName", "number": "OutboundCallerIdNumberId", "flow": "OutboundFlowId"}
        self.world.set_config({members[field]: value for field, value in config.items()}, self.deployed.region)

    def create(self) -> Answer:
        """Sends Create."""
        return self._see(self.resource.create(self.deployed.properties))

    def update(self) -> Answer:
        """Sends an Update with another name."""
        config = {**self.deployed.config, "OutboundCallerIdName": "Another name"}
        return self._see(self.resource.update({**self.deployed.properties, "OutboundCallerConfig": config}))

    def delete(self) -> Answer:
        """Sends Delete."""
        return self._see(self.resource.delete())

    def _see(self, answer: Answer) -> Answer:
        self.seen += [answer.status, answer.reason, dict(answer.data), answer.log["warnings"], self._config()]
        return answer

    def _config(self) -> Mapping[str, str] | None:
        return self.world.connect.configs().get((self.deployed.region, SUPPORT_QUEUE))

    @property
    def other_region(self) -> str:
        """The Region that may mirror the queue's."""
        return REPLICA if self.deployed.region == PRIMARY else PRIMARY

    @property
    def number(self) -> PhoneNumber | None:
        """The declared number."""
        text = self.deployed.config.get("OutboundCallerIdNumberId", "")
        return next((entry for entry in SEED.numbers if text and text.endswith((entry.id, entry.number))), None)

    def release(self, number: PhoneNumber | None) -> None:
        """Makes a number nobody's."""
        if number is not None:
            self.world.connect.release_number(number.id)

    def delete_declared_flow(self) -> None:
        """Deletes the declared flow."""
        text = self.deployed.config.get("OutboundFlowId")
        if text:
            self.world.connect.delete_flow(self.deployed.region, INSTANCE, text.rpartition("/")[2])


def a_bare_queue(life: Life) -> None:
    """The queue had nothing."""
    life.create()
    life.update()
    life.delete()


def a_whole_config_before(life: Life) -> None:
    """The queue had a name, a number of its instance and a flow."""
    life.before(name="Before", number=_HERE[life.deployed.region], flow=SECOND_WHISPER)
    life.create()
    life.update()
    life.delete()


def a_number_of_the_other_region_before(life: Life) -> None:
    """Its group was made in the other Region, so the id that DescribeQueue gives cannot be written back."""
    life.before(number=SEED.number_arn(_ELSEWHERE[life.deployed.region]))
    life.create()
    life.delete()


def the_declared_number_is_missing(life: Life) -> None:
    """The error says that it is the number."""
    life.release(life.number)
    life.create()
    life.delete()


def the_declared_flow_is_missing(life: Life) -> None:
    """The error says that it is the flow, for which the number has to be looked for."""
    life.delete_declared_flow()
    life.create()
    life.delete()


def a_flow_is_missing_beside_a_groups_number(life: Life) -> None:
    """Then the groups have to be listed too. Nor is the flow there any more that the queue had before."""
    region = life.deployed.region
    if life.number and life.number.instance_id:
        life.world.connect.put_number(replace(life.number, instance_id=None, group_id=GROUP))
    life.world.connect.set_returned_form("arn")
    life.before(number=SEED.number_arn(_ELSEWHERE[region]), flow=SECOND_WHISPER)
    life.world.connect.delete_flow(region, INSTANCE, SECOND_WHISPER)
    life.delete_declared_flow()
    life.create()
    life.delete()


def the_flow_before_goes(life: Life) -> None:
    """It is left out of what is put back; the number, of a group and read as an ARN, is not to blame."""
    life.world.connect.set_returned_form("arn")
    life.before(number=SEED.number_arn(_ELSEWHERE[life.deployed.region]), flow=SECOND_WHISPER)
    life.create()
    life.world.connect.delete_flow(life.deployed.region, INSTANCE, SECOND_WHISPER)
    life.update()
    life.delete()


def the_number_before_goes(life: Life) -> None:
    """It is left out of what is put back."""
    life.before(number=_HERE[life.deployed.region], flow=SECOND_WHISPER)
    life.create()
    life.world.connect.release_number(_HERE[life.deployed.region])
    life.delete()


def the_queue_has_it_already(life: Life) -> None:
    """No write is needed; the number's ARN is an attribute all the same."""
    life.before(
        **({"number": life.number.id} if life.number else {}),
        **{field: text for field, text in _fields(life.deployed.config).items() if field != "number"},
    )
    life.create()
    life.delete()


def the_queue_goes(life: Life) -> None:
    """There is nothing to put back."""
    life.create()
    life.world.connect.delete_queue(life.deployed.region, INSTANCE, SUPPORT_QUEUE)
    life.delete()


def the_queue_is_declared_in_both_regions(life: Life) -> None:
    """What the other Region declares is kept until that is removed, too; then both queues are put right."""
    other = Resource(region=life.other_region, stack="another", logical_id="Twin")
    other.create(properties(region=life.other_region, name="Twin"))
    life.create()
    life.update()
    life.delete()
    answer = other.delete()
    life.seen += [answer.status, answer.log["warnings"], life.world.connect.configs()]


def the_layer_below_is_of_a_resource_that_was_retained(life: Life) -> None:
    """CloudFormation says that nobody owns it any more, so it never becomes active again."""
    below = Resource(region=life.deployed.region, stack="another", logical_id="Retained")
    below.create(properties(region=life.deployed.region, name="Left behind"))
    RECORDS.skip(below.stack_id, below.logical_id)
    life.create()
    life.delete()


def the_other_region_is_down(life: Life) -> None:
    """The instance says on Delete that it has no replica there, so nothing can be declared there."""
    life.create()
    life.world.connect.delete_instance(life.other_region, INSTANCE)
    life.world.connect.fail("DescribeQueue", region=life.other_region, count=None)
    life.world.parameter_store.behave(Behavior(moods={life.other_region: "down"}))
    life.update()
    life.delete()
    life.world.parameter_store.reset()


def another_stack_has_it_too(life: Life) -> None:
    """Its layer becomes active again, for CloudFormation says that its resource is still there."""
    beneath = Resource(logical_id="Beneath", stack="beneath")
    beneath.create({**life.deployed.properties, "OutboundCallerConfig": {"OutboundCallerIdName": "Beneath"}})
    life.create()
    life.delete()
    beneath.delete()


Flow = Callable[[Life], None]
FLOWS: tuple[Flow, ...] = (
    a_whole_config_before,
    a_number_of_the_other_region_before,
    the_flow_before_goes,
    a_flow_is_missing_beside_a_groups_number,
    the_declared_flow_is_missing,
    the_queue_has_it_already,
    the_declared_number_is_missing,
    the_number_before_goes,
    a_bare_queue,
    the_queue_goes,
    the_queue_is_declared_in_both_regions,
    the_layer_below_is_of_a_resource_that_was_retained,
    the_other_region_is_down,
    another_stack_has_it_too,
)


def play(flow: Flow, world: World, role: Role, deployed: Deployed, documents: Documents | None = None) -> Outcome:
    """Plays one life in a world as it starts, under policy documents or none, and returns what was seen of it."""
    world.connect.reset()
    if documents is None:
        role.may_do_everything()
    else:
        role.may_only(documents)
    life = Life(world, deployed)
    flow(life)
    left = sorted(world.ledgers())
    if left:
        world.forget_ledgers()
    return (*life.seen, left)


Need = tuple[str, str, tuple[tuple[str, str], ...]]
"""An action, a resource, and what IAM knows about the request."""


def needed(world: World, role: Role) -> set[Need]:
    """Returns what the life just played asked IAM for."""
    return {(action, resource, ()) for action, resource in role.asked} | {
        (f"connect:{call.operation}", part.resource, tuple(sorted(part.context.items())))
        for call in world.calls()
        for part in touched(_SAMPLE, call.operation, call.region, call.input)
    }


def denied(world: World, role: Role) -> list[str]:
    """Returns the calls that were denied in the life just played."""
    connect = [call.message or "" for call in world.calls() if call.code == "AccessDeniedException"]
    return connect + [f"{action} on {resource}" for action, resource in role.denied]


def _fields(config: Mapping[str, str]) -> dict[str, str]:
    fields = {"OutboundCallerIdName": "name", "OutboundCallerIdNumberId": "number", "OutboundFlowId": "flow"}
    return {fields[name]: value for name, value in config.items()}
