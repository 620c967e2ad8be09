"""Deploys against the quota: ours and what a user would pick instead."""

from __future__ import annotations

import itertools
import json
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from tarfile import TarFile
from typing import Any

from queue_outbound_caller_config_provider.schedule import VARIABLE

from emulator.connect.control import ConnectControl
from emulator.connect.process import Emulator
from testing.local_aws import LocalAws
from testing.local_aws.surroundings import PROJECT_ROOT
from testing.parameter_store import AWS_LIMITS, Behavior, ParameterStore

from . import world
from .answers import AnswerBox
from .environments import Environments
from .model import COLD_START, GAP, CloudFormation, Operation, Resource
from .simulation import least_seconds
from .third_client import AnotherClient, ThirdClient

LIMITS = replace(AWS_LIMITS, stale_seconds=2.0, stale_share=0.01)
"""Parameter Store's quotas, and one read in 100 that does not see what was written within the last 2 s: as often as reported."""
ALWAYS_STALE = replace(LIMITS, stale_share=1.0)
"""No read sees what was written within the last 2 s."""
OURS = "queue_outbound_caller_config_provider.handler.handler"
PLAIN = "benchmarks.peers.plain.handler"
ADAPTIVE = "benchmarks.peers.adaptive.handler"
_HANDLER_IN_AWS_CDK_LIB = "package/custom-resource-handlers/dist/custom-resources/aws-custom-resource-handler/index.js"


@dataclass
class Figures:
    """What one operation on all configs of a stack cost.

    Attributes:
        who: the function.
        configs: how many.
        operation: what was done, as CloudFormation has it.
        succeeded: how many did.
        seconds: from CloudFormation's first step to the last answer.
        window: seconds from the first to the last call of the busiest API that was not refused.
        calls: calls that were not refused, by API.
        throttled: calls that were.
        longest: seconds of the longest invocation.
        most_at_once: the most invocations running at once.
        failures: a reason or two of those that failed.
        note: what is special about this run.
        sent_back: how often an event met the limit of concurrent executions.
        parameter_calls: calls of Parameter Store, by operation, those refused for the quota too.
        parameters_throttled: calls of Parameter Store that were refused for the quota.
    """

    who: str
    configs: int
    operation: str
    succeeded: int
    seconds: float
    window: float
    calls: dict[str, int]
    throttled: int
    longest: float
    most_at_once: int
    failures: list[str] = field(default_factory=list)
    note: str = ""
    sent_back: int = 0
    parameter_calls: dict[str, int] = field(default_factory=dict)
    parameters_throttled: int = 0

    @property
    def least(self) -> float:
        """The least possible seconds for the calls that were made."""
        return least_seconds(max(self.calls.values(), default=0))

    @property
    def ratio(self) -> float:
        """Time by the least possible."""
        return self.seconds / self.least if self.least else float("nan")

    @property
    def window_ratio(self) -> float:
        """Time of the calls alone by the least possible: what the rule is answerable for."""
        return self.window / self.least if self.least else float("nan")

    @property
    def throttled_each(self) -> float:
        """Throttled calls for each config that succeeded."""
        return self.throttled / self.succeeded if self.succeeded else float("inf")


