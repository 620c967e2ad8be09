"""The pages on moving here: each numbered deployment, and its rollback at each step, leaves the queue its caller ID.

The emulator's journal has every call on a queue with what the queue had afterwards, so nothing between two calls is missed.
Each recipe runs once by the CDK CLI. Its failures run by CloudFormation's API, with the same synthesized templates.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aws_cdk import App
from botocore.exceptions import ClientError
from queue_outbound_caller_config.lambda_asset import HANDLER, asset_bytes

from emulator.connect import Call, ConnectControl, Emulator, two_regions_apart
from emulator.connect.sample import INSTANCE, PRIMARY
from emulator.connect.seed import Queue
from testing.local_aws import ACCOUNT, PROJECT_ROOT, CdkCli, LocalAws, Stack
from tests.e2e import moves
from tests.e2e.ledgers import age_ledger
from tests.e2e.moves import OURS, PROVIDER, SERVICE_TOKEN, SET, TYPE, Move

Template = dict[str, Any]
BEFORE = {name: value.rpartition("/")[2] for name, value in SET.items()}
"""What the queues have before they are moved, the number by its id."""
BUCKET, KEY = "function-code", "function.zip"
UPDATE, DESCRIBE = "UpdateQueueOutboundCallerConfig", "DescribeQueue"
BY_CLI = tuple(replace(move, name=f"{move.name}-by-cli") for move in moves.RECIPES if 0 not in move.imports)
WRONG = {moves.AT_ONCE: 1, moves.UNCHANGED: 2, moves.NOT_RETAINED: 1}
"""What the pages warn of, with the deployment that does it."""


def by_id(config: Mapping[str, str]) -> dict[str, str]:
    """Returns a config with its number and flow by their ids."""
    return {name: value.rpartition("/")[2] for name, value in config.items()}


class World:
    """A local AWS with our function in it, and the emulator that it sets queues of.

    Args:
        local_aws: Where stacks are deployed.
        connect: The emulator.
    """

    def __init__(self, local_aws: LocalAws, connect: ConnectControl) -> None:
        self.local_aws = local_aws
        self.connect = connect
        connect.quota_off()
        s3 = local_aws.client("s3", PRIMARY)
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=asset_bytes())
        local_aws.client("lambda", PRIMARY).create_function(
            FunctionName=PROVIDER,
            Runtime="python3.13",
            Handler=HANDLER,
            Role=f"arn:aws:iam::{ACCOUNT}:role/function",
            Timeout=60,
            Code={"S3Bucket": BUCKET, "S3Key": KEY},
        )

    def stack(self, move: Move) -> Stack:
        """Returns the stack that moves."""
        return Stack(self.local_aws, PRIMARY, move.name)

    def prepare(self, *those: Move) -> None:
        """Makes the queues that the stacks do not make themselves, configured already."""
        for move in those:
            if not move.makes_queue:
                self.connect.put_queue(PRIMARY, INSTANCE, Queue(move.queue, move.name, SET))

    def queue(self, move: Move) -> str:
        """Returns the id of the queue that moves."""
        return next(str(queue["queue"]) for queue in self.connect.queues() if queue["name"] == move.name)

    def config(self, move: Move) -> dict[str, str]:
        """Returns what the queue has, the number by its id."""
        return by_id(self.connect.queue_config(PRIMARY, INSTANCE, self.queue(move)))

    def has_ledger(self, queue: str) -> bool:
        """Tells whether a queue has a ledger."""
        name = f"/queue-outbound-caller-config/{INSTANCE}/{queue}"
        return not self.local_aws.client("ssm", PRIMARY).get_parameters(Names=[name])["InvalidParameters"]

    def watch(self) -> dict[str, int]:
        """Lets the drift watch look at every queue and repair what differs; returns its counts."""
        asked = {"QueueOutboundCallerConfigDriftWatch": {"instances": [INSTANCE], "repair": True}}
        ran = self.local_aws.client("lambda", PRIMARY).invoke(FunctionName=PROVIDER, Payload=json.dumps(asked))
        counts: dict[str, int] = json.load(ran["Payload"])
        return counts

    def calls(self, queue: str) -> list[Call]:
        """Returns the calls on a queue."""
        return [call for call in self.connect.journal() if call.input.get("QueueId") == queue]


@dataclass(frozen=True)
class Tried:
    """A deployment that ended.

    Attributes:
        number: Which of the recipe.
        fails: Whether a resource failed.
        status: The stack's.
        config: What the queue has.
        has_ledger: Whether there is one.
        calls: The calls on the queue meanwhile.
    """

    number: int
    fails: bool
    status: str
    config: dict[str, str]
    has_ledger: bool
    calls: list[Call]

    @property
    def passed_through(self) -> list[dict[str, str]]:
        """What the queue had after each call on it."""
        return [by_id(call.config) for call in self.calls if call.config is not None]

    @property
    def writes(self) -> int:
        """How many calls asked for another config, by whomever."""
        return sum(call.operation == UPDATE for call in self.calls)


def steps(template: Template) -> list[str]:
    """Returns the resources that set a queue, in CloudFormation's order: ours comes last."""
    types = {name: resource["Type"] for name, resource in template["Resources"].items()}
    found = [name for name, type in types.items() if type.startswith(("Custom::", "AWS::Connect::"))]
    return sorted(found, key=lambda name: types[name] == TYPE)


