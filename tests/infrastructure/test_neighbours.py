"""In the apps that people have: nested stacks, stages, feature flags, cross-Region references."""

from __future__ import annotations

import json
import tarfile
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk
import pytest
from aws_cdk import App, CfnOutput, Environment, NestedStack, Stack, Stage
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_connect as connect
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_servicecatalog as servicecatalog
from constructs import Construct
from queue_outbound_caller_config import (
    QueueOutboundCallerConfig,
    QueueOutboundCallerConfigProvider,
)
from queue_outbound_caller_config.lambda_asset import HANDLER, asset_bytes
from queue_outbound_caller_config_provider.schedule import VARIABLE

from tests.infrastructure.synthesis import (
    ACCOUNT,
    CONFIG,
    FUNCTION,
    INSTANCE,
    POLICY,
    REGION,
    REPLICA,
    check_no_circle,
    depends_on,
    instance_arn,
    of_type,
    queue_id,
    references,
)

NESTED = "AWS::CloudFormation::Stack"


def config(scope: Construct, name: str, queue: Any, **arguments: Any) -> QueueOutboundCallerConfig:
    given = {"instance": INSTANCE, "queue": queue, "outbound_caller_id_name": "x", **arguments}
    return QueueOutboundCallerConfig(scope, name, **given)


def templates(app: App, folder: Path) -> dict[str, dict[str, Any]]:
    """All templates of an app, by file name; none has a circular dependency."""
    app.synth()
    found = {path.name: json.loads(path.read_text()) for path in folder.rglob("*.template.json")}
    for template in found.values():
        check_no_circle(template)
    return found


def test_a_config_in_a_nested_stack_has_a_provider_of_its_own_there(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "Stack")
    config(NestedStack(stack, "Nested"), "Config", queue_id(1))
    found = templates(app, tmp_path)
    nested = next(template for name, template in found.items() if "Nested" in name)
    assert len(of_type(nested, FUNCTION)) == 1
    assert not of_type(found["Stack.template.json"], FUNCTION)


def test_nested_stacks_that_share_a_provider_wait_for_its_policies(tmp_path: Path) -> None:
    """So on destroy their Deletes come while the function is still allowed everything."""
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "Stack")
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=[INSTANCE])
    for at in range(2):
        config(NestedStack(stack, f"Nested{at}"), "Config", queue_id(at), provider=provider)
    template = templates(app, tmp_path)["Stack.template.json"]

    def reached(id: str) -> set[str]:
        resource = template["Resources"].get(id, {})
        onward = {*references(resource.get("Properties", {})), *depends_on(resource)}
        return onward.union(*map(reached, onward)) if onward else onward

    nested = of_type(template, NESTED)
    assert len(nested) == 2
    for id in nested:
        assert of_type(template, POLICY).keys() <= reached(id)


def test_another_number_of_chains_is_another_template_of_a_nested_stack(tmp_path: Path) -> None:
    """The CDK uploads a nested stack's template only if the hash in its name has changed."""

    def url(most: int) -> str:
        app = App(outdir=str(tmp_path / str(most)))
        nested = NestedStack(Stack(app, "Stack"), "Nested")
        provider = QueueOutboundCallerConfigProvider(nested, "Provider", max_parallel_configs=most)
        for at in range(4):
            config(nested, f"Config{at}", queue_id(at), provider=provider)
        (stack,) = of_type(
            templates(app, tmp_path / str(most))["Stack.template.json"], "AWS::CloudFormation::Stack"
        ).values()
        return json.dumps(stack["Properties"]["TemplateURL"])

    assert url(1) != url(2)
    assert url(1) == url(1)


def test_a_queue_of_a_sibling_stack_can_be_configured(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "Stack")
    made, used = NestedStack(stack, "Made"), NestedStack(stack, "Used")
    queue = connect.CfnQueue(
        made, "Queue", name="Sales", instance_arn=instance_arn(), hours_of_operation_arn="arn:aws:connect:x"
    )
    config(used, "Config", queue)
    found = templates(app, tmp_path)
    (one,) = (resource for template in found.values() for resource in of_type(template, CONFIG).values())
    assert "Ref" in one["Properties"]["QueueId"]