class Bench:
    """The servers of a run, and the deploys on them."""

    def __init__(self, folder: Path, local_aws: LocalAws, parameters: ParameterStore, answers: AnswerBox) -> None:
        self._folder = folder
        self._local_aws = local_aws
        self._parameters = parameters
        self._runs = itertools.count()
        self._answers = answers
        # What boto3 and crhelper trust: MiniStack's authority and the answer box's.
        self._trusted = folder / "trusted.pem"
        self._trusted.write_bytes(local_aws.ca_bundle.read_bytes() + answers.certificate.authority.read_bytes())

    def variables(self, emulator: Emulator, schedule: str = "") -> dict[str, str]:
        """Returns a function's environment."""
        return {
            **self._local_aws.credentials,
            "AWS_REGION": world.REGION,
            "AWS_DEFAULT_REGION": world.REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_CONNECT": emulator.endpoint,
            "AWS_ENDPOINT_URL_SSM": self._parameters.endpoint,
            "AWS_ENDPOINT_URL_CLOUDFORMATION": self._local_aws.endpoint,
            "AWS_CA_BUNDLE": str(self._trusted),
            "SSL_CERT_FILE": str(self._trusted),
            "NODE_EXTRA_CA_CERTS": str(self._trusted),
            "ANSWERS_PORT": str(self._answers.port),
            **({VARIABLE: schedule} if schedule else {}),
        }

    def events(self, queues: list[str]) -> dict[str, list[dict[str, Any]]]:
        """Returns an event for each queue by request type, of one stack. Nobody waits for the answers."""
        stack = CloudFormation("Warm", world.REGION, self._answers, lambda _event, _delay: None)
        before, after = (
            {f"Queue{at}": Resource(_properties(queue, version)) for at, queue in enumerate(queues)}
            for version in (1, 2)
        )
        ids = {f"Queue{at}": f"{world.queue_arn(queue)}/outbound-caller-config" for at, queue in enumerate(queues)}
        return {
            "Create": stack.events("Create", before, {}, {}),
            "Update": stack.events("Update", after, before, ids),
            "Delete": stack.events("Delete", after, {}, ids),
        }

    def _new_queues(self, count: int) -> list[str]:
        """Returns the ids of queues that no run has had before: one that deletes nothing leaves its ledgers."""
        return world.queue_ids(count, f"run {next(self._runs)} queue")

    def ours(
        self,
        configs: int,
        operations: tuple[str, ...] = ("Create", "Update", "Delete"),
        *,
        chains: bool = True,
        parallel: int | None = None,
        limit: int | None = None,
        gap: float = GAP,
        cold_start: float = COLD_START,
        baseline: Mapping[str, str] | None = None,
        parameter_store: Behavior = LIMITS,
        note: str = "",
    ) -> list[Figures]:
        """Deploys, changes and deletes a stack of configs.

        Arguments:
            configs: how many.
            operations: which of it is measured, in this order.
            chains: whether it has the construct's chains; else as a plain template.
            parallel: the construct's `max_parallel_configs`.
            limit: of concurrent executions, see `model`.
            gap: seconds, see `model`.
            cold_start: seconds, see `model`.
            baseline: what the queues have before; a whole config unless given.
            parameter_store: how it behaves.
            note: for the table.
        """
        self._parameters.behave(parameter_store)
        queues = self._new_queues(configs)
        template = world.template(queues, parallel=parallel)
        before = world.caller_config(0) if baseline is None else baseline
        with Emulator(world.seed(queues, before)) as emulator:
            variables = self.variables(emulator, template.schedule if chains else "")
            with Environments.of_python(OURS, variables, self._folder) as functions:
                stack = CloudFormation(
                    "Benchmark",
                    world.REGION,
                    self._answers,
                    functions.invoke,
                    gap=gap,
                    cold_start=cold_start,
                    limit=limit,
                )
                steps: dict[str, Callable[[], Operation]] = {
                    "Create": lambda: stack.create(template.resources if chains else template.plain()),
                    "Update": lambda: stack.update(template.changed(2) if chains else template.plain()),
                    "Delete": stack.delete,
                }
                return [
                    self._measured("this project", configs, emulator.control, steps[operation], note)
                    for operation in operations
                ]

    def peer(self, who: str, handler: str | None, configs: int) -> Figures:
        """Deploys configs with another function; `handler` is None for `AwsCustomResource`'s."""
        queues = world.queue_ids(configs)
        with Emulator(world.seed(queues, world.caller_config(0))) as emulator:
            variables = self.variables(emulator)
            functions = (
                Environments(["node", str(_peers_script()), str(_aws_custom_resource())], variables, self._folder)
                if handler is None
                else Environments.of_python(handler, variables, self._folder)
            )
            with functions:
                stack = CloudFormation("Peer", world.REGION, self._answers, functions.invoke, patience=330.0)
                properties = _sdk_call if handler is None else _properties
                resources = {f"Queue{at}": Resource(properties(queue)) for at, queue in enumerate(queues)}
                return self._measured(who, configs, emulator.control, lambda: stack.create(resources))

    def two_at_once(self, configs: int) -> tuple[Figures, ThirdClient]:
        """Deploys two stacks at the same time, while a third client reads a queue every 5 s.

        Returns the figures of both together, and the third client's calls that were answered and that were not (with boto3's
        own retries).
        """
        self._parameters.behave(LIMITS)
        both = [self._new_queues(configs) for _ in range(2)]
        with Emulator(world.seed(both[0] + both[1], world.caller_config(0))) as emulator:
            third = AnotherClient(emulator, both[0][0])
            operations: dict[int, Operation] = {}

            def deploy(number: int) -> None:
                template = templates[number]
                with Environments.of_python(
                    OURS, self.variables(emulator, template.schedule), self._folder
                ) as functions:
                    stack = CloudFormation(f"Stack{number}", world.REGION, self._answers, functions.invoke)
                    operations[number] = stack.create(template.resources)

            templates = [world.template(queues) for queues in both]
            self._start_counting(emulator.control)
            threads = [threading.Thread(target=deploy, args=(number,)) for number in range(2)]
            with third:
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            one, other = operations[0], operations[1]
            both_together = Operation(
                "Create",
                max(one.seconds, other.seconds),
                one.durations + other.durations,
                one.failures + other.failures,
                one.most_at_once + other.most_at_once,
                one.sent_back + other.sent_back,
            )
            note = f"two deploys of {configs} at once, which took {one.seconds:.0f} s and {other.seconds:.0f} s"
            figures = self._figures("this project", 2 * configs, emulator.control, both_together, note)
            return figures, third.outcome

    def _start_counting(self, control: ConnectControl) -> None:
        """Fills the buckets and forgets the calls that were made."""
        control.set_quota()
        control.clear_journal()
        self._parameters.behave(self._parameters.behavior)
        self._parameters.calls.clear()

    def _measured(
        self, who: str, configs: int, control: ConnectControl, step: Callable[[], Operation], note: str = ""
    ) -> Figures:
        """Takes a step with full buckets, and returns what it cost."""
        self._start_counting(control)
        return self._figures(who, configs, control, step(), note)

    def _figures(self, who: str, configs: int, control: ConnectControl, operation: Operation, note: str) -> Figures:
        calls: dict[str, list[float]] = {}
        throttled = 0
        for call in control.journal():
            if call.access_key == "third":
                continue
            if call.code == "ThrottlingException":
                throttled += 1
            else:
                calls.setdefault(call.operation, []).append(call.time)
        busiest = max(calls.values(), key=len, default=[0.0])
        of_parameters = list(self._parameters.calls)
        return Figures(
            who,
            configs,
            operation.request_type,
            operation.succeeded,
            operation.seconds,
            max(busiest) - min(busiest),
            {name: len(times) for name, times in sorted(calls.items())},
            throttled,
            max(operation.durations, default=0.0),
            operation.most_at_once,
            sorted(set(operation.failures))[:2],
            note,
            operation.sent_back,
            dict(sorted(Counter(call.action for call in of_parameters).items())),
            sum(call.outcome == "ThrottlingException" for call in of_parameters),
        )


