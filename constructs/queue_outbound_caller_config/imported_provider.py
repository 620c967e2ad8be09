"""A provider that was deployed elsewhere, known by its service token."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct
from queue_outbound_caller_config_provider.schedule import MOST_CHAINS

from .arguments import InstanceArgument
from .plan import Member, Plan
from .provider_base import ProviderBase
from .service_token import check_service_token
from .stack_facts import StackFacts


class ImportedProvider(ProviderBase):
    """A provider that was deployed elsewhere.

    Args:
        scope: where it is used.
        id: its id there.
        service_token: the ARN of its function, or of an SNS topic in front of it; it may be a token.
        instances: the instances that it serves; None: not told.

    Raises:
        InvalidArguments: an instance is none.
        ServiceTokenError: the service token is known to be useless here.
    """

    def __init__(
        self, scope: Construct, id: str, service_token: str, instances: Sequence[InstanceArgument] | None
    ) -> None:
        super().__init__(scope, id, instances)
        check_service_token(service_token, self._facts.place, self.node.path)
        self._service_token = service_token
        self._plan = Plan(self._facts.stack, MOST_CHAINS, scheduled=False)
        self.node.add_validation(self._plan)

    @property
    def service_token(self) -> str:
        """As it was given."""
        return self._service_token

    def _token_for(self, facts: StackFacts) -> str:  # noqa: ARG002 - it is the same everywhere
        return self._service_token

    def _add(self, facts: StackFacts, member: Member) -> None:
        self._plan.add(facts.stack, member)
