"""`check`: whether every queue, number and flow of a template exists and fits, without writing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from queue_outbound_caller_config_provider.arns import Queue

from queue_outbound_caller_config_cli.aws import Aws
from queue_outbound_caller_config_cli.cells import counted
from queue_outbound_caller_config_cli.checking import Checker, Finding, Flows
from queue_outbound_caller_config_cli.context import CANNOT_TELL, DIFFERENCES, Options, common_options, reading
from queue_outbound_caller_config_cli.flows import flows_of
from queue_outbound_caller_config_cli.instances import ConnectInstance
from queue_outbound_caller_config_cli.permissions import Permissions
from queue_outbound_caller_config_cli.planned_world import parameters_of, read_planned_stacks, read_world
from queue_outbound_caller_config_cli.render import Report, note


@click.command(short_help="Whether a template's queues, numbers, flows exist and fit.")
@click.argument("path", type=click.Path(path_type=Path), default="cdk.out")
@click.option(
    "--stack", metavar="NAME", help="The stack that a template's file is deployed as. Default: the file's name."
)
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the template.")
@common_options
def check(options: Options, path: Path, stack: str | None, parameters: tuple[str, ...]) -> int:
    """Check that what PATH (cdk.out, or a template) names exists and fits; write nothing."""
    with reading(options) as (aws, progress):
        stacks, left_out = read_planned_stacks(options, aws, path, stack, parameters_of(parameters))
        world, problems = read_world(aws, stacks, progress)
        permissions = Permissions(aws)
        checker = Checker(world, _flows(aws), permissions.judge)
        findings = [finding for one in stacks for finding in checker.check(one)]
    problems += left_out
    for problem in problems:
        note(problem)
    resources = sum(len(one.declarations) for one in stacks)
    options.show(_report(path, findings, resources))
    if any(not finding.is_unknown for finding in findings):
        return DIFFERENCES
    return CANNOT_TELL if findings or problems else 0


def _flows(aws: Aws) -> Flows:
    """Returns what looks up flows, each instance and Region once."""
    known: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}

    def flows(queue: Queue) -> dict[str, dict[str, Any]]:
        key = (queue.instance_id, queue.place.region)
        if key not in known:
            instance = ConnectInstance(queue.instance_id, queue.instance_id, (queue.place,))
            known[key] = flows_of(aws, instance, queue.place.region)
        return known[key]

    return flows


def _report(path: Path, findings: list[Finding], resources: int) -> Report:
    wrong = sum(not finding.is_unknown for finding in findings)
    unknown = len(findings) - wrong
    return Report(
        title=f"{path.name}: {counted(resources, 'resource')}, {counted(wrong, 'finding')}, {unknown} that cannot be told",
        columns=("Stack", "Resource", "Region", "Finding"),
        rows=[
            (one.stack, one.logical_id, one.region, ("cannot tell: " if one.is_unknown else "") + one.text)
            for one in findings
        ],
        objects=[
            {
                "stack": one.stack,
                "logicalId": one.logical_id,
                "region": one.region,
                "finding": one.text,
                "known": not one.is_unknown,
            }
            for one in findings
        ],
        dispensable=("Stack",),
    )
