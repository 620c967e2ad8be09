"""AWS CDK construct for the outbound caller config of any Amazon Connect queue, also one that the template does not create."""

from queue_outbound_caller_config_provider.config import DeletionBehavior

from . import _requirements as _requirements
from .arguments import (
    BehaviorArgument,
    FlowArgument,
    InstanceArgument,
    InvalidArguments,
    NameArgument,
    NumberArgument,
    QueueArgument,
)
from .drift_watch import QueueOutboundCallerConfigDriftWatch
from .monitoring import QueueOutboundCallerConfigMonitoring
from .options import ProviderOptions
from .provider import QueueOutboundCallerConfigProvider
from .provider_base import ProviderBase
from .provider_stack import ProviderStackOptions, QueueOutboundCallerConfigProviderStack
from .queue_outbound_caller_config import QueueOutboundCallerConfig
from .replication import replicate

__version__ = "1.0.0"

__all__ = [
    "BehaviorArgument",
    "DeletionBehavior",
    "FlowArgument",
    "InstanceArgument",
    "InvalidArguments",
    "NameArgument",
    "NumberArgument",
    "ProviderBase",
    "ProviderOptions",
    "ProviderStackOptions",
    "QueueArgument",
    "QueueOutboundCallerConfig",
    "QueueOutboundCallerConfigDriftWatch",
    "QueueOutboundCallerConfigMonitoring",
    "QueueOutboundCallerConfigProvider",
    "QueueOutboundCallerConfigProviderStack",
    "replicate",
]
