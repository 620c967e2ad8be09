"""The demo's steps, each looked at as a person would and checked as a test would."""

from __future__ import annotations

from collections.abc import Mapping

from emulator.connect import Call, ConnectControl, Emulator
from testing.local_aws import CdkCli, LocalAws

from .cdk_progress import progress_of
from .config_file import write_config
from .plan import CHANGED, E164, FIRST, Plan, expected
from .table import table
from .terminal import Terminal
from .world import INSTANCE, REGIONS, REPLICA, Config, QueueName, World

LEDGERS = "/queue-outbound-caller-config"
Configs = Mapping[QueueName, Config]


def demonstrate(terminal: Terminal) -> list[str]:
    """Start the servers, run every step, and end what was started.

    Returns:
        What was not as it should be; nothing when all was.

    Raises:
        CdkCliError: A CDK command failed; its text has the command's output and the function's log.
    """
    terminal.heading("Start a local AWS (MiniStack) and a stand-in for Amazon Connect")
    world = World()
    with Emulator(world.seed) as emulator, LocalAws(connect_endpoint=emulator.endpoint) as local_aws:
        terminal.progress(f"AWS at {local_aws.endpoint}, Amazon Connect at {emulator.endpoint}")
        demonstration = Demonstration(terminal, world, emulator.control, local_aws)
        demonstration.run()
        if demonstration.wrong:
            terminal.show(f"The function's log:\n{local_aws.function_log(*REGIONS)}")
        return demonstration.wrong


