"""`QueueOutboundCallerConfig`: the outbound caller config of one Amazon Connect queue."""

from aws_cdk import CfnResource, Reference, ResolutionTypeHint, Token
from constructs import Construct
from queue_outbound_caller_config_provider.config import DeletionBehavior
from queue_outbound_caller_config_provider.errors import quote

from .arguments import (
    Arguments,
    BehaviorArgument,
    FlowArgument,
    InstanceArgument,
    NameArgument,
    NumberArgument,
    QueueArgument,
    is_unresolved,
    told_of,
)
from .mistakes import check_against_app, warn
from .plan import Member
from .provider import QueueOutboundCallerConfigProvider
from .provider_base import ProviderBase
from .stack_facts import StackFacts

RESOURCE_TYPE = "Custom::ConnectQueueOutboundCallerConfig"
SERVICE_TIMEOUT = 1900
"""Seconds after which CloudFormation gives up: two of the function's time-outs, and Lambda's pause between them."""


class QueueOutboundCallerConfig(CfnResource):
    """Sets the outbound caller ID name, number and whisper flow of a queue, also of one that no template created.

    Declared fields win. All others stay as the queue has them. When the construct is deleted, the queue gets back what it
    had before, unless `deletion_behavior` says otherwise. It is a `CfnResource`, so conditions, overrides and removal policies
    are set on it directly.

    Args:
        scope: where it is made.
        id: its id.
        instance: the queue's instance: id, ARN, `CfnInstance` or `IInstanceRef`. An ARN of another Region than the stack's is
            fine: the function then calls that Region.
        queue: the queue: id, ARN, `CfnQueue` or `IQueueRef`.
        outbound_caller_id_name: 1 to 255 characters.
        outbound_caller_id_number: V2 ARN, id, E.164, `CfnPhoneNumber` or `IPhoneNumberRef`. An ARN is used as it is; an id is
            looked up once Amazon Connect rejects it; an E.164 number is always looked up.
        outbound_flow: an outbound whisper flow of the instance: id, ARN, `CfnContactFlow` or `IContactFlowRef`.
        deletion_behavior: what the queue is left with when this is deleted: RESTORE what it had, CLEAR it, RETAIN what it has.
        revision: any string. It changes nothing by itself; another one makes CloudFormation apply the config again.
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
        revision: str | None = None,
        provider: ProviderBase | None = None,
    ) -> None:
        given = {name: value for name, value in locals().items() if name not in ("self", "scope", "id", "provider")}
        facts = StackFacts.of(scope)
        with told_of("QueueOutboundCallerConfig", lambda: f"{scope.node.path}/{id}") as problems:
            arguments = Arguments.read(given, facts.place, problems)
            region = (arguments.place or facts.place).region
            if not isinstance(provider, ProviderBase | None):
                fix = "Give a QueueOutboundCallerConfigProvider, or leave it out"
                problems.add("provider", f"is {quote(provider)}", fix)
            elif not problems:
                server = provider or QueueOutboundCallerConfigProvider.of(scope)
                service_token, policies = server._serve(arguments, facts, problems)
                declared = check_against_app(scope, arguments, region, facts.app)
        own = {"ServiceToken": service_token, "ServiceTimeout": str(SERVICE_TIMEOUT)}
        super().__init__(scope, id, type=RESOURCE_TYPE, properties={**own, **arguments.properties()})
        declared[region] = (self, arguments)
        function = server.function if server._facts is facts else None
        self._member = Member(self, region, policies, server.most, function, depends=is_unresolved(str(arguments)))
        facts.plan.add(self._member)
        warn(self, arguments, given)

    @property
    def ref(self) -> str:
        """The physical id: the queue's ARN + `/outbound-caller-config`."""
        self._member.is_awaited = True
        return super().ref

    @property
    def queue_arn(self) -> str:
        """The queue's ARN."""
        return Token.as_string(self.get_att("QueueArn"))

    @property
    def outbound_caller_id_name(self) -> str:
        """The name that the queue has, be it declared or its own; empty if it has none."""
        return Token.as_string(self.get_att("OutboundCallerIdName"))

    @property
    def outbound_caller_id_number_arn(self) -> str:
        """The V2 ARN of the number that the queue has; empty if it has none, or one of its own known by id alone."""
        return Token.as_string(self.get_att("OutboundCallerIdNumberArn"))

    @property
    def outbound_caller_id_number_id(self) -> str:
        """The id of the number that the queue has; empty if it has none."""
        return Token.as_string(self.get_att("OutboundCallerIdNumberId"))

    @property
    def outbound_flow_id(self) -> str:
        """The id of the whisper flow that the queue has; empty if it has none."""
        return Token.as_string(self.get_att("OutboundFlowId"))

    def get_att(self, attribute_name: str, type_hint: ResolutionTypeHint | None = None) -> Reference:
        """An attribute of the resource, by its name in the template."""
        self._member.is_awaited = True
        return super().get_att(attribute_name, type_hint)