def ours(template: Template) -> list[Any]:
    """Returns the properties of the resource of ours."""
    return [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == TYPE]


def failing(template: Template, after: list[str]) -> Template:
    """Returns a template with one more resource, which fails: after some of those that set a queue, before the others."""
    changed = deepcopy(template)
    resources = changed["Resources"]
    resources["Fails"] = {"Type": TYPE, "Properties": {"ServiceToken": SERVICE_TOKEN}, "DependsOn": after}
    for name in set(steps(template)) - set(after):
        resources[name]["DependsOn"] = [*resources[name].get("DependsOn", []), "Fails"]
    return changed


def came_of(world: World, move: Move, number: int, status: str, seen: int, *, fails: bool = False) -> Tried:
    """Returns what came of a deployment, with the calls on the queue after those that were seen before it."""
    queue = world.queue(move)
    return Tried(number, fails, status, world.config(move), world.has_ledger(queue), world.calls(queue)[seen:])


def deployed(world: World, move: Move, number: int, template: Template, *, fails: bool = False) -> Tried:
    """Deploys one template and returns what came of it."""
    stack = world.stack(move)
    made = number > 0 or not move.makes_queue
    queue = world.queue(move) if made else move.queue
    seen = len(world.calls(queue)) if made else 0
    template = json.loads(json.dumps(template).replace(move.queue, queue))
    if number not in move.imports:
        return came_of(world, move, number, stack.deploy(template), seen, fails=fails)
    if not number:
        others = {name: one for name, one in template["Resources"].items() if name != moves.QUEUE}
        stack.deploy({**template, "Resources": others})
    status = stack.import_resource(template, moves.QUEUE, QueueArn=OURS.queue(PRIMARY, INSTANCE, queue))
    return came_of(world, move, number, status, seen, fails=fails)


def with_failures(world: World, move: Move, templates: list[Template]) -> list[Tried]:
    """Deploys a recipe; each deployment fails at and after each of its steps before it succeeds."""
    done: list[Tried] = []

    def fail(number: int, template: Template) -> None:
        done.append(deployed(world, move, number, template, fails=True))

    for number, template in enumerate(templates):
        before = templates[number - 1] if number else template
        if number in move.imports:
            if number:  # CloudFormation looks at the queue when it is asked to import it, and when it does
                world.connect.fail(DESCRIBE, "InvalidRequestException", queue=world.queue(move), nth=2)
                fail(number, template)
        elif number:
            names = steps(template)
            for count in range(len(names) + 1):
                fail(number, failing(template, names[:count]))
            if ours(template) != ours(before):
                call = UPDATE if ours(before) else DESCRIBE
                world.connect.fail(call, "InvalidRequestException", queue=world.queue(move))
                fail(number, template)
        done.append(deployed(world, move, number, template))
    return done


def by_the_cli(world: World, cdk: CdkCli, number: int) -> list[tuple[Move, Tried]]:
    """Deploys the recipes that have such a deployment, in one app; an import is of one stack alone."""
    those = [move for move in BY_CLI if number <= len(move.deployments)]
    seen = {move: len(world.calls(world.queue(move))) if number or not move.makes_queue else 0 for move in those}
    app = f"--app={assembly(world, f'by-cli-{number}', *((move, number) for move in those))}"
    if any(number in move.imports for move in those):
        (move,) = those
        arn = OURS.queue(PRIMARY, INSTANCE, world.queue(move))
        cdk.import_resource(moves.QUEUE, app, stack=move.name, QueueArn=arn)
    else:
        cdk.deploy(app, "--concurrency=5")
    return [(move, came_of(world, move, number, str(world.stack(move).status), seen[move])) for move in those]


