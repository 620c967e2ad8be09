"""A stand-in for Amazon Connect, for tests, the demo and the benchmarks.

It is written from public documentation: the API pages, the admin guide, the service authorization reference and
botocore's model of `connect`. It has not been compared with the service. If that documentation leaves a point open,
`emulator.connect.settings` has a switch or docs/emulator.md says what was chosen.

`Emulator` runs it in a process of its own, `ConnectControl` looks into it and changes it, `Seed`, `two_regions` and
`two_regions_apart` say what it starts with.
"""

from .control import ConnectControl, ControlError
from .faults import Fault
from .journal import Call
from .process import Emulator, EmulatorNotStarted
from .sample import many_queues, two_regions, two_regions_apart
from .seed import Flow, Instance, PhoneNumber, Queue, Seed, SeedError, TrafficDistributionGroup

__all__ = [
    "Call",
    "ConnectControl",
    "ControlError",
    "Emulator",
    "EmulatorNotStarted",
    "Fault",
    "Flow",
    "Instance",
    "PhoneNumber",
    "Queue",
    "Seed",
    "SeedError",
    "TrafficDistributionGroup",
    "many_queues",
    "two_regions",
    "two_regions_apart",
]