def _properties(queue: str, version: int = 1) -> dict[str, Any]:
    return {
        "InstanceId": world.INSTANCE_ARN,
        "QueueId": queue,
        "OutboundCallerConfig": world.caller_config(version),
    }


def _sdk_call(queue: str) -> dict[str, Any]:
    """Returns what `AwsCustomResource` puts into the template for the same."""
    call = {
        "service": "Connect",
        "action": "updateQueueOutboundCallerConfig",
        "parameters": {
            "InstanceId": world.INSTANCE,
            "QueueId": queue,
            "OutboundCallerConfig": world.caller_config(1),
        },
        "physicalResourceId": {"id": queue},
    }
    return {"Create": json.dumps(call), "InstallLatestAwsSdk": "false"}


def _peers_script() -> Path:
    return Path(__file__).parent / "peers" / "environments.cjs"


def _aws_custom_resource() -> Path:
    """Returns `AwsCustomResource`'s own handler, from the installed aws-cdk-lib, where it finds the AWS SDK as on Lambda."""
    handler = PROJECT_ROOT / ".local" / "aws-custom-resource.js"
    package = next(Path(str(files("aws_cdk") / "_jsii")).glob("*.tgz"))
    with TarFile.open(package) as archive:
        member = archive.extractfile(_HANDLER_IN_AWS_CDK_LIB)
        if member is None:
            raise FileNotFoundError(_HANDLER_IN_AWS_CDK_LIB)
        handler.parent.mkdir(exist_ok=True)
        handler.write_bytes(member.read())
    return handler


@contextmanager
def bench() -> Iterator[Bench]:
    """Yields a bench with its servers started."""
    with (
        tempfile.TemporaryDirectory() as name,
        LocalAws() as local_aws,
        ParameterStore.in_front_of(local_aws) as parameters,
    ):
        folder = Path(name)
        (folder / "answers").mkdir()
        answers = AnswerBox(folder / "answers")
        try:
            yield Bench(folder, local_aws, parameters, answers)
        finally:
            answers.stop()
