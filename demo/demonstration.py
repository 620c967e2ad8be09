"""The demo's acts, each looked at as a person would and checked as a test would."""

from __future__ import annotations

from emulator.connect import Emulator
from emulator.connect.sample import BASIC_QUEUE, SALES_QUEUE, SECOND_INSTANCE_NUMBER, UNCLAIMED_NUMBER
from testing.local_aws import ACCOUNT, CdkCli, CdkCliError, LocalAws

from .cdk_progress import progress_of
from .config_file import ConfigFile
from .queues import Queues
from .stacks import Stacks
from .story import CHANGED_BASIC, DEPLOYED, FAILED_OVER, FAILING, RENAMED, RENAMED_SALES, SALES, Declarations, expected
from .table import Row, table
from .terminal import Terminal
from .world import PRIMARY, REGIONS, REPLICA, Config, QueueName, World


def demonstrate(terminal: Terminal, world: World) -> list[str]:
    """Starts the servers, plays the acts, and ends what was started.

    Args:
        terminal: Where it is shown.
        world: What the emulator starts with.

    Returns:
        What was not as it should be; nothing if all was.

    Raises:
        CdkCliError: A CDK command failed; its text has the command's output and the function's log.
    """
    terminal.heading("Start a local AWS (MiniStack) and a stand-in for Amazon Connect")
    with Emulator(world.seed) as emulator, LocalAws(connect_endpoint=emulator.endpoint) as local_aws:
        terminal.progress(f"AWS at {local_aws.endpoint}, Amazon Connect at {emulator.endpoint}")
        demonstration = Demonstration(terminal, world, Queues(emulator.control, world), local_aws)
        demonstration.run()
        if demonstration.wrong:
            terminal.show(f"The function's log:\n{local_aws.function_log(*REGIONS)}")
        return demonstration.wrong


