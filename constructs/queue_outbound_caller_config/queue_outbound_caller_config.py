"""`QueueOutboundCallerConfig`: the outbound caller config of one Amazon Connect queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations, CfnResource, Token
from constructs import Construct
from queue_outbound_caller_config_provider.arns import NumberForm
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import InvalidProperty, quote

from .arguments import Arguments, InvalidArguments
from .expressions import is_unresolved
from .lanes import Member
from .provider import ProviderBase, QueueOutboundCallerConfigProvider, StackFacts

if TYPE_CHECKING:
    from .arguments import (
        BehaviorArgument,
        FlowArgument,
        InstanceArgument,
        NameArgument,
        NumberArgument,
        QueueArgument,
    )

RESOURCE_TYPE = "Custom::ConnectQueueOutboundCallerConfig"
SERVICE_TIMEOUT = 1900
"""Seconds after which CloudFormation gives up: two of the function's time-outs, and Lambda's pause between them."""

NUMBER_BY_ID = "queue-outbound-caller-config:numberById"
"""The id of the warning about a number that is given by its id."""


class QueueOutboundCallerConfig(Construct):
    """Sets the outbound caller ID name, number and whisper flow of a queue, also of one that no template created.

    What is declared wins; what is not is left as the queue has it. When the construct goes, the queue gets back what it had
    before, unless `deletion_behavior` says otherwise.

    Arguments:
        scope: where it is made.
        id: its id.
        instance: the queue's instance: id, ARN, `CfnInstance` or `IInstanceRef`. An ARN of another Region than the stack's is
            fine; a bare id is in the stack's Region.
        queue: id, ARN, `CfnQueue` or `IQueueRef`.
        outbound_caller_id_name: 1 to 255 characters.
        outbound_caller_id_number: V2 ARN (`arn:…:phone-number/ID`), UUID, E.164, `CfnPhoneNumber` or `IPhoneNumberRef`. The
            ARN is used as it is; a UUID is looked up once Amazon Connect refuses it; an E.164 number is always looked up.
        outbound_flow: an outbound whisper flow of the instance: id, ARN, `CfnContactFlow` or `IContactFlowRef`.
        deletion_behavior: what the queue is left with when this goes: RESTORE what it had, CLEAR it, RETAIN what it has.
        provider: carries it out; by default one of the stack's own, made on first use.

    Each argument may be a token. At least one of name, number and flow is given.

    Raises:
        InvalidArguments: what is concrete cannot be used: every problem, with the argument and what to write instead.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        instance: InstanceArgument,
        queue: QueueArgument,
        outbound_caller_id_name: NameArgument | None = None,
        outbound_caller_id_number: NumberArgument | None = None,
        outbound_flow: FlowArgument | None = None,
        deletion_behavior: BehaviorArgument = DeletionBehavior.RESTORE,
        provider: ProviderBase | None = None,
    ) -> None:
        facts = StackFacts.of(scope)

        def path() -> str:
            return f"{scope.node.path}/{id}"

        arguments = Arguments.read(
            path,
            facts.place,
            instance=instance,
            queue=queue,
            name=outbound_caller_id_name,
            number=outbound_caller_id_number,
            flow=outbound_flow,
            behavior=deletion_behavior,
        )
        if provider is None:
            provider = facts.provider or QueueOutboundCallerConfigProvider.of(scope)
        elif not isinstance(provider, ProviderBase):
            problem = InvalidProperty(
                "provider", f"is {quote(provider)}", "Give a QueueOutboundCallerConfigProvider, or leave it out"
            )
            raise InvalidArguments(path(), [problem])
        provider.check(path, arguments, facts)
        super().__init__(scope, id)
        self._referred_to = False
        self._resource = CfnResource(
            self,
            "Resource",
            type=RESOURCE_TYPE,
            properties={**arguments.properties(provider.token_for(facts)), "ServiceTimeout": str(SERVICE_TIMEOUT)},
        )
        place = arguments.place
        member = Member(
            self._resource,
            region=place.region if place else facts.place.region,
            has_tokens=any(is_unresolved(value.text) for value in arguments.values),
            is_referred_to=lambda: self._referred_to,
        )
        provider.serve(arguments, facts, member)
        number = arguments.number.parsed if arguments.number else None
        if number is not None and number.form is NumberForm.UUID:
            Annotations.of(self).add_warning_v2(
                NUMBER_BY_ID,
                f"outbound_caller_id_number is the id {number.id}. In a Region other than that of the number's traffic "
                "distribution group Amazon Connect takes no id, so the function has to look the number up there. "
                f"Write its ARN: arn:PARTITION:connect:REGION:ACCOUNT:phone-number/{number.id}",
            )

    @property
    def ref(self) -> str:
        """The physical id: the queue's ARN + `/outbound-caller-config`."""
        self._referred_to = True
        return self._resource.ref

    @property
    def queue_arn(self) -> str:
        """The queue's ARN."""
        return self._attribute("QueueArn")

    @property
    def outbound_caller_id_name(self) -> str:
        """The name that the queue has, be it declared or its own; empty when it has none."""
        return self._attribute("OutboundCallerIdName")

    @property
    def outbound_caller_id_number_arn(self) -> str:
        """The V2 ARN of the number that the queue has; empty when it has none, or one of its own known by id alone."""
        return self._attribute("OutboundCallerIdNumberArn")

    @property
    def outbound_caller_id_number_id(self) -> str:
        """The id of the number that the queue has; empty when it has none."""
        return self._attribute("OutboundCallerIdNumberId")

    @property
    def outbound_flow_id(self) -> str:
        """The id of the whisper flow that the queue has; empty when it has none."""
        return self._attribute("OutboundFlowId")

    def _attribute(self, name: str) -> str:
        self._referred_to = True
        return Token.as_string(self._resource.get_att(name))
