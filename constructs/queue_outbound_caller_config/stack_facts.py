"""What is asked of a stack once, however many configs it has, and what an app has declared so far.

Both live as long as the stack and the app themselves: as an attribute of each.
"""

from dataclasses import dataclass, field
from typing import TypeAlias

from aws_cdk import Stack, Stage
from constructs import Construct, IConstruct, IValidation

from .arguments import Arguments, StackPlace, is_unresolved

_NAME = "_queue_outbound_caller_config"
"""The attribute of a stack and of an app."""

Declared: TypeAlias = dict[str | None, tuple[Construct, Arguments]]
"""What an app declares for a queue: Region → the config there and its arguments."""


class StackFacts:
    """What is asked of a stack once."""

    def __init__(self, stack: Stack) -> None:
        self.stack: Stack = stack
        known = (None if is_unresolved(text) else text for text in (stack.partition, stack.region, stack.account))
        self.place: StackPlace = StackPlace(*known)
        self.app: AppFacts = vars(stack.node.root).setdefault(_NAME, AppFacts())
        self.provider: IConstruct | None = None
        self.shared_plan: IValidation | None = None

    @classmethod
    def of(cls, scope: IConstruct) -> "StackFacts":
        """Returns the facts of the stack that a construct is in."""
        # Asked for every config; a stack is its own stack, and to be told so by jsii costs a fifth of a config's time.
        stack = scope if isinstance(scope, Stack) else Stack.of(scope)
        facts: StackFacts = vars(stack).get(_NAME) or cls(stack)
        vars(stack)[_NAME] = facts
        return facts


@dataclass(slots=True)
class AppFacts:
    """What an app has declared so far.

    Attributes:
        configs: by the ids of instance and queue.
        exporting: by name and place of an export, the stack that makes it.
        importing: by name and place of an export, the stacks that use it.
    """

    configs: dict[tuple[str, str], Declared] = field(default_factory=dict)
    exporting: dict[tuple[str, StackPlace], Stack] = field(default_factory=dict)
    importing: dict[tuple[str, StackPlace], list[Stack]] = field(default_factory=dict)

    def export(self, name: str, facts: StackFacts) -> bool:
        """Notes that a stack exports a name; returns False if another one of the account and Region is known to."""
        first = self.exporting.setdefault((name, facts.place), facts.stack) is facts.stack or is_unresolved(name)
        for consumer in self.importing.get((name, facts.place), ()):
            deploy_after(consumer, facts.stack)
        return first

    def import_(self, name: str, facts: StackFacts) -> None:
        """Notes that a stack imports a name. It is deployed after the stack that exports it."""
        self.importing.setdefault((name, facts.place), []).append(facts.stack)
        if producer := self.exporting.get((name, facts.place)):
            deploy_after(facts.stack, producer)


def deploy_after(later: Stack, earlier: Stack) -> None:
    """Has a stack deployed after another one of the same stage."""
    if later is not earlier and Stage.of(later) is Stage.of(earlier):
        # The newest aws-cdk-lib warns of the older name, and the oldest that this package works with has no other.
        getattr(later, "add_stack_dependency", later.add_dependency)(earlier)
