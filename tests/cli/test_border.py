"""What the command line asks other services: CloudTrail for who changed a queue, IAM for what a role allows."""

from __future__ import annotations

import io
import json
import threading
import uuid
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from queue_outbound_caller_config_provider.config import CallerConfig

from emulator.connect.sample import INSTANCE, PRIMARY, SALES_QUEUE, SUPPORT_QUEUE
from testing.local_aws import ACCOUNT
from tests.cli.conftest import Fleet
from tests.cli.test_plan import resource, written

PERSON = "arn:aws:sts::123456789012:assumed-role/Operator/jane"


class CloudTrail(HTTPServer):
    """Answers LookupEvents with what it was given, as CloudTrail does: the newest event first."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.events: list[dict[str, Any]] = []
        self.status = 200

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: CloudTrail

    def do_POST(self) -> None:
        """Answers one request."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(
            {"Events": [{"CloudTrailEvent": json.dumps(event)} for event in self.server.events]}
            if self.server.status == 200
            else {"__type": "AccessDeniedException", "message": "no"}
        ).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Writes nothing."""


@pytest.fixture
def trail(monkeypatch: pytest.MonkeyPatch, fleet: Fleet) -> Iterator[CloudTrail]:
    """A CloudTrail that the command asks; Sales has drifted."""
    fleet.own(SALES_QUEUE, CallerConfig("Declared"))
    server = CloudTrail()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", server.url)
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def event(who: str, queue: str = SALES_QUEUE, **others: Any) -> dict[str, Any]:
    """Returns CloudTrail's event of a write to a queue, made now; the queue by ARN in percent-encoding."""
    arn = f"arn:aws:connect:{PRIMARY}:{ACCOUNT}:instance/{INSTANCE}/queue/{queue}"
    return {
        "eventTime": datetime.now(UTC).isoformat(),
        "userIdentity": {"arn": who},
        "requestParameters": {"InstanceId": INSTANCE, "QueueId": quote(arn, safe="")},
        **others,
    }


def changed_by(fleet: Fleet) -> Any:
    """Returns who changed the drifted queue."""
    (row,) = json.loads(fleet.run("drift", "--json", "--region", PRIMARY).out)
    return row["changedBy"]


def test_the_newest_successful_write_to_the_queue_says_who(fleet: Fleet, trail: CloudTrail) -> None:
    trail.events = [
        event("denied", errorCode="AccessDenied"),
        event("other", SUPPORT_QUEUE),
        event(PERSON),
        event("older"),
    ]
    assert changed_by(fleet) == PERSON
    assert "jane" in fleet.run("drift", "--region", PRIMARY).out.replace("\n", "")


def test_an_older_write_is_not_taken_for_the_change(fleet: Fleet, trail: CloudTrail) -> None:
    """CloudTrail tells of a write some minutes late: until then the newest that it knows may be the deployment's."""
    trail.events = [event(PERSON, eventTime="2026-01-02T03:04:05Z")]
    fleet.connect.set_queue_config(PRIMARY, INSTANCE, SALES_QUEUE, {"OutboundCallerIdName": "By hand"})
    assert changed_by(fleet) is None
    assert "; earlier 2026-01-02 03:04 by" in " ".join(
        fleet.run("drift", "--region", PRIMARY, "--markdown").out.split()
    )


@pytest.mark.parametrize("status", [400, 200])
def test_without_an_answer_of_cloudtrail_the_drift_is_shown_all_the_same(
    fleet: Fleet, trail: CloudTrail, status: int
) -> None:
    trail.status = status
    assert changed_by(fleet) is None
    told = "Who changed a queue is not known: AccessDeniedException: cloudtrail:LookupEvents in us-east-1 is denied"
    assert (told in fleet.run("drift", "--region", PRIMARY).err) is (status == 400)


def function(fleet: Fleet, *statements: dict[str, Any]) -> str:
    """Makes a function whose role has a policy of these statements, and returns its ARN."""
    name = f"provider-{uuid.uuid4().hex[:8]}"
    iam, functions = fleet.aws.client("iam"), fleet.aws.client("lambda", PRIMARY)
    trust = {"Version": "2012-10-17", "Statement": []}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", "")
    made = functions.create_function(
        FunctionName=name, Runtime="python3.13", Role=role, Handler="index.handler", Code={"ZipFile": code.getvalue()}
    )
    return str(made["FunctionArn"])


def role_findings(fleet: Fleet, folder: Path, arn: str) -> tuple[int, list[str]]:
    """Returns the exit code of `check` and what it says of a function's role."""
    path = written(folder, {"Config": resource(SUPPORT_QUEUE, ServiceToken=arn)})
    ran = fleet.run("check", path, "--json", instance=None)
    return ran.code, [one["finding"] for one in json.loads(ran.out)]


def test_a_role_that_allows_everything_that_is_needed_gives_no_finding(fleet: Fleet, tmp_path: Path) -> None:
    arn = function(fleet, {"Effect": "Allow", "Action": ["connect:*", "ssm:*"], "Resource": "*"})
    assert role_findings(fleet, tmp_path, arn) == (0, [])


def test_a_role_that_lacks_an_action_is_told_with_the_action_and_the_queue(fleet: Fleet, tmp_path: Path) -> None:
    arn = function(fleet, {"Effect": "Allow", "Action": "connect:DescribeQueue", "Resource": "*"})
    code, (finding,) = role_findings(fleet, tmp_path, arn)
    assert code == 2
    assert "does not allow connect:UpdateQueueOutboundCallerConfig" in finding
    assert SUPPORT_QUEUE in finding


def test_a_role_that_denies_a_ledger_is_told(fleet: Fleet, tmp_path: Path) -> None:
    allow = {"Effect": "Allow", "Action": ["connect:*", "ssm:*"], "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "ssm:PutParameter", "Resource": "*"}
    code, (finding,) = role_findings(fleet, tmp_path, function(fleet, allow, deny))
    assert code == 2
    assert "denies ssm:PutParameter" in finding