class Demonstration:
    """The steps: bootstrap, deploy, changed deploy, destroy.

    Args:
        terminal: Where it is shown.
        world: What the emulator started with.
        connect: The emulator.
        local_aws: Where the CDK CLI deploys to.

    Attributes:
        wrong: What was not as it should be so far.
    """

    def __init__(self, terminal: Terminal, world: World, connect: ConnectControl, local_aws: LocalAws) -> None:
        self.wrong: list[str] = []
        self._terminal = terminal
        self._world = world
        self._connect = connect
        self._local_aws = local_aws
        self._cdk = CdkCli(local_aws, regions=REGIONS, on_line=self._on_cdk_line)
        self._config_file = local_aws.folder / "config.toml"
        self._before = self._shown = self._configs()

    def run(self) -> None:
        """Run every step; `wrong` then says how it ended."""
        self._show_configs("Before: what a person set in the console, and replication left")
        self._terminal.heading(f"cdk bootstrap, in {' and '.join(REGIONS)}")
        self._cdk.bootstrap()
        self._deploy("cdk deploy", FIRST)
        self._deploy("cdk deploy, with a changed config file", CHANGED)
        self._destroy("cdk destroy")

    def _deploy(self, what: str, plan: Plan) -> None:
        """Deploy one plan; show and check what came of it."""
        self._terminal.heading(what)
        write_config(self._config_file, plan, self._world)
        self._connect.clear_journal()
        # A rollback would take the function's log with it, and these deploys are not meant to fail.
        self._cdk.deploy(*self._context(), "--concurrency=2", "--no-rollback")
        self._show_configs(f"After {what}")
        self._show_numbers_of_replica(plan)
        self._check_configs(
            expected(self._before, plan), "every queue has the declared fields, over what it had before"
        )

    def _destroy(self, what: str) -> None:
        """Destroy what was deployed; show and check what came of it."""
        self._terminal.heading(what)
        self._connect.clear_journal()
        self._cdk.destroy(*self._context(), "--concurrency=2")
        self._show_configs(f"After {what}")
        self._show_numbers_of_replica({})
        self._check_configs(self._before, "every queue has what it had before the first deploy")
        self._check_nothing_is_left()

    def _context(self) -> tuple[str, str]:
        return ("--context", f"config={self._config_file}")

    def _on_cdk_line(self, line: str) -> None:
        told = progress_of(line)
        if told:
            self._terminal.progress(told)

    # What is there

    def _configs(self) -> dict[QueueName, Config]:
        return {
            QueueName(entry["region"], entry["queue"]): self._world.config(entry["config"])
            for entry in self._connect.queues()
            if entry["instance"] == INSTANCE
        }

    # What is shown

    def _show_configs(self, title: str) -> None:
        """A table of every queue's config, with a mark where it is not what the last table had."""
        world, previous = self._world, self._shown
        self._shown = configs = self._configs()
        ordered = sorted(configs, key=lambda queue: (queue.region, world.queue_name(queue.queue)))
        rows = [
            (
                queue.region,
                world.queue_name(queue.queue),
                configs[queue].name or "-",
                world.number_name(configs[queue].number),
                world.flow_name(configs[queue].flow),
            )
            for queue in ordered
        ]
        header = ("Region", "Queue", "Caller ID name", "Caller ID number (claimed to)", "Outbound whisper flow")
        marked = [configs[queue] != previous[queue] for queue in ordered]
        self._terminal.show(f"{title}{' (▸ changed)' if any(marked) else ''}:\n" + table(header, rows, marked=marked))

    def _show_numbers_of_replica(self, plan: Plan) -> None:
        """A table of the numbers that reached the replica Region, and a check that a group's came by its ARN."""
        writes = [
            call
            for call in self._connect.journal("UpdateQueueOutboundCallerConfig", region=REPLICA)
            if self._number_given(call) is not None
        ]
        if not writes:
            return
        rows = []
        for call in writes:
            given = str(self._number_given(call))
            queue = QueueName(REPLICA, call.input["QueueId"])
            rows.append(
                (
                    self._world.queue_name(queue.queue),
                    self._origin(queue, plan),
                    given,
                    f"refused: {call.code}" if call.code else "accepted",
                )
            )
        self._terminal.show(
            f"Numbers that reached {REPLICA}, from the calls of UpdateQueueOutboundCallerConfig:\n"
            + table(("Queue", "Where the number comes from", "What the API was given", "Answer"), rows)
        )
        shared = [call for call in writes if call.ok and self._world.is_shared(self._id_given(call))]
        self._check(
            bool(shared) and all(self._number_given(call) == self._arn_given(call) for call in shared),
            f"each number of a traffic distribution group was accepted in {REPLICA} by the ARN of its own Region",
        )

    def _origin(self, queue: QueueName, plan: Plan) -> str:
        declaration = plan.get(queue)
        written = declaration.number_as_written(self._world) if declaration else None
        if declaration is None or written is None:
            return "the queue's own, from before"
        return f"config file: {written}" if declaration.form == E164 else f"config file: {written[:8]}… (UUID)"

    @staticmethod
    def _number_given(call: Call) -> str | None:
        number: str | None = call.input["OutboundCallerConfig"].get("OutboundCallerIdNumberId")
        return number

    def _id_given(self, call: Call) -> str:
        return str(self._number_given(call)).rpartition("/")[2]

    def _arn_given(self, call: Call) -> str:
        return self._world.number_arn(self._id_given(call))

    # What is checked

    def _check(self, holds: bool, what: str) -> None:
        if holds:
            self._terminal.right(what)
        else:
            self._terminal.wrong(what)
            self.wrong.append(what)

    def _check_configs(self, wanted: Configs, what: str) -> None:
        actual = self._shown
        self._check(actual == wanted, what)
        for queue in sorted(wanted):
            if actual.get(queue) != wanted[queue]:
                name = f"{self._world.queue_name(queue.queue)} in {queue.region}"
                self._terminal.wrong(f"  {name} has {actual.get(queue)}, and should have {wanted[queue]}")

    def _check_nothing_is_left(self) -> None:
        for region in REGIONS:
            found = self._local_aws.client("ssm", region).get_parameters_by_path(Path=LEDGERS, Recursive=True)[
                "Parameters"
            ]
            self._check(not found, f"no ledger is left in {region}")
            stacks = self._local_aws.client("cloudformation", region).describe_stacks()["Stacks"]
            names = [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]
            self._check(names == ["CDKToolkit"], f"no stack but CDK's own is left in {region}")
