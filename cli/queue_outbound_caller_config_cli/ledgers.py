"""The ledgers of an instance in one Region, read in pages, and what CloudFormation knows of their owners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from queue_outbound_caller_config_provider.arns import LEDGER_ROOT, Place, Queue, is_id
from queue_outbound_caller_config_provider.errors import ProviderError
from queue_outbound_caller_config_provider.ledger import Ledger
from queue_outbound_caller_config_provider.ledger_document import from_document
from queue_outbound_caller_config_provider.ledger_store import LedgerStore
from queue_outbound_caller_config_provider.owners import Owners
from queue_outbound_caller_config_provider.settings import LedgerSettings

from .aws import Aws, Refusal
from .stack_resources import StackResources

_PAGE = 10
"""The largest page of GetParametersByPath."""


@dataclass(frozen=True)
class LedgerRead:
    """A queue's ledger as it was read.

    Attributes:
        ledger: The ledger, if there is one.
        problem: Why it cannot be read.
        at: When it was changed last, in seconds since the epoch.
    """

    ledger: Ledger | None = None
    problem: str | None = None
    at: float = 0.0


def ledgers_of(aws: Aws, place: Place, instance_id: str) -> dict[str, LedgerRead]:
    """Returns the ledgers of an instance in one Region, by queue id.

    Raises:
        CannotTell: Parameter Store refused the call.
    """
    request = {"Path": f"{LEDGER_ROOT}/{instance_id}", "WithDecryption": True, "MaxResults": _PAGE}
    found: dict[str, LedgerRead] = {}
    try:
        for page in aws.pages("ssm", place.region, "GetParametersByPath", request):
            for parameter in page["Parameters"]:
                queue = Queue(place, instance_id, parameter["Name"].rpartition("/")[2])
                if is_id(queue.id):
                    found[queue.id] = _read(aws, queue, parameter)
    except Refusal as refusal:
        raise refusal.explained from None
    return found


def store_of(aws: Aws, queue: Queue, settings: LedgerSettings) -> LedgerStore:
    """Returns the provider's own reader and writer of a queue's ledger."""
    return LedgerStore(queue, aws.paced("ssm", queue.place.region), settings)


def owners_of(aws: Aws, region: str, warn: Callable[[str], None]) -> Owners:
    """Returns who asks CloudFormation about the owners in a Region's ledgers."""
    clients: dict[str, StackResources] = {}

    def client(service: str, at: str) -> StackResources:
        return clients.setdefault(at, StackResources(aws.client(service, at)))

    return Owners(aws.paced("cloudformation", region, client), warn)


def settings_of(aws: Aws, queue: Queue) -> LedgerSettings:
    """Returns the settings with which a queue's ledger was written: the command line is not told the provider's.

    Raises:
        ProviderError: Parameter Store refused the call.
    """
    region, name = queue.place.region, queue.ledger_name
    wanted = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    request = {"ParameterFilters": wanted}
    answer = aws.paced("ssm", region).call(region, "ssm:DescribeParameters", request, about=name)
    found: dict[str, Any] = next(iter(answer["Parameters"]), {})
    return _settings(found.get("Type", "String"), found.get("KeyId"))


def _settings(type: str, key: str | None = None) -> LedgerSettings:
    return LedgerSettings({}, (key or "alias/aws/ssm") if type == "SecureString" else None)


def _read(aws: Aws, queue: Queue, parameter: dict[str, Any]) -> LedgerRead:
    try:
        entry = from_document(parameter["Value"], queue)
        if entry.after == parameter["Version"] - 1:
            return LedgerRead(entry.ledger, at=entry.at)
        # Someone wrote in between without having seen the version before: only the store can put the two together.
        return LedgerRead(store_of(aws, queue, _settings(parameter["Type"])).read().ledger, at=entry.at)
    except ProviderError as problem:
        return LedgerRead(problem=str(problem))
