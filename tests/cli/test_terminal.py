"""What a person at a terminal sees that a script does not: a progress bar, colours, and a question before a write."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading

from queue_outbound_caller_config_provider.config import CallerConfig

from emulator.connect.fleet_sample import fleet as fleet_of
from emulator.connect.sample import INSTANCE, PRIMARY, SALES_QUEUE
from tests.cli.conftest import Fleet


def at_terminal(fleet: Fleet, *arguments: str, typed: str = "") -> tuple[int, str]:
    """Runs a command at a terminal of its own, and returns its exit code and all that it wrote there."""
    ours, theirs = pty.openpty()
    environment = {**fleet.aws.environment(PRIMARY), "TERM": "xterm", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    process = subprocess.Popen(
        [sys.executable, "-m", "queue_outbound_caller_config_cli", *arguments, "--instance", INSTANCE],
        env=environment, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    written = bytearray()

    def read() -> None:
        try:
            while piece := os.read(ours, 65536):
                written.extend(piece)
        except OSError:
            pass  # Linux's way to say that the other end is closed

    reader = threading.Thread(target=read)
    reader.start()
    os.write(ours, typed.encode())
    code = process.wait(timeout=90)
    reader.join(timeout=10)
    os.close(ours)
    return code, written.decode(errors="replace")


def test_a_progress_bar_appears_when_the_quota_has_to_be_waited_for(fleet: Fleet) -> None:
    fleet.connect.reset(fleet_of(9))
    fleet.connect.set_quota(rate=2, burst=5)
    fleet.connect.fail("SearchQueues", "AccessDeniedException", status=403, count=None)
    code, written = at_terminal(fleet, "status", "--region", PRIMARY)
    assert code == 0
    assert "Waiting for the quota of Amazon Connect" in written
    assert "/12" in written


def test_without_a_wait_there_is_no_progress_bar(fleet: Fleet) -> None:
    code, written = at_terminal(fleet, "status", "--region", PRIMARY)
    assert code == 0
    assert "Waiting" not in written
    assert "\x1b[" in written


def test_a_result_that_cannot_be_written_is_told() -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "queue_outbound_caller_config_cli", "--version"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Error: standard output: No space left on device\n")


def test_a_repair_is_asked_for_and_made_after_a_yes_alone(fleet: Fleet) -> None:
    fleet.own(SALES_QUEUE, CallerConfig("Declared"))
    code, written = at_terminal(fleet, "drift", "--repair", typed="n\n")
    assert code == 2
    assert "Write what is declared to 1 queue in us-east-1?" in written
    assert fleet.connect.queue_config(PRIMARY, INSTANCE, SALES_QUEUE) == {"OutboundCallerIdName": "Sales before"}
    code, _ = at_terminal(fleet, "drift", "--repair", typed="y\n")
    assert code == 0
    assert fleet.connect.queue_config(PRIMARY, INSTANCE, SALES_QUEUE) == {"OutboundCallerIdName": "Declared"}
