"""A pipeline that builds itself, then deploys the caller IDs to a test account and, once approved, to production."""

from __future__ import annotations

from aws_cdk import App, Environment, Stack
from aws_cdk.pipelines import CodePipeline, CodePipelineSource, ManualApprovalStep, ShellStep
from constructs import Construct
from voice_stage import ContactCentre, VoiceStage

PIPELINE = Environment(account="111122223333", region="us-east-1")
CDK_CLI = "2.1148.1"
"""Named, since npm's tag `latest` may be an older one than aws-cdk-lib needs."""
WHEEL = "cdk_queue_outbound_caller_config-1.0.0-py3-none-any.whl"
"""Made by `make dist`, and put beside this file."""
SOURCE_REPOSITORY = "example/contact-centre"
SOURCE_CONNECTION = "arn:aws:codeconnections:us-east-1:111122223333:connection/eeeeeeee-0000-4000-8000-000000000005"

TEST = ContactCentre(
    account="444455556666",
    region="us-east-1",
    instance="aaaaaaaa-0000-4000-8000-000000000001",
    queue="bbbbbbbb-0000-4000-8000-000000000002",
    number="cccccccc-0000-4000-8000-000000000003",
)
PRODUCTION = ContactCentre(
    account="777788889999",
    region="us-east-1",
    instance="aaaaaaaa-0000-4000-8000-000000000011",
    queue="bbbbbbbb-0000-4000-8000-000000000012",
    number="cccccccc-0000-4000-8000-000000000013",
)


class PipelineStack(Stack):
    """The pipeline itself."""

    def __init__(self, scope: Construct, id: str, *, env: Environment) -> None:
        super().__init__(scope, id, env=env)
        pipeline = CodePipeline(
            self,
            "Pipeline",
            cross_account_keys=True,
            cli_version=CDK_CLI,
            synth=ShellStep(
                "Synth",
                input=CodePipelineSource.connection(SOURCE_REPOSITORY, "main", connection_arn=SOURCE_CONNECTION),
                commands=[
                    "python3 -m pip install --require-hashes -r requirements.txt",
                    f"python3 -m pip install --no-deps ./{WHEEL}",
                    f"npx --yes aws-cdk@{CDK_CLI} synth",
                ],
            ),
        )
        pipeline.add_stage(VoiceStage(self, "Test", centre=TEST))
        pipeline.add_stage(VoiceStage(self, "Production", centre=PRODUCTION), pre=[ManualApprovalStep("Approve")])


if __name__ == "__main__":
    app = App()
    PipelineStack(app, "CallerIdPipeline", env=PIPELINE)
    app.synth()
