"""What is asked of a stack once, however many configs it has, and what an app has declared so far.

Both live as long as the stack and the app themselves: as an attribute of each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from aws_cdk import Stack, Stage
from constructs import Construct, IConstruct

from .arguments import Arguments, StackPlace
from .tokens import is_unresolved

T = TypeVar("T")


@dataclass(slots=True)
class AppFacts:
    """What an app has declared so far.

    Attributes:
        configs: instance id and queue id → Region → the config there and its arguments.
        exporting: the provider stacks, each with the name of its export.
        importing: the stacks that use an export of that name.
    """

    configs: dict[tuple[str, str], dict[str, tuple[Construct, Arguments]]] = field(default_factory=dict)
    exporting: list[tuple[str, Stack]] = field(default_factory=list)
    importing: list[tuple[str, Stack]] = field(default_factory=list)

    def is_exported(self, name: str, stack: Stack) -> bool:
        """Returns whether another stack of the same account and Region exports a name."""
        return any(known == name and _same_environment(one, stack) for known, one in self.exporting)

    def export(self, name: str, stack: Stack) -> None:
        """Notes that a stack exports a name; stacks that import it are deployed after it."""
        self.exporting.append((name, stack))
        self._connect(name)

    def import_(self, name: str, stack: Stack) -> None:
        """Notes that a stack imports a name."""
        self.importing.append((name, stack))
        self._connect(name)

    def _connect(self, name: str) -> None:
        for exported, producer in self.exporting:
            for imported, consumer in self.importing:
                if (
                    exported == imported == name
                    and consumer is not producer
                    and _same_environment(producer, consumer)
                    and Stage.of(producer) is Stage.of(consumer)
                ):
                    deploy_after(consumer, producer)


class StackFacts:
    """What is asked of a stack once."""

    def __init__(self, stack: Stack) -> None:
        self.stack: Stack = stack
        known = (None if is_unresolved(text) else text for text in (stack.partition, stack.region, stack.account))
        self.place: StackPlace = StackPlace(*known)
        self.app: AppFacts = _attribute_of(stack.node.root, AppFacts)
        self.provider: Construct | None = None

    @classmethod
    def of(cls, scope: IConstruct) -> StackFacts:
        """Returns the facts of the stack that a construct is in."""
        # Asked for every config; a stack is its own stack, and to be told so by jsii costs a fifth of a config's time.
        stack = scope if isinstance(scope, Stack) else Stack.of(scope)
        return _attribute_of(stack, lambda: cls(stack))


def deploy_after(later: Stack, earlier: Stack) -> None:
    """Has a stack deployed after another."""
    # The newest aws-cdk-lib warns of the older name, and the oldest that this package works with has no other.
    getattr(later, "add_stack_dependency", later.add_dependency)(earlier)


def _same_environment(one: Stack, other: Stack) -> bool:
    places = [StackFacts.of(stack).place for stack in (one, other)]
    return places[0].region == places[1].region and places[0].account == places[1].account


def _attribute_of(construct: object, make: Callable[[], T]) -> T:
    attributes = vars(construct)
    name = "_queue_outbound_caller_config"
    if name not in attributes:
        attributes[name] = make()
    found: T = attributes[name]
    return found
