"""The pages on moving here: each numbered deployment, and its rollback at each step, leaves the queue its caller ID.

The emulator's journal has every call on a queue with what the queue had afterwards, so nothing between two calls is missed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from queue_outbound_caller_config.lambda_asset import HANDLER, asset_bytes

from emulator.connect import Call, ConnectControl, Emulator, two_regions_apart
from emulator.connect.sample import INSTANCE, PRIMARY
from emulator.connect.seed import Queue
from testing.local_aws import ACCOUNT, LocalAws, Stack
from tests.e2e import moves
from tests.e2e.moves import OURS, PROVIDER, SET, TYPE, Move

Template = dict[str, Any]


class World:
    """A local AWS with our function in it, and the emulator that it sets queues of.

    Args:
        local_aws: Where stacks are deployed.
        connect: The emulator.
    """

    def __init__(self, local_aws: LocalAws, connect: ConnectControl) -> None:
        self._local_aws = local_aws
        self.connect = connect
        s3 = local_aws.client("s3", PRIMARY)
        s3.create_bucket(Bucket="code")
        s3.put_object(Bucket="code", Key="function.zip", Body=asset_bytes())
        local_aws.client("lambda", PRIMARY).create_function(
            FunctionName=PROVIDER,
            Runtime="python3.13",
            Handler=HANDLER,
            Role=f"arn:aws:iam::{ACCOUNT}:role/function",
            Timeout=60,
            Code={"S3Bucket": "code", "S3Key": "function.zip"},
        )

    def stack(self, name: str) -> Stack:
        """Returns a stack by its name."""
        return Stack(self._local_aws, PRIMARY, name)

    def queue(self, name: str) -> str:
        """Returns the id of the queue with a name."""
        return next(str(queue["queue"]) for queue in self.connect.queues() if queue["name"] == name)

    def config(self, name: str) -> dict[str, str]:
        """Returns what the queue with a name has."""
        return self.connect.queue_config(PRIMARY, INSTANCE, self.queue(name))

    def has_ledger(self, queue: str) -> bool:
        """Tells whether a queue has a ledger."""
        name = f"/queue-outbound-caller-config/{INSTANCE}/{queue}"
        return not self._local_aws.client("ssm", PRIMARY).get_parameters(Names=[name])["InvalidParameters"]

    def calls(self, queue: str) -> list[Call]:
        """Returns the calls on a queue that show what it has."""
        return [one for one in self.connect.journal() if one.input.get("QueueId") == queue and one.config is not None]


@dataclass(frozen=True)
class Tried:
    """A deployment that ended.

    Attributes:
        number: Which of the recipe.
        failed_after: Which resources came before the one that failed; None: nothing failed.
        status: The stack's.
        config: What the queue has.
        has_ledger: Whether there is one.
        calls: The calls on the queue meanwhile.
    """

    number: int
    failed_after: tuple[str, ...] | None
    status: str
    config: dict[str, str]
    has_ledger: bool
    calls: list[Call]


def steps(template: Template) -> list[str]:
    """Returns the resources that set a queue, in CloudFormation's order: ours comes last."""
    types = {name: resource["Type"] for name, resource in template["Resources"].items()}
    found = [name for name, type in types.items() if type.startswith(("Custom::", "AWS::Connect::"))]
    return sorted(found, key=lambda name: types[name] == TYPE)


def failing(template: Template, after: list[str]) -> Template:
    """Returns a template with one more resource, which fails: after some of those that set a queue, before the others."""
    changed = deepcopy(template)
    resources = changed["Resources"]
    token = f"arn:aws:lambda:{PRIMARY}:{ACCOUNT}:function:{PROVIDER}"
    resources["Fails"] = {"Type": TYPE, "Properties": {"ServiceToken": token}, "DependsOn": after}
    for name in set(steps(template)) - set(after):
        resources[name]["DependsOn"] = [*resources[name].get("DependsOn", []), "Fails"]
    return changed


def gaps(calls: list[Call]) -> list[list[Call]]:
    """Returns the calls of each time without a caller ID, from the one that emptied the queue on."""
    runs = itertools.groupby(calls, lambda call: not call.config)
    return [list(run) for is_empty, run in runs if is_empty]


def tried(world: World, move: Move, templates: list[Template]) -> list[Tried]:
    """Deploys a recipe's templates one after the other, each of them with a failure at every step before it succeeds."""
    done: list[Tried] = []
    stack = world.stack(move.name)

    def attempt(number: int, template: Template, failed_after: list[str] | None) -> None:
        seen = len(world.calls(world.queue(move.name))) if done else 0
        if number in move.imports:
            arn = OURS.queue(PRIMARY, INSTANCE, move.queue)
            status = stack.import_resource(template, "Sales", QueueArn=arn)
        else:
            status = stack.deploy(template)
        queue = world.queue(move.name)
        after = None if failed_after is None else tuple(failed_after)
        done.append(
            Tried(number, after, status, world.config(move.name), world.has_ledger(queue), world.calls(queue)[seen:])
        )

    for number, template in enumerate(templates):
        if number and number not in move.imports:
            names = steps(template)
            for count in range(len(names) + 1):
                attempt(number, failing(template, names[:count]), names[:count])
        attempt(number, template, None)
    return done


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A local AWS whose native queue is emptied when its property is removed."""
    with Emulator(two_regions_apart()) as emulator, LocalAws(connect_endpoint=emulator.endpoint) as local_aws:
        yield World(local_aws, emulator.control)


@pytest.fixture(scope="module")
def played(world: World) -> Iterator[Mapping[str, Future[list[Tried]]]]:
    """What came of each recipe, all at the same time: most of it is waiting."""
    templates = {move: [move.template(number) for number in range(len(move.deployments) + 1)] for move in moves.ALL}
    for move in moves.ALL:
        if move is not moves.NATIVE:
            world.connect.put_queue(PRIMARY, INSTANCE, Queue(move.queue, move.name, SET))
    with ThreadPoolExecutor(2) as pool:
        yield {move.name: pool.submit(tried, world, move, templates[move]) for move in moves.ALL}


@pytest.mark.parametrize("name", [move.name for move in moves.ALL])
def test_all(played, name):
    for one in played[name].result():
        print(one.number, one.failed_after, one.status, one.config, one.has_ledger, [(c.operation[:8], bool(c.config)) for c in one.calls])
    assert 0
