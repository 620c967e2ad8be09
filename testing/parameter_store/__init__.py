"""Parameter Store as AWS limits it: a proxy in front of MiniStack's SSM, quiet until it is told otherwise.

MiniStack answers every call at once, from one copy of the truth. The service has throughput quotas, size limits by tier, and
reads that may be some seconds old. `ParameterStore` adds these, and faults on request.
"""

from .behavior import AWS_LIMITS, QUIET, Behavior, Denial, Fault
from .calls import Call
from .control import ParameterStoreControl
from .proxy import ParameterStore

__all__ = [
    "AWS_LIMITS",
    "QUIET",
    "Behavior",
    "Call",
    "Denial",
    "Fault",
    "ParameterStore",
    "ParameterStoreControl",
]
