#!/usr/bin/env python3
"""The example: the outbound caller configs of an instance and its replica, as `config.toml` declares them."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

from aws_cdk import Annotations, App, Environment, Stack
from queue_outbound_caller_config import (
    InvalidArguments,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigProvider,
)

from app_config import Config, InvalidConfig

DEFAULT_CONFIG = Path(__file__).with_name("config.toml")
PROVIDER = "QueueOutboundCallerConfigProvider"
"""The id that the provider has by default, so that `max_parallel_configs` moves no function."""


def build(app: App, config: Config) -> list[Stack]:
    """Makes the stacks of each Region, with the configs of the queues there."""
    return [stack for region in config.regions for stack in _stacks(app, config, region)]


def _stacks(app: App, config: Config, region: str) -> list[Stack]:
    """Makes the stacks of one Region. The first one has no number, so that a further stack renames none."""
    stacks: list[Stack] = []
    for number in range(1, config.stacks + 1):
        # No account: a stack goes to that of the credentials, and the template is the same whoever synthesizes it.
        stack = Stack(
            app,
            f"QueueCallerConfig-{region}" + (f"-{number}" if number > 1 else ""),
            env=Environment(region=region),
            description=f"Outbound caller configs of Amazon Connect queues in {region}",
        )
        Annotations.of(stack).acknowledge_warning(
            "queue-outbound-caller-config:regionsDiffer", "the config file declares each Region's values on purpose"
        )
        if stacks:
            # Older versions of aws-cdk-lib have only the second name, and newer ones warn of it.
            depend_on = getattr(stack, "add_stack_dependency", stack.add_dependency)
            depend_on(stacks[-1], "they share the quota of Amazon Connect")
        stacks.append(stack)
        _declare(stack, config, region, number)
    return stacks


def _declare(stack: Stack, config: Config, region: str, number: int) -> None:
    """Makes the configs of one stack."""
    most = config.max_parallel_configs
    provider = QueueOutboundCallerConfigProvider(stack, PROVIDER, max_parallel_configs=most) if most else None
    for queue in config.queues:
        if region not in queue.declared or config.stack_of(queue) != number:
            continue
        try:
            QueueOutboundCallerConfig(
                stack,
                queue.key,
                instance=config.instance,
                queue=queue.queue,
                provider=provider,
                **asdict(queue.declared[region]),
            )
        except InvalidArguments as problem:
            raise config.invalid(queue, problem.problems) from problem


def main() -> None:
    """Synthesizes the app into the cloud assembly."""
    app = App()
    try:
        build(app, Config.read(Path(app.node.try_get_context("config") or DEFAULT_CONFIG)))
    except InvalidConfig as problem:
        sys.exit(str(problem))
    app.synth()


if __name__ == "__main__":
    main()