class Demonstration:
    """The acts, in order.

    Args:
        terminal: Where it is shown.
        world: The names of what the emulator started with.
        queues: The emulator's queues.
        local_aws: Where the CDK CLI deploys to.

    Attributes:
        wrong: What was not as it should be so far.
    """

    def __init__(self, terminal: Terminal, world: World, queues: Queues, local_aws: LocalAws) -> None:
        self.wrong: list[str] = []
        self._terminal = terminal
        self._world = world
        self._queues = queues
        self._stacks = Stacks(local_aws)
        self._cdk = CdkCli(local_aws, regions=REGIONS, on_line=self._on_cdk_line)
        self._config_file = ConfigFile(local_aws.folder / "config.toml", world)
        self._before = self._shown = queues.configs()

    def run(self) -> None:
        """Plays the acts, as long as all is as it should be; `wrong` then says how it ended."""
        acts = (
            self._bootstrap,
            self._deploy_in_one_region,
            self._rename,
            self._fail,
            self._fail_over,
            self._fail_back,
            self._destroy,
        )
        for act in acts:
            act()
            if self.wrong:
                return

    # The acts

    def _bootstrap(self) -> None:
        self._act(
            "Before",
            f"An instance in {PRIMARY} and its replica in {REPLICA}. Amazon Connect mirrors them both ways, so a queue "
            "and its replica are one queue. A person set these caller IDs in the console.",
        )
        self._terminal.command(" ".join(["cdk bootstrap", *(f"aws://{ACCOUNT}/{region}" for region in REGIONS)]))
        self._cdk.bootstrap()
        self._show_queues("What each queue has:")

    def _deploy_in_one_region(self) -> None:
        self._act(
            f"Act 1: deploy in {PRIMARY}, and {REPLICA} follows",
            "The numbers are written as one dials them; what is left out stays as the queue has it.",
            DEPLOYED,
        )
        self._deploy(PRIMARY)
        self._show_queues()
        self._check_queues(DEPLOYED, "In both Regions, each declared queue has what is declared, over what it had.")
        self._check(not self._queues.writes(REPLICA), f"Nothing was written in {REPLICA}: Amazon Connect mirrored it.")

    def _rename(self) -> None:
        self._act(
            "Act 2: a rename",
            "The table's name is part of the logical id. So CloudFormation creates a new resource for the queue, and "
            "then deletes the old one: the caller ID must survive that.",
            RENAMED,
        )
        self._deploy(PRIMARY)
        self._show_queues()
        self._check_queues(RENAMED, "Each queue kept what it had.")
        others = [config for config in self._queues.written(SALES_QUEUE) if config != SALES.config]
        self._check(not others, "Sales was not without its caller ID for a moment: nothing else was written to it.")
        resources = self._stacks.configs_of(_stack(PRIMARY), PRIMARY)
        self._check(
            sum(id.startswith(RENAMED_SALES.key) for id in resources) == 1 and len(resources) == len(RENAMED),
            f"The stack has {RENAMED_SALES.key} now, and no longer the resource with the old name.",
        )

    def _fail(self) -> None:
        number = self._world.e164(UNCLAIMED_NUMBER)
        self._act(
            "Act 3: a deploy that fails, and rolls back",
            f"Basic gets another name. But Support gets {number}, a number that was released.",
            FAILING,
        )
        failure = self._failure_of_deploy()
        self._show_queues()
        # Messages show a number's end alone.
        self._check(
            "OutboundCallerIdNumberId" in failure and number[-4:] in failure,
            "The deploy failed, and its message names the property and the end of the number.",
        )
        self._check(
            CHANGED_BASIC.config.name in {config.name for config in self._queues.written(BASIC_QUEUE)},
            "BasicQueue had its new name for a while.",
        )
        self._check_queues(RENAMED, "The rollback took it back: in both Regions, each queue has what it had.")
        self._terminal.say("The config file is put back, too, as one reverts a commit.")
        self._config_file.write(RENAMED)

    def _failure_of_deploy(self) -> str:
        """Returns what a deploy wrote that failed; nothing if it did not fail."""
        try:
            self._deploy(PRIMARY)
        except CdkCliError as failed:
            return str(failed)
        return ""

    def _fail_over(self) -> None:
        self._act(
            f"Act 4: failover, the stack in {REPLICA} takes over",
            f"{PRIMARY} is in trouble. The replica's stack becomes a second owner of BasicQueue, deployed alone.",
            FAILED_OVER,
        )
        self._deploy(REPLICA)
        self._show_queues()
        self._check_queues(FAILED_OVER, f"In both Regions, BasicQueue has what the stack in {REPLICA} declares.")
        arn = self._world.number_arn(SECOND_INSTANCE_NUMBER)
        self._check(
            self._queues.numbers_written(REPLICA) == {arn},
            f"Only the number's full ARN is accepted in {REPLICA}. The function looked it up.",
        )

    def _fail_back(self) -> None:
        self._act(
            "Act 5: the failover ends, its stack is deleted",
            f"The stack in {PRIMARY} still declares BasicQueue. So its config must come back, not what the queue had "
            "before the failover's stack, and not what it had before everything.",
            RENAMED,
        )
        self._delete(REPLICA)
        self._show_queues()
        self._check_queues(RENAMED, f"In both Regions, BasicQueue has again what the stack in {PRIMARY} declares.")

    def _destroy(self) -> None:
        self._act("Act 6: destroy", "The final owner is removed. The config file does not change.")
        self._delete()
        self._show_queues()
        self._check_queues((), "In both Regions, each queue has what it had before the first deploy.")
        for region in REGIONS:
            self._check(not self._stacks.ledgers(region), f"No ledger is left in {region}.")
            self._check(
                self._stacks.names(region) == ["CDKToolkit"], f"No stack but the CDK's own is left in {region}."
            )

    # What is shown

    def _act(self, title: str, why: str, declared: Declarations | None = None) -> None:
        """Begins an act: its title, what it is about, and what changes in the config file."""
        self._terminal.heading(title)
        self._terminal.say(why)
        if declared is not None:
            self._terminal.diff(self._config_file.write(declared))
        self._queues.forget_calls()

    def _deploy(self, region: str) -> None:
        """Deploys the stack of one Region, and not the other one."""
        self._terminal.command(f"cdk deploy --exclusively {_stack(region)}")
        self._cdk.deploy("--context", f"config={self._config_file.path}", stack=_stack(region))

    def _delete(self, region: str | None = None) -> None:
        """Destroys the stack of one Region, or both."""
        stack = None if region is None else _stack(region)
        self._terminal.command(f"cdk destroy {'--all' if stack is None else f'--exclusively {stack}'}")
        self._cdk.destroy(f"--app={self._cdk.assembly}", stack=stack)

    def _on_cdk_line(self, line: str) -> None:
        told = progress_of(line)
        if told:
            self._terminal.progress(told)

    def _show_queues(self, title: str = "What each queue has (before, → now):") -> None:
        """Shows every queue's config, and below it what changed since it was last shown."""
        before, self._shown = self._shown, self._queues.configs()
        header = ("Queue", "Region", "Caller ID name", "Number", "Whisper flow")
        rows = [(self._row(queue, before[queue]), self._row(queue, now)) for queue, now in self._shown.items()]
        self._terminal.table(title, table(header, rows))

    def _row(self, queue: QueueName, config: Config) -> Row:
        return (self._world.queue_name(queue.queue), queue.region, *self._world.cells(config))

    # What is checked

    def _check(self, holds: bool, what: str) -> None:
        if holds:
            self._terminal.right(what)
        else:
            self._terminal.wrong(what)
            self.wrong.append(what)

    def _check_queues(self, declared: Declarations, what: str) -> None:
        """Checks what every queue has, and names each one that is not as it should be."""
        wanted = expected(self._before, declared)
        self._check(self._shown == wanted, what)
        for queue in wanted:
            if self._shown.get(queue) != wanted[queue]:
                name = f"{self._world.queue_name(queue.queue)} in {queue.region}"
                self._terminal.wrong(f"{name} has {self._shown.get(queue)}, and should have {wanted[queue]}")


def _stack(region: str) -> str:
    """Returns the name that app.py gives a Region's stack."""
    return f"QueueCallerConfig-{region}"
