"""The checks, one module for each part of AWS; importing this registers them all."""

from . import cloudformation, iam, lists, mirroring, numbers, parameter_store, queue_config, queues, quota

__all__ = [
    "cloudformation",
    "iam",
    "lists",
    "mirroring",
    "numbers",
    "parameter_store",
    "queue_config",
    "queues",
    "quota",
]
