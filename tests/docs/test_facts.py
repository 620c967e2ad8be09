"""What the README and the pages state as facts, held against the code that they are about."""

from __future__ import annotations

import inspect
import json
import re
import tomllib
import uuid
from pathlib import Path

import botocore.session
import pytest
from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from botocore.model import ServiceModel
from constructs import Construct
from policy_sentry.querying.actions import get_actions_for_service
from queue_outbound_caller_config import (
    DeletionBehavior,
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigDriftWatch,
    QueueOutboundCallerConfigMonitoring,
    QueueOutboundCallerConfigProvider,
)
from queue_outbound_caller_config._requirements import OLDEST
from queue_outbound_caller_config.monitoring import LONG, MANY_THROTTLED, PERIOD
from queue_outbound_caller_config.policies import instance_statements, shared_statements
from queue_outbound_caller_config.queue_outbound_caller_config import SERVICE_TIMEOUT
from queue_outbound_caller_config.template import provider_template
from queue_outbound_caller_config_provider.arns import LEDGER_ROOT, Place, Queue
from queue_outbound_caller_config_provider.config import CallerConfig
from queue_outbound_caller_config_provider.errors import LONGEST_REASON
from queue_outbound_caller_config_provider.ledger import MOST_LAYERS_OF_A_STACK, Layer, Ledger, Owner
from queue_outbound_caller_config_provider.ledger_document import (
    FORMAT,
    LARGEST_DOCUMENT,
    Entry,
    from_document,
    to_document,
)
from queue_outbound_caller_config_provider.properties import CONFIG_PROPERTIES, LONGEST_NAME, PROPERTIES
from queue_outbound_caller_config_provider.reporting import _METRICS, NAMESPACE

from emulator.connect.sample import INSTANCE_NUMBER, PRIMARY, WHISPER
from testing.local_aws import PROJECT_ROOT
from tests.docs.markdown import DOCS, README, blocks, code_spans, rows, section
from tests.integration.stack import Resource
from tests.integration.world import OURS, World, properties

TEXT = README.read_text()
LIMITS = (DOCS / "limits.md").read_text()
PYPROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())


def succeeded(*cells: object) -> str:
    """Returns how many configs were set in one deployment, by the benchmarks' first row that begins with some cells."""
    begin = re.escape(" | ".join(map(str, cells)))
    return str(re.findall(rf"^\| {begin} \| (\d+) of", (DOCS / "benchmarks.md").read_text(), re.M)[0])


def test_the_three_problems_have_the_numbers_that_were_measured() -> None:
    problems = " ".join(section(README, "problems").split())
    ours, theirs = succeeded(50, "Create"), succeeded("AwsCustomResource", 50)
    assert f"{theirs} of 50 queues get their caller ID from `AwsCustomResource`" in problems
    assert f"it is {ours} of 50, and {succeeded(450, 'Create')} of 450" in problems
    assert f"{len(rows(section(README, 'events')))} cases" in problems
    row = "| 50 queues at once, at the default quota | "
    compared = (DOCS / "comparison.md").read_text()
    assert f"{row}{ours} succeed | not measured | {theirs} succeed |" in compared
    assert (
        f"{row}{ours} succeed | {succeeded('crhelper, boto3 defaults', 50)} succeed with boto3's defaults |" in compared
    )


def test_the_readmes_first_screen_has_a_short_example_and_the_two_commands() -> None:
    example = next(block for block in blocks("python") if block.page == README)
    assert len(example.code.splitlines()) <= 12
    assert "| `make demo` |" in TEXT
    assert len(TEXT.partition("| `make test` |")[0].splitlines()) < 50


def test_the_table_of_properties_has_those_that_the_provider_takes() -> None:
    listed = [code_spans(row[0])[0] for row in rows(section(README, "properties"))]
    nested = [f"OutboundCallerConfig.{name}" for name in CONFIG_PROPERTIES]
    assert sorted(listed) == sorted([*(name for name in PROPERTIES if name != "OutboundCallerConfig"), *nested])


def test_the_table_of_properties_has_the_constructs_arguments() -> None:
    listed = {code_spans(row[1])[0] for row in rows(section(README, "properties"))}
    arguments = inspect.signature(QueueOutboundCallerConfig.__init__).parameters
    assert listed == arguments.keys() - {"self", "scope", "id", "provider"}


def test_the_table_of_properties_has_the_length_and_the_behaviors_that_hold() -> None:
    table = section(README, "properties")
    assert f"1 to {LONGEST_NAME} characters" in table
    (row,) = (row for row in rows(table) if "`DeletionBehavior`" in row[0])
    assert code_spans(row[2]) == [behavior.value for behavior in DeletionBehavior]
    assert (
        inspect.signature(QueueOutboundCallerConfig.__init__).parameters["deletion_behavior"].default
        is DeletionBehavior.RESTORE
    )


