"""What is done to many resources in one call."""

from __future__ import annotations

import os
import subprocess
import sys

from aws_cdk import App, CfnResource, Stack
from constructs import Construct
from queue_outbound_caller_config import bulk


def resources(*names: str, stack: Stack | None = None) -> list[CfnResource]:
    stack = stack or Stack(App(), "Stack")
    return [CfnResource(Construct(stack, name), "Resource", type="Custom::Some") for name in names]


def test_logical_ids_are_those_of_the_template() -> None:
    """Also where they were overridden or renamed."""
    first, second, third = resources("First", "Second", "Third")
    second.override_logical_id("Overridden")
    (before,) = bulk.logical_ids([third])
    third.stack.rename_logical_id(before, "Renamed")
    ids = bulk.logical_ids([third, first, second])
    assert ids[0] == "Renamed"
    assert ids[2] == "Overridden"
    app = third.node.root
    assert isinstance(app, App)
    assert set(ids) == set(app.synth().get_stack_by_name("Stack").template["Resources"])


def test_dependencies_are_those_of_and_on_the_resources() -> None:
    """Others are not told apart, and what does not touch the resources is left out."""
    first, second, other, another = resources("First", "Second", "Other", "Another")
    second.add_dependency(first)
    second.add_dependency(other)
    other.add_dependency(first)
    other.add_dependency(another)
    found = bulk.dependencies([first, second])
    assert len(found) == 3
    assert set(found) == {(second, first), (second, None), (None, first)}


def test_a_resource_is_awaited_whoever_was_told_to_wait_for_whatever_it_is_in() -> None:
    """A resource for a resource, a construct for a construct."""
    first, second, third, other = resources("First", "Second", "Third", "Other")
    assert bulk.are_awaited([first, second, third]) == [False, False, False]
    other.add_dependency(third)
    assert bulk.are_awaited([first, second, third]) == [False, False, True]
    scope = second.node.scope
    assert scope is not None
    other.node.add_dependency(scope)
    assert bulk.are_awaited([first, second, third]) == [False, True, True]
    assert bulk.are_awaited([first, second, third, other], {(other, third)}) == [False, True, False, False]


def test_dependencies_are_changed_to_what_is_wanted() -> None:
    """What is laid already, or was laid by someone else, stays."""
    first, second, third = resources("First", "Second", "Third")
    third.add_dependency(first)
    laid = {(second, first), (third, second)}
    bulk.change_dependencies(set(), laid)
    assert set(bulk.dependencies([first, second, third])) == {*laid, (third, first)}
    wanted = {(third, second), (first, second)}
    bulk.change_dependencies(laid, wanted)
    assert set(bulk.dependencies([first, second, third])) == {*wanted, (third, first)}


def test_nothing_is_asked_where_nothing_changes() -> None:
    """For a stack without configs, and for a second synthesis."""
    first, second = resources("First", "Second")
    bulk.change_dependencies(set(), set())
    bulk.change_dependencies({(first, second)}, {(first, second)})
    assert bulk.dependencies([first, second]) == []


def test_the_module_is_one_by_jsiis_own_schema() -> None:
    """Which jsii looks at only when it is asked to."""
    script = (
        "from aws_cdk import App, CfnResource, Stack\n"
        "from queue_outbound_caller_config import bulk\n"
        "resource = CfnResource(Stack(App(), 'Stack'), 'Some', type='Custom::Some')\n"
        "print(bulk.logical_ids([resource]))\n"
    )
    environment = {**os.environ, "JSII_VALIDATE_ASSEMBLIES": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "['Some']\n", done.stderr