def assembly(world: World, name: str, *stacks: tuple[Move, int]) -> str:
    """Synthesizes moves as they are in a deployment, and returns the folder."""
    app = App(outdir=str(world.local_aws.folder / name))
    for move, number in stacks:
        move.synthesize(app, number, world.queue(move) if number else move.queue)
    return app.synth().directory


def planned(world: World, folder: str) -> dict[str, list[str]]:
    """Returns what `plan` notes about the resource of ours in each stack of an assembly."""
    command = [sys.executable, "-m", "queue_outbound_caller_config_cli", "plan", folder, "--json"]
    environment = world.local_aws.environment(PRIMARY)
    ran = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, cwd=PROJECT_ROOT)
    assert ran.stdout, ran.stderr
    return {step["stack"]: step["notes"] for step in json.loads(ran.stdout)}


@dataclass(frozen=True)
class History:
    """What was deployed.

    Attributes:
        world: Where a removed property empties the queue.
        keeping: Where it does not.
        by_cli: What came of the recipes by the CDK CLI.
        notes: What `plan` said before the last deployments by the CLI, and before those that the pages warn of.
        played: What came of each recipe by the API, with a failure at every step.
        wrong: What came of what the pages warn of.
    """

    world: World
    keeping: World
    by_cli: list[tuple[Move, Tried]]
    notes: dict[str, list[str]]
    played: Mapping[tuple[World, Move], Future[list[Tried]]]
    wrong: Mapping[Move, Tried]


@pytest.fixture(scope="module")
def history() -> Iterator[History]:
    """Deploys everything: by the CDK CLI one after the other, by the API side by side, since most of it is waiting."""
    keeps = {"LOCAL_AWS_REMOVED_PROPERTY": "kept"}
    with (
        Emulator(two_regions_apart()) as emulator,
        Emulator(two_regions_apart()) as other,
        LocalAws(connect_endpoint=emulator.endpoint) as local_aws,
        LocalAws(connect_endpoint=other.endpoint, environment=keeps) as keeping_aws,
        ThreadPoolExecutor(4) as pool,
    ):
        world, keeping = World(local_aws, emulator.control), World(keeping_aws, other.control)
        world.prepare(*BY_CLI, *moves.RECIPES, *WRONG, moves.SAME_ID, moves.OF_THE_STACK)
        templates = {move: move.templates() for move in (*moves.RECIPES, *WRONG)}  # jsii takes one thread alone
        bootstrapped = {"Name": "/cdk-bootstrap/hnb659fds/version", "Value": "30", "Type": "String"}
        keeping_aws.client("ssm", PRIMARY).put_parameter(**bootstrapped)

        cdk = CdkCli(local_aws, regions=[PRIMARY])
        cdk.bootstrap()
        by_cli = by_the_cli(world, cdk, 0)  # publishes the code of AwsCustomResource's function, for the others too
        played = {
            (where, move): pool.submit(with_failures, where, move, templates[move])
            for where, move in [(keeping, moves.NATIVE), *((world, move) for move in moves.RECIPES)]
        }
        by_cli += by_the_cli(world, cdk, 1)
        for move, last in WRONG.items():
            for number in range(last):
                deployed(world, move, number, templates[move][number])
        by_cli_last = ((move, 2) for move in BY_CLI if len(move.deployments) > 1)
        notes = planned(world, assembly(world, "plan", *by_cli_last, *WRONG.items()))
        by_cli += [*by_the_cli(world, cdk, 2), *by_the_cli(world, cdk, 3)]
        changed = {move: templates[move][last] for move, last in WRONG.items()}
        changed[moves.AT_ONCE] = failing(changed[moves.AT_ONCE], steps(changed[moves.AT_ONCE]))
        wrong = {move: deployed(world, move, last, changed[move]) for move, last in WRONG.items()}
        yield History(world, keeping, by_cli, notes, played, wrong)


def config_of(move: Move, number: int) -> dict[str, str]:
    """Returns what the queue is to have after a deployment of a recipe."""
    changes = move.deployments == moves.CONSOLE.deployments and number == len(move.deployments)
    return {**BEFORE, "OutboundCallerIdName": "Changed in code"} if changes else BEFORE


