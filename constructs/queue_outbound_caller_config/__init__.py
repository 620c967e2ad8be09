"""AWS CDK construct for the outbound caller config of any Amazon Connect queue, also one that the template does not create."""

from queue_outbound_caller_config_provider.config import DeletionBehavior as DeletionBehavior

from . import _requirements as _requirements
from .arguments import BehaviorArgument as BehaviorArgument
from .arguments import FlowArgument as FlowArgument
from .arguments import InstanceArgument as InstanceArgument
from .arguments import InstancesArgument as InstancesArgument
from .arguments import InvalidArguments as InvalidArguments
from .arguments import NameArgument as NameArgument
from .arguments import NumberArgument as NumberArgument
from .arguments import QueueArgument as QueueArgument
from .drift_watch import QueueOutboundCallerConfigDriftWatch as QueueOutboundCallerConfigDriftWatch
from .monitoring import QueueOutboundCallerConfigMonitoring as QueueOutboundCallerConfigMonitoring
from .options import ProviderFunctionOptions as ProviderFunctionOptions
from .options import ProviderOptions as ProviderOptions
from .provider import QueueOutboundCallerConfigProvider as QueueOutboundCallerConfigProvider
from .provider_base import ProviderBase as ProviderBase
from .provider_stack import ProviderStackOptions as ProviderStackOptions
from .provider_stack import QueueOutboundCallerConfigProviderStack as QueueOutboundCallerConfigProviderStack
from .queue_outbound_caller_config import QueueOutboundCallerConfig as QueueOutboundCallerConfig
from .replication import replicate as replicate

__version__ = "1.0.0"
