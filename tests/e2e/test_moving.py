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
from tests.e2e.moves import OURS, PROVIDER, SERVICE_TOKEN, SET, TYPE, Move

Template = dict[str, Any]
BEFORE = {name: value.rpartition("/")[2] for name, value in SET.items()}
"""What the queues have before they are moved, the number by its id."""
BUCKET, KEY = "function-code", "function.zip"
UPDATE = "UpdateQueueOutboundCallerConfig"
BY_CLI = tuple(replace(move, name=f"{move.name}-by-cli") for move in moves.RECIPES if not move.imports)
WRONG = {moves.AT_ONCE: 1, moves.UNCHANGED: 2, moves.NOT_RETAINED: 1}
"""What the pages warn of, with the deployment that does it."""


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
        return {
            name: value.rpartition("/")[2]
            for name, value in self.connect.queue_config(PRIMARY, INSTANCE, self.queue(move)).items()
        }

    def has_ledger(self, queue: str) -> bool:
        """Tells whether a queue has a ledger."""
        name = f"/queue-outbound-caller-config/{INSTANCE}/{queue}"
        return not self.local_aws.client("ssm", PRIMARY).get_parameters(Names=[name])["InvalidParameters"]

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
    def gaps(self) -> list[list[str]]:
        """The operations of each time without a caller ID, from the one that emptied the queue to the one that set it."""
        found: list[list[str]] = []
        has = True
        for call in self.calls:
            had, has = has, has if call.config is None else bool(call.config)
            if had and not has:
                found.append([])
            if not (had and has):
                found[-1].append(call.operation)
        return found


def steps(template: Template) -> list[str]:
    """Returns the resources that set a queue, in CloudFormation's order: ours comes last."""
    types = {name: resource["Type"] for name, resource in template["Resources"].items()}
    found = [name for name, type in types.items() if type.startswith(("Custom::", "AWS::Connect::"))]
    return sorted(found, key=lambda name: types[name] == TYPE)


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
    seen = len(world.calls(world.queue(move))) if number or not move.makes_queue else 0
    if number not in move.imports:
        return came_of(world, move, number, stack.deploy(template), seen, fails=fails)
    if not number:
        others = {name: one for name, one in template["Resources"].items() if name != moves.QUEUE}
        stack.deploy({**template, "Resources": others})
    arn = OURS.queue(PRIMARY, INSTANCE, move.queue)
    return came_of(world, move, number, stack.import_resource(template, moves.QUEUE, QueueArn=arn), seen)


def with_failures(world: World, move: Move, templates: list[Template]) -> list[Tried]:
    """Deploys a recipe; each deployment fails after each of its steps before it succeeds."""
    done: list[Tried] = []
    for number, template in enumerate(templates):
        names = steps(template)
        for count in range(len(names) + 1) if number and number not in move.imports else ():
            done.append(deployed(world, move, number, failing(template, names[:count]), fails=True))
        done.append(deployed(world, move, number, template))
    return done


def by_the_cli(world: World, cdk: CdkCli, number: int) -> list[tuple[Move, Tried]]:
    """Deploys the recipes that have such a deployment, in one app."""
    those = [move for move in BY_CLI if number <= len(move.deployments)]
    seen = {move: len(world.calls(world.queue(move))) if number or not move.makes_queue else 0 for move in those}
    cdk.deploy(f"--app={assembly(world, f'by-cli-{number}', *((move, number) for move in those))}", "--concurrency=5")
    return [(move, came_of(world, move, number, str(world.stack(move).status), seen[move])) for move in those]


def assembly(world: World, name: str, *stacks: tuple[Move, int]) -> str:
    """Synthesizes moves as they are in a deployment, and returns the folder."""
    app = App(outdir=str(world.local_aws.folder / name))
    for move, number in stacks:
        move.synthesize(app, number)
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
    wrong: Mapping[Move, list[Tried]]


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
        by_cli += by_the_cli(world, cdk, 2)
        names = steps(templates[moves.AT_ONCE][1])
        wrong = {
            moves.AT_ONCE: [
                deployed(world, moves.AT_ONCE, 1, failing(templates[moves.AT_ONCE][1], names), fails=True),
            ],
            **{
                move: [
                    deployed(world, move, number, templates[move][number]) for number in (WRONG[move], WRONG[move] + 1)
                ]
                for move in (moves.UNCHANGED, moves.NOT_RETAINED)
            },
        }
        yield History(world, keeping, by_cli, notes, played, wrong)


AS_LONG_AS_ONE_CALL = [UPDATE, "DescribeQueue", UPDATE]
"""Of a gap: the call that empties the queue, and what our resource does next."""
UNTIL_THE_ROLLBACK = [UPDATE, UPDATE]
"""Of a gap: the call that empties the queue, and the next one on it, by which the rollback gives the config back."""


def config_of(move: Move, number: int) -> dict[str, str]:
    """Returns what the queue is to have after a deployment of a recipe."""
    changes = move.deployments == moves.CONSOLE.deployments and number == len(move.deployments)
    return {**BEFORE, "OutboundCallerIdName": "Changed in code"} if changes else BEFORE