def check(move: Move, one: Tried) -> None:
    """Checks that after a deployment of a recipe everything is right, and that the queue had its caller ID throughout."""
    reached = one.number - one.fails
    before, after = config_of(move, one.number - 1), config_of(move, one.number)
    assert one.status.endswith("_COMPLETE")
    assert ("ROLLBACK" in one.status) == one.fails
    assert one.config == config_of(move, reached)
    assert one.has_ledger == (reached > 0)
    assert [config for config in one.passed_through if config not in (before, after)] == []
    if one.number and before == after:
        assert one.writes == 0


@pytest.mark.parametrize("move", BY_CLI, ids=lambda move: move.name)
def test_a_recipe_by_the_cdk_cli_keeps_the_caller_id(history: History, move: Move) -> None:
    done = [one for moved, one in history.by_cli if moved == move]
    assert [one.number for one in done] == list(range(len(move.deployments) + 1))
    for one in done:
        check(move, one)


@pytest.mark.parametrize("move", moves.RECIPES, ids=lambda move: move.name)
def test_a_recipe_that_fails_at_any_step_and_is_rolled_back_keeps_the_caller_id(history: History, move: Move) -> None:
    done = history.played[history.world, move].result()
    assert {one.number for one in done if one.fails} == set(range(1, len(move.deployments) + 1))
    for one in done:
        check(move, one)


def test_the_recipe_for_a_native_queue_is_as_safe_if_the_native_type_keeps_a_removed_property(history: History) -> None:
    for one in history.played[history.keeping, moves.NATIVE].result():
        check(moves.NATIVE, one)


@pytest.mark.parametrize("move", moves.RECIPES, ids=lambda move: move.name)
def test_after_a_move_the_deletion_of_the_stack_gives_back_what_was_there_before_it(
    history: History, move: Move
) -> None:
    world = history.world
    history.played[world, move].result()
    assert world.stack(move).delete() is None
    assert world.config(move) == BEFORE
    assert not world.has_ledger(world.queue(move))


def test_in_one_deployment_the_rollback_leaves_the_queue_empty_and_plan_says_so_before(history: History) -> None:
    one = history.wrong[moves.AT_ONCE]
    assert (one.status, one.config) == ("UPDATE_ROLLBACK_COMPLETE", {})
    (note,) = history.notes[moves.AT_ONCE.name]
    assert "removes OutboundCallerConfig from Sales (AWS::Connect::Queue), which may empty the queue" in note


def test_a_removed_property_empties_the_queue_until_ours_has_another_revision_and_plan_says_so_before(
    history: History,
) -> None:
    world, move = history.world, moves.UNCHANGED
    one = history.wrong[move]
    assert (one.status, one.config) == ("UPDATE_COMPLETE", {})
    assert {} in one.passed_through
    (note,) = history.notes[move.name]
    assert "removes OutboundCallerConfig from Sales (AWS::Connect::Queue), which may empty the queue" in note
    assert deployed(world, move, 3, move.templates()[3]).config == BEFORE


def test_an_old_resource_that_is_not_retained_clears_the_queue_and_the_drift_watch_or_a_revision_sets_it(
    history: History,
) -> None:
    world, move = history.world, moves.NOT_RETAINED
    one = history.wrong[move]
    assert (one.status, one.config) == ("UPDATE_COMPLETE", {})
    (note,) = history.notes[move.name]
    assert "give it DeletionPolicy Retain first, or deploy another `revision` afterwards" in note
    age_ledger(world.local_aws, world.queue(move))
    assert world.watch()["Repaired"] == 1
    assert world.config(move) == BEFORE
    world.connect.set_queue_config(PRIMARY, INSTANCE, world.queue(move), {})
    assert deployed(world, move, 2, move.templates()[2]).config == BEFORE


def test_plan_has_nothing_to_say_about_the_last_deployment_of_a_recipe(history: History) -> None:
    assert [history.notes[move.name] for move in BY_CLI if len(move.deployments) > 1] == [[]] * 4


def test_a_new_resource_with_the_old_ones_id_is_refused(history: History) -> None:
    world, move = history.world, moves.SAME_ID
    before, after = move.templates()
    deployed(world, move, 0, before)
    with pytest.raises(ClientError, match=r"Update of resource type is not permitted.*: \[OldCallerId\]"):
        world.stack(move).deploy(after)
    assert world.config(move) == BEFORE


def test_a_stack_that_takes_the_number_with_it_leaves_nothing_behind_under_clear(history: History) -> None:
    world, move = history.world, moves.OF_THE_STACK
    for number, template in enumerate(move.templates()):
        assert deployed(world, move, number, template).config == BEFORE
    assert world.stack(move).delete() is None
    assert world.config(move) == {}
    assert not world.has_ledger(world.queue(move))
