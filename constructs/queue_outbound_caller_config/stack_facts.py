"""What is asked of a stack once, however many configs it has, and what an app has declared so far.

Both live as long as the stack and the app themselves: as an attribute of each.
"""

from dataclasses import dataclass, field
from typing import TypeAlias, cast

from aws_cdk import Stack, Stage
from constructs import Construct, IConstruct
from queue_outbound_caller_config_provider.errors import InvalidProperty

from .arguments import Arguments, StackPlace, is_unresolved
from .plan import Plan

_NAME = "_queue_outbound_caller_config"
"""The attribute of a stack and of an app."""

Declared: TypeAlias = dict[str | None, tuple[Construct, Arguments]]
"""What an app declares for a queue: Region → the config there and its arguments."""


class StackFacts:
    """What is asked of a stack once."""

    def __init__(self, stack: Stack, app: "AppFacts") -> None:
        self.stack: Stack = stack
        self.app: AppFacts = app
        known = (None if is_unresolved(text) else text for text in (stack.partition, stack.region, stack.account))
        self.place: StackPlace = StackPlace(*known)
        self.provider: IConstruct | None = None
        self.plan: Plan = Plan(stack)
        # Stacks of which a part of the place is not known are deployed to the same one if they are of one stage.
        self._where = (self.place, None if self.place.region and self.place.account else Stage.of(stack))

    @classmethod
    def of(cls, scope: IConstruct) -> "StackFacts":
        """Returns the facts of the stack that a construct is in."""
        # Asked for every config; a stack is its own stack, and to be told so by jsii costs a fifth of a config's time.
        stack = scope if isinstance(scope, Stack) else Stack.of(scope)
        if _NAME not in vars(stack):
            # jsii gives another object for a stack each time, unless it was made in Python; the reference is the same.
            reference = vars(stack)["__jsii_ref__"].ref
            app: AppFacts = vars(stack.node.root).setdefault(_NAME, AppFacts())
            vars(stack)[_NAME] = app.stacks[reference] = app.stacks.get(reference) or cls(stack, app)
        return cast("StackFacts", vars(stack)[_NAME])

    def export(self, name: str) -> None:
        """Notes that the stack exports a name; raises InvalidProperty if another one of the account and Region is known to."""
        first = self.app.exporting.setdefault((name, self._where), self.stack)
        if first is not self.stack and not is_unresolved(name):
            problem = f"is {name}, which another provider stack of the app exports in its account and Region"
            fix = "Give one of them another export_name, or use one provider stack for both"
            raise InvalidProperty("export_name", problem, fix)
        for consumer in self.app.importing.get((name, self._where), ()):
            deploy_after(consumer, self.stack)

    def import_(self, name: str) -> None:
        """Notes that the stack imports a name. It is deployed after the stack that exports it."""
        self.app.importing.setdefault((name, self._where), []).append(self.stack)
        if producer := self.app.exporting.get((name, self._where)):
            deploy_after(self.stack, producer)


@dataclass(slots=True)
class AppFacts:
    """What an app has declared so far.

    Attributes:
        stacks: by jsii's reference.
        configs: by the ids of instance and queue.
        exporting: by name and place of an export, the stack that makes it.
        importing: by name and place of an export, the stacks that use it.
    """

    stacks: dict[str, StackFacts] = field(default_factory=dict)
    configs: dict[tuple[str, str], Declared] = field(default_factory=dict)
    exporting: dict[tuple[str, object], Stack] = field(default_factory=dict)
    importing: dict[tuple[str, object], list[Stack]] = field(default_factory=dict)


def deploy_after(later: Stack, earlier: Stack) -> None:
    """Has a stack deployed after another one of the same stage."""
    if later is not earlier and Stage.of(later) is Stage.of(earlier):
        # The newest aws-cdk-lib warns of the older name, and the oldest that this package works with has no other.
        getattr(later, "add_stack_dependency", later.add_dependency)(earlier)