def test_the_table_of_attributes_has_those_that_the_function_answers(world: World) -> None:
    number = OURS.number(PRIMARY, INSTANCE_NUMBER)
    answer = Resource().create(properties(name="All", number=number, flow=WHISPER))
    listed = [code_spans(row[0])[0] for row in rows(section(README, "attributes"))]
    assert sorted(listed) == sorted(["Ref", *answer.data])
    assert all(answer.data.values())


def test_what_is_unset_is_an_empty_attribute(world: World) -> None:
    answer = Resource().create(properties(name="Alone"))
    assert answer.data["OutboundCallerIdNumberArn"] == answer.data["OutboundFlowId"] == ""


def test_the_table_of_attributes_has_the_constructs_properties() -> None:
    listed = {code_spans(row[1])[0] for row in rows(section(README, "attributes"))}
    own = {name for name, value in vars(QueueOutboundCallerConfig).items() if isinstance(value, property)}
    assert listed == {name for name in own if not name.startswith("_")}


def test_the_table_of_permissions_has_every_action_of_the_role() -> None:
    stack = Stack()
    statements = [
        *instance_statements(stack, "aaaaaaaa-0000-4000-8000-000000000001", None, tagged=False),
        *shared_statements(stack, "arn:aws:logs:us-east-1:111122223333:log-group:any:*", {}),
    ]
    granted = {action for statement in statements for action in statement.actions}
    assert {span for row in rows(section(README, "permissions")) for span in code_spans(row[0])} == granted


def connect_model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("connect")


@pytest.mark.parametrize("row", rows(section(README, "boto3")), ids=lambda row: row[0])
def test_every_call_and_member_of_the_versions_table_is_in_botocore(row: list[str]) -> None:
    model = connect_model()
    names = code_spans(row[0])
    operations = [name for name in names if name in model.operation_names]
    assert operations
    for member in set(names) - set(operations):
        assert member in model.operation_model(operations[0]).input_shape.members


def test_the_versions_table_has_every_operation_that_the_function_calls() -> None:
    source = (PROJECT_ROOT / "provider" / "queue_outbound_caller_config_provider" / "connect_api.py").read_text()
    operations = set(connect_model().operation_names)
    called = set(re.findall(r'"connect:([A-Za-z0-9]+)"', source))
    assert called == operations & set(code_spans(section(README, "boto3")))


def test_the_versions_that_are_stated_are_those_that_are_required() -> None:
    for name, oldest in OLDEST.items():
        version = ".".join(map(str, oldest))
        assert f"{name} {version} or newer" in TEXT
        assert any(text.startswith(f"{name}>={version},") for text in PYPROJECT["project"]["dependencies"])
    assert f"Python {PYPROJECT['project']['requires-python'].removeprefix('>=')} or newer" in TEXT


LIMITS = (DOCS / "limits.md").read_text()
LEDGER = DOCS / "concepts" / "ledger.md"


def layers(many: int) -> tuple[CallerConfig, tuple[Layer, ...]]:
    """Returns a baseline and layers with names of usual length."""
    declared = CallerConfig(
        "Example Corporation", f"arn:aws:connect:us-east-1:111122223333:phone-number/{uuid.uuid4()}", WHISPER
    )
    made = []
    for number in range(many):
        stack = f"arn:aws:cloudformation:us-east-1:111122223333:stack/ContactCentreVoice/{uuid.uuid4()}"
        owner = Owner(stack, f"SalesQueueCallerId{number}1234ABCD")
        behavior = DeletionBehavior.RESTORE
        made.append(
            Layer(
                owner, declared, None, behavior, str(uuid.uuid4()), "20260320T094640", 1774000000.25, "0123456789abcdef"
            )
        )
    return declared, tuple(made)


def test_a_dozen_owners_fit_into_a_ledger() -> None:
    baseline, made = layers(12)
    assert f"{LARGEST_DOCUMENT // 1024} KB, about a dozen owners" in LIMITS
    to_document(Entry(1, made[0].owner, Ledger(baseline, made), 1774000000.25))  # raises LedgerFull if not


def test_the_limits_are_the_codes() -> None:
    limits = {row[0]: row[1] for row in rows(LIMITS.partition("## Limits")[2].partition("## What it")[0].strip())}
    assert limits["configs of one stack on one queue"] == str(MOST_LAYERS_OF_A_STACK)
    assert limits["a caller ID name"] == f"{LONGEST_NAME} characters"
    assert limits["a message that a user sees"] == f"{LONGEST_REASON} characters"


def test_the_ledger_on_its_page_is_one_that_the_function_reads_and_writes() -> None:
    (block,) = (block for block in blocks("json") if block.page == LEDGER)
    place = Place("aws", "us-east-1", "111122223333")
    ids = (f"{letter * 8}-0000-4000-8000-00000000000{number}" for letter, number in (("a", 1), ("b", 2)))
    entry = from_document(block.code, Queue(place, *ids))
    assert json.loads(to_document(entry)) == json.loads(block.code)


