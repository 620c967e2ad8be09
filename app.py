#!/usr/bin/env python3
"""The example: the outbound caller configs of an instance and its replica, as `config.toml` declares them."""

from __future__ import annotations

import sys
from pathlib import Path

from aws_cdk import Annotations, App, Environment, Stack
from queue_outbound_caller_config import InvalidArguments, replicate

from app_config import Config, InvalidConfig

DEFAULT_CONFIG = Path(__file__).with_name("config.toml")


def build(app: App, config: Config) -> dict[str, Stack]:
    """Makes a stack for each Region, with the configs of the queues there; returns the stacks by Region."""
    # No account: a stack goes to that of the credentials, and the template is the same whoever synthesizes it.
    stacks = {
        region: Stack(
            app,
            f"QueueCallerConfig-{region}",
            env=Environment(region=region),
            description=f"Outbound caller configs of Amazon Connect queues in {region}",
        )
        for region in config.regions
    }
    for stack in stacks.values():
        Annotations.of(stack).acknowledge_warning(
            "queue-outbound-caller-config:regionsDiffer", "the config file declares each Region's values on purpose"
        )
    for queue in config.queues:
        try:
            replicate(
                {region: stacks[region] for region in queue.regions},
                queue.key,
                instance=config.instance,
                queue=queue.queue,
                outbound_caller_id_name=queue.outbound_caller_id_name,
                outbound_caller_id_number=queue.outbound_caller_id_number,
                outbound_flow=queue.outbound_flow,
                deletion_behavior=queue.deletion_behavior,
            )
        except InvalidArguments as problem:
            raise config.invalid(queue, problem.problems) from problem
    return stacks


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
