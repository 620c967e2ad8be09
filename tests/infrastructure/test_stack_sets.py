"""Configs in a stack set: by the CDK's library for it, and by the plain template."""

from __future__ import annotations

import json
from pathlib import Path

import cdk_stacksets as stacksets
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct
from queue_outbound_caller_config import QueueOutboundCallerConfig
from queue_outbound_caller_config.lambda_asset import asset_bytes
from queue_outbound_caller_config.template import provider_template

from tests.infrastructure.synthesis import ACCOUNT, CONFIG, FUNCTION, INSTANCE, QUEUE, REGION, REPLICA, Deployment, the


class Configs(stacksets.StackSetStack):
    """What is deployed to each account and Region."""

    def __init__(self, scope: Construct, id: str) -> None:
        buckets = [
            s3.Bucket.from_bucket_name(scope, f"Bucket-{region}", f"assets-{region}") for region in (REGION, REPLICA)
        ]
        super().__init__(scope, id, asset_buckets=buckets, asset_bucket_prefix="assets")
        QueueOutboundCallerConfig(self, "Config", instance=INSTANCE, queue=QUEUE, outbound_caller_id_name="x")


def test_the_functions_zip_is_in_the_bucket_of_each_region(tmp_path: Path) -> None:
    """The administrator's stack copies it there, and the template names the bucket of the Region that it is deployed to."""
    app = App(outdir=str(tmp_path))
    admin = Stack(app, "Admin", env=Environment(account=ACCOUNT, region=REGION))
    stacksets.StackSet(
        admin,
        "Set",
        template=stacksets.StackSetTemplate.from_stack_set_stack(Configs(admin, "Configs")),
        target=stacksets.StackSetTarget.from_accounts(regions=[REGION, REPLICA], accounts=[ACCOUNT]),
    )
    app.synth()
    (path,) = tmp_path.glob("*.stackset.template.json")
    template = json.loads(path.read_text())
    assert the(template, CONFIG)
    code = the(template, FUNCTION)["Properties"]["Code"]
    assert [Deployment({"AWS::Region": one}).evaluate(code["S3Bucket"]) for one in (REGION, REPLICA)] == [
        f"assets-{REGION}",
        f"assets-{REPLICA}",
    ]
    assert (tmp_path / f"asset.{code['S3Key']}").read_bytes() == asset_bytes()
    copies = [
        resource["Properties"]
        for resource in json.loads((tmp_path / "Admin.template.json").read_text())["Resources"].values()
        if resource["Type"] == "Custom::CDKBucketDeployment"
    ]
    assert {copy["DestinationBucketName"] for copy in copies} == {f"assets-{REGION}", f"assets-{REPLICA}"}
    assert all(code["S3Key"] in copy["SourceObjectKeys"] for copy in copies)


def test_the_plain_template_is_told_each_accounts_bucket_and_names_no_place() -> None:
    """A stack set deploys one template everywhere; what differs is a parameter, to be overridden on a stack instance."""
    template = provider_template()
    bucket = the(template, FUNCTION)["Properties"]["Code"]["S3Bucket"]
    for account, region in ((ACCOUNT, REGION), ("999999999999", REPLICA)):
        there = Deployment({"CodeBucket": f"{account}-{region}", "AWS::AccountId": account})
        assert there.evaluate(bucket) == f"{account}-{region}"
    assert not any(one in json.dumps(template["Resources"]) for one in (ACCOUNT, REGION, REPLICA))
