"""Fixtures of more than one folder of tests: the servers, started once a session and only when a test asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local_aws import LocalAws


@pytest.fixture(scope="session")
def ministack() -> Iterator[LocalAws]:
    """A local AWS without Connect, shared by the session (it starts in 0.3 s): SSM, CloudFormation, Lambda and more."""
    with LocalAws() as local_aws:
        yield local_aws