def check(move: Move, one: Tried, gap: list[str] | None) -> None:
    """Checks that after a deployment of a recipe everything is right, and that the queue was never empty but for a gap."""
    reached = one.number - one.fails
    assert one.status.endswith("_COMPLETE")
    assert ("ROLLBACK" in one.status) == one.fails
    assert one.config == config_of(move, reached)
    assert one.has_ledger == (reached > 0)
    assert one.gaps in ([], [gap])


@pytest.mark.parametrize("move", BY_CLI, ids=lambda move: move.name)
def test_a_recipe_by_the_cdk_cli_keeps_the_caller_id(history: History, move: Move) -> None:
    done = [one for moved, one in history.by_cli if moved == move]
    assert [one.number for one in done] == list(range(len(move.deployments) + 1))
    for one in done:
        check(move, one, AS_LONG_AS_ONE_CALL if move.name.startswith("native") and one.number == 2 else None)


@pytest.mark.parametrize("move", moves.RECIPES, ids=lambda move: move.name)
def test_a_recipe_that_fails_at_any_step_and_is_rolled_back_keeps_the_caller_id(history: History, move: Move) -> None:
    done = history.played[history.world, move].result()
    assert {one.number for one in done if one.fails} == set(range(1, len(move.deployments) + 1)) - move.imports
    for one in done:
        if move is not moves.NATIVE or one.number < 2:
            check(move, one, None)


def test_a_removed_property_leaves_a_gap_of_one_call_or_until_the_rollback(history: History) -> None:
    first, between, last, succeeded = [
        one for one in history.played[history.world, moves.NATIVE].result() if one.number == 2
    ]
    check(moves.NATIVE, first, None)
    check(moves.NATIVE, between, UNTIL_THE_ROLLBACK)
    check(moves.NATIVE, last, AS_LONG_AS_ONE_CALL)
    check(moves.NATIVE, succeeded, AS_LONG_AS_ONE_CALL)


def test_if_the_native_type_keeps_a_removed_property_there_is_no_gap_at_all(history: History) -> None:
    for one in history.played[history.keeping, moves.NATIVE].result():
        check(moves.NATIVE, one, None)


def test_if_our_own_update_fails_the_rollback_gives_the_config_back(history: History) -> None:
    world, move = history.world, replace(moves.NATIVE, name="native-refused")
    templates = move.templates()
    for number in (0, 1):
        deployed(world, move, number, templates[number])
    queue = world.queue(move)
    world.connect.fail(UPDATE, "InvalidRequestException", queue=queue, nth=2)
    refused = deployed(world, move, 2, templates[2], fails=True)
    check(move, refused, [*AS_LONG_AS_ONE_CALL, "DescribeQueue", UPDATE])


@pytest.mark.parametrize("move", moves.RECIPES, ids=lambda move: move.name)
def test_after_a_move_the_deletion_of_the_stack_gives_back_what_was_there_before_it(
    history: History, move: Move
) -> None:
    world = history.world
    history.played[world, move].result()
    queue = world.queue(move)
    assert world.stack(move).delete() is None
    if move.makes_queue:
        assert (PRIMARY, queue) not in world.connect.configs()
    else:
        assert world.config(move) == BEFORE
    assert not world.has_ledger(queue)


def test_in_one_deployment_the_rollback_leaves_the_queue_empty_and_plan_says_so_before(history: History) -> None:
    (one,) = history.wrong[moves.AT_ONCE]
    assert (one.status, one.config) == ("UPDATE_ROLLBACK_COMPLETE", {})
    (note,) = history.notes[moves.AT_ONCE.name]
    assert "which may empty the queue: add this resource first" in note


def test_without_another_revision_the_queue_stays_empty_until_there_is_one(history: History) -> None:
    assert [one.config for one in history.wrong[moves.UNCHANGED]] == [{}, BEFORE]
    (note,) = history.notes[moves.UNCHANGED.name]
    assert "together with another `revision`" in note


def test_an_old_resource_that_is_not_retained_clears_the_queue_and_another_revision_sets_it(history: History) -> None:
    one, again = history.wrong[moves.NOT_RETAINED]
    assert (one.status, one.config, again.config) == ("UPDATE_COMPLETE", {}, BEFORE)
    (note,) = history.notes[moves.NOT_RETAINED.name]
    assert "give it DeletionPolicy Retain first, or deploy another `revision` afterwards" in note


def test_plan_has_nothing_to_say_about_the_last_deployment_of_a_recipe(history: History) -> None:
    assert [history.notes[move.name] for move in BY_CLI if len(move.deployments) > 1] == [[]] * 4


def test_a_new_resource_with_the_old_ones_id_is_refused(history: History) -> None:
    world, move = history.world, moves.SAME_ID
    before, after = move.templates()
    deployed(world, move, 0, before)
    with pytest.raises(ClientError, match=r"Update of resource type is not permitted.*: \[CallerId958DBD5A\]"):
        world.stack(move).deploy(after)
    assert world.config(move) == BEFORE


def test_a_stack_that_takes_the_number_with_it_leaves_nothing_behind_under_clear(history: History) -> None:
    world, move = history.world, moves.OF_THE_STACK
    for number, template in enumerate(move.templates()):
        assert deployed(world, move, number, template).config == BEFORE
    assert world.stack(move).delete() is None
    assert world.config(move) == {}
    assert not world.has_ledger(world.queue(move))
