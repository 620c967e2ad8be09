"""AWS CDK construct for the outbound caller config of any Amazon Connect queue, also one that the template does not create."""

from queue_outbound_caller_config_provider.config import DeletionBehavior

from . import _requirements as _requirements
from .arguments import InvalidArguments
from .monitoring import QueueOutboundCallerConfigMonitoring
from .provider import QueueOutboundCallerConfigProvider, ServiceTokenError
from .provider_stack import QueueOutboundCallerConfigProviderStack
from .queue_outbound_caller_config import QueueOutboundCallerConfig
from .replication import replicate

__version__ = "1.0.0"

__all__ = [
    "DeletionBehavior",
    "InvalidArguments",
    "QueueOutboundCallerConfig",
    "QueueOutboundCallerConfigMonitoring",
    "QueueOutboundCallerConfigProvider",
    "QueueOutboundCallerConfigProviderStack",
    "ServiceTokenError",
    "replicate",
]