def test_configs_in_a_stack_that_was_not_made_in_python_share_its_provider(tmp_path: Path) -> None:
    """A library written in TypeScript makes stacks; jsii returns another object for such a stack each time."""
    app = App(outdir=str(tmp_path))
    west = Stack(app, "West", env=Environment(account=ACCOUNT, region=REPLICA))
    code = lambda_.Code.from_inline("def handler(event, context): ...")
    cloudfront.experimental.EdgeFunction(west, "Edge", code=code, handler="x", runtime=lambda_.Runtime.PYTHON_3_13)
    (name,) = (child.node.id for child in app.node.children if child is not west)
    for at in range(2):
        config(Construct(Stack.of(app.node.find_child(name)), f"Of{at}"), "Config", queue_id(at))
    template = templates(app, tmp_path)[f"{name}.template.json"]
    assert len(of_type(template, CONFIG)) == 2
    (function,) = (one for id, one in of_type(template, FUNCTION).items() if id.startswith("QueueOutbound"))
    assert len(function["Properties"]["Environment"]["Variables"][VARIABLE].split(",")) == 2


def test_cross_region_references_reach_a_config(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    account = "123456789012"
    east, west = (
        Stack(app, region, env=Environment(region=region, account=account), cross_region_references=True)
        for region in (REGION, REPLICA)
    )
    number = connect.CfnPhoneNumber(east, "Number", target_arn=instance_arn(), type="DID", country_code="US")
    config(west, "Config", queue_id(1), outbound_caller_id_number=number)
    found = templates(app, tmp_path)
    (one,) = of_type(found["us-west-2.template.json"], CONFIG).values()
    assert "Fn::GetAtt" in one["Properties"]["OutboundCallerConfig"]["OutboundCallerIdNumberId"]


def test_the_functions_code_is_an_asset_of_each_stage_and_product(tmp_path: Path) -> None:
    """Stages as pipelines synthesize them, nested stacks, and products of Service Catalog."""
    app = App(outdir=str(tmp_path))
    for name in ("Dev", "Prod"):
        stack = Stack(Stage(app, name), "Stack")
        config(stack, "Config", queue_id(1))
        config(NestedStack(stack, "Nested"), "Config", queue_id(2))
    portfolio = Stack(app, "Portfolio")

    class Product(servicecatalog.ProductStack):
        def __init__(self, scope: Construct, id: str) -> None:
            super().__init__(scope, id, asset_bucket=s3.Bucket(scope, "Assets", bucket_name="products"))
            config(self, "Config", queue_id(3))

    servicecatalog.CloudFormationProduct(
        portfolio,
        "Product",
        owner="us",
        product_name="p",
        product_versions=[
            servicecatalog.CloudFormationProductVersion(
                cloud_formation_template=servicecatalog.CloudFormationTemplate.from_product_stack(
                    Product(portfolio, "P")
                )
            )
        ],
    )
    found = templates(app, tmp_path)
    codes = [
        function["Properties"]["Code"]
        for template in found.values()
        for function in of_type(template, FUNCTION).values()
        if function["Properties"]["Handler"] == HANDLER
    ]
    assert len(codes) == 5  # beside the function that the CDK itself adds for a product's assets
    keys = {code["S3Key"] for code in codes}
    packed = {path.read_bytes() for path in tmp_path.rglob("*.zip")}
    assert asset_bytes() in packed
    assert len(keys) == 1
    manifests = [path.read_text() for path in tmp_path.rglob("*.assets.json")]
    assert sum(key in text for key in keys for text in manifests) >= 3


@cache
def flags() -> dict[str, Any]:
    """What `cdk init` sets in a new app of this aws-cdk-lib."""
    (packed,) = (Path(aws_cdk.__file__).parent / "_jsii").glob("*.tgz")
    with tarfile.open(packed) as archive:
        content = archive.extractfile("package/recommended-feature-flags.json")
        assert content
        found: dict[str, Any] = json.load(content)
    return found


@pytest.mark.parametrize("strict", [False, True])
def test_all_recommended_feature_flags_give_the_same_resources(tmp_path: Path, strict: bool) -> None:
    """The same functions, policies and configs as without them."""

    def synthesize(context: dict[str, Any], folder: Path) -> dict[str, Any]:
        app = App(outdir=str(folder), context=context)
        stack = Stack(app, "Stack")
        for at in range(30):
            made = config(stack, f"Config{at}", queue_id(at))
            CfnOutput(stack, f"Out{at}", value=made.queue_arn)
        shared = QueueOutboundCallerConfigProvider(stack, "Shared", instances=[INSTANCE])
        config(Stack(app, "Consumer"), "Config", queue_id(99), provider=shared)
        return templates(app, folder)

    context = {**flags(), "@aws-cdk/core:validateAgainstDefaultRules": True} if strict else flags()
    with_flags = synthesize(context, tmp_path / "with")
    without = synthesize({}, tmp_path / "without")
    for name, template in without.items():
        for kind in (CONFIG, POLICY):
            assert of_type(template, kind).keys() == of_type(with_flags[name], kind).keys()
    for resource in of_type(with_flags["Stack.template.json"], CONFIG).values():
        assert len(depends_on(resource)) == 1
