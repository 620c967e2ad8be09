"""`discover`: an instance's queues as config.toml, CDK or CloudFormation text."""

from __future__ import annotations

from pathlib import Path

import click

from queue_outbound_caller_config_cli.cells import counted
from queue_outbound_caller_config_cli.context import CANNOT_TELL, Options, common_options, read, reading
from queue_outbound_caller_config_cli.discovery import Discovery, discover
from queue_outbound_caller_config_cli.errors import CannotTell
from queue_outbound_caller_config_cli.flows import flows_of
from queue_outbound_caller_config_cli.phone_numbers import number_book
from queue_outbound_caller_config_cli.render import as_json, note
from queue_outbound_caller_config_cli.resource_text import cdk_text, cloudformation_text
from queue_outbound_caller_config_cli.toml_text import ids_text, toml_text

_FORMATS = {"toml": toml_text, "cdk": cdk_text, "cloudformation": cloudformation_text, "ids": ids_text}


@click.command("discover", short_help="An instance's queues as config.toml, CDK or CloudFormation.")
@click.option(
    "--name", "names", multiple=True, metavar="PATTERN", help="Queues by name, * for anything; may be repeated."
)
@click.option("--unmanaged", is_flag=True, help="Only queues that no stack declares.")
@click.option("--format", "wanted", type=click.Choice(list(_FORMATS)), default="toml", show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="The file to write. Default: standard output.")
@common_options
def discover_command(
    options: Options, names: tuple[str, ...], unmanaged: bool, wanted: str, output: Path | None
) -> int:
    """Write an instance's queues as text whose first deployment changes no queue."""
    if options.form == "markdown":
        raise click.UsageError("discover writes declarations, not a table. Give --format in place of --markdown")
    if output is not None and output.exists() and not options.confirm(f"{output} is there already. Replace it?"):
        return CANNOT_TELL
    with reading(options) as (aws, progress):
        inventory = read(options, aws, progress)
        if inventory.problems:
            raise CannotTell("Nothing was written, since a Region could not be read")
        book = number_book(aws, inventory.instance, inventory.numbers_used)
        flows = flows_of(aws, inventory.instance, inventory.instance.regions[0])
    for problem in book.problems:
        note(problem)
    names_of_flows = {id: flow.get("Name") or id for id, flow in flows.items()}
    found = discover(inventory, book, names_of_flows, names, unmanaged=unmanaged)
    if wanted == "ids":
        found = found.with_empty()
    if not found.queues:
        raise CannotTell("No queue with a config was found. Check --name and --unmanaged")
    text = as_json(_objects(found)) if options.form == "json" else _FORMATS[wanted](found)
    _write(found, text, output)
    return CANNOT_TELL if book.problems else 0


def _write(found: Discovery, text: str, output: Path | None) -> None:
    if output is not None:
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as problem:
            raise CannotTell(f"{output} cannot be written: {problem.strerror}. Name another --output") from None
        counts = ((found.queues, "queue"), (found.numbers, "number"), (found.flows, "flow"))
        note(f"{output}: {', '.join(counted(len(some), noun) for some, noun in counts)}")
    else:
        click.echo(text, nl=False)


def _objects(found: Discovery) -> list[dict[str, object]]:
    return [
        {
            "key": queue.key,
            "queueId": queue.id,
            "queueName": queue.name,
            "configs": {region: config.to_api() for region, config in queue.configs.items()},
            "owners": list(queue.owners),
        }
        for queue in found.queues
    ]
