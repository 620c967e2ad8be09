"""The emulator as a process: ready soon, ended with its owner, and able to serve many at once."""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

from emulator.connect import ConnectControl, Emulator, EmulatorNotStarted
from emulator.connect.process import PROJECT
from emulator.connect.sample import BASIC_QUEUE, INSTANCE, PRIMARY

CLIENTS = 450
SIGNED = f"AWS4-HMAC-SHA256 Credential=AK/20300101/{PRIMARY}/connect/aws4_request, SignedHeaders=host, Signature=0"


def ended(endpoint: str) -> bool:
    """Says whether nothing answers any more, after at most half a minute."""
    deadline = time.monotonic() + 30
    while ConnectControl(endpoint).health():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_it_is_ready_soon_and_ends_with_its_block() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Emulator() as emulator:
        assert emulator.control.health()
    assert ended(emulator.endpoint)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 2, "seconds of the processor; it takes 0.3"


def test_it_ends_when_its_owner_is_killed() -> None:
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from emulator.connect import Emulator; import time\n"
            "print(Emulator().start().endpoint, flush=True); time.sleep(60)",
        ],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    endpoint = owner.stdout.readline().strip()
    assert ConnectControl(endpoint).health()
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert ended(endpoint)


def test_it_serves_a_state_file_from_the_command_line(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"instances": [{"id": "only", "region": PRIMARY, "queues": [{"id": "q"}]}]}))
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator.connect", "--state", str(state)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        assert ready["endpoint"].startswith("http://127.0.0.1:")
        assert ConnectControl(ready["endpoint"], ready["key"]).configs() == {(PRIMARY, "q"): {}}
    finally:
        process.terminate()
        assert process.wait(5) == 0
        process.stdout.close()


def test_a_port_that_is_taken_is_an_error_that_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(EmulatorNotStarted, match="Address already in use"):
            Emulator(port=taken.getsockname()[1]).start()


def test_hundreds_of_clients_are_served_at_once_over_connections_that_stay_open(connect: ConnectControl) -> None:
    start, failures = threading.Barrier(CLIENTS), []

    def client() -> None:
        connection = HTTPConnection(connect.endpoint.removeprefix("http://"), timeout=20)
        try:
            connection.connect()
            start.wait(20)
            for _ in range(2):
                path = f"/queues/{INSTANCE}/{BASIC_QUEUE}"
                connection.request("GET", path, headers={"Authorization": SIGNED})
                response = connection.getresponse()
                if response.status != 200 or not response.read():
                    failures.append(str(response.status))
        except (OSError, threading.BrokenBarrierError) as problem:
            failures.append(repr(problem))
        finally:
            connection.close()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert connect.counts() == {"DescribeQueue": {"ok": 2 * CLIENTS}}