def test_the_number_of_metrics_is_the_one_that_is_stated() -> None:
    assert f"{['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six'][len(_METRICS)]} custom CloudWatch metrics" in LIMITS


def test_the_longest_message_is_as_long_as_is_stated() -> None:
    assert f"at most {LONGEST_REASON} characters" in (DOCS / "troubleshooting.md").read_text()


def test_the_ledgers_name_is_the_one_that_is_stated(world: World) -> None:
    Resource().create(properties(name="Any"))
    ((_, name),) = world.ledgers()
    _, root, instance, queue = name.split("/")
    stated = f"/{root}/INSTANCE_ID/QUEUE_ID"
    assert f"/{root}" == LEDGER_ROOT
    assert instance != queue
    for page in ("concepts/ledger.md", "troubleshooting.md"):
        assert stated in (DOCS / page).read_text()


def test_the_ledgers_format_and_the_physical_id_are_the_ones_that_are_stated() -> None:
    text = (DOCS / "upgrading.md").read_text()
    assert f"format {FORMAT} " in text
    assert "`QUEUE_ARN/outbound-caller-config`" in text


MONITORING = DOCS / "how-to" / "monitoring.md"


def test_the_table_of_metrics_is_the_functions() -> None:
    text = MONITORING.read_text().partition("## Metrics")[2].partition("## Alarms")[0]
    assert {code_spans(row[0])[0]: row[1] for row in rows(text)} == _METRICS
    assert f"Namespace `{NAMESPACE}`" in text


def alarms_of(page: Path) -> dict[str, str]:
    """Returns when each alarm of a page's table fires. Each has something to do."""
    text = page.read_text().partition("| alarm |")[2].partition("\n\n")[0]
    listed = rows(f"| alarm |{text}")
    assert all(row[2] for row in listed)
    return {code_spans(row[0])[0]: row[1] for row in listed}


def made_by(watcher: Construct) -> set[str]:
    return {name for name, value in vars(watcher).items() if isinstance(value, cloudwatch.Alarm)}


def test_the_tables_of_alarms_have_those_that_there_are_and_their_thresholds() -> None:
    stack = Stack()
    monitoring = QueueOutboundCallerConfigMonitoring(stack, "Monitoring", function_name="any")
    listed = alarms_of(MONITORING)
    assert listed.keys() == made_by(monitoring)
    provider = QueueOutboundCallerConfigProvider.of(stack)
    watch = QueueOutboundCallerConfigDriftWatch(stack, "Watch", provider=provider)
    assert alarms_of(DOCS / "how-to" / "drift.md").keys() == made_by(watch)
    assert f"{MANY_THROTTLED} calls or more" in listed["throttled"]
    assert (LONG.to_minutes(), PERIOD.to_minutes()) == (10, 5)
    assert "ten minutes or more" in listed["slow"]
    assert "within five minutes" in MONITORING.read_text()


def test_a_line_of_the_log_has_the_status_that_the_page_filters_by(world: World) -> None:
    assert Resource().create({}).log["status"] == "FAILED"


def test_the_service_timeout_of_the_pages_is_the_constructs() -> None:
    assert f"ServiceTimeout: {SERVICE_TIMEOUT}" in (DOCS / "how-to" / "cloudformation.md").read_text()


def test_the_parameters_of_the_provider_template_are_the_ones_listed() -> None:
    text = (DOCS / "how-to" / "cloudformation.md").read_text().partition("| parameter |")[2].partition("\n\n")[0]
    assert [code_spans(row[0])[0] for row in rows(f"| parameter |{text}")] == list(provider_template()["Parameters"])
    assert "InstanceArn" not in provider_template(["aaaaaaaa-0000-4000-8000-000000000001"])["Parameters"]


def test_the_providers_outputs_are_the_ones_named() -> None:
    template = provider_template()
    assert {"FunctionName", "LogGroupName"} <= template["Outputs"].keys()
    assert template["Outputs"]["ServiceToken"]["Export"]["Name"] == "QueueOutboundCallerConfigServiceToken"


SECURITY = DOCS / "security.md"


@pytest.mark.parametrize("row", rows(section(SECURITY, "threats")), ids=lambda row: row[0])
def test_the_tests_that_show_a_mitigation_exist(row: list[str]) -> None:
    named = code_spans(row[2])
    assert named
    for path, _, function in (name.partition("::") for name in named):
        assert re.search(rf"^def {function}\(", (PROJECT_ROOT / "tests" / path).read_text(), re.M), (
            f"{path}::{function}"
        )


def test_the_policy_that_protects_ledgers_and_functions_has_actions_that_exist_and_the_ledgers_path() -> None:
    (block,) = (block for block in blocks("json") if block.page == SECURITY)
    writes, invokes = json.loads(block.code)["Statement"]
    assert writes["Resource"] == f"arn:aws:ssm:*:*:parameter{LEDGER_ROOT}/*"
    for action in (*writes["Action"], *invokes["Action"]):
        assert action in get_actions_for_service(action.partition(":")[0])
