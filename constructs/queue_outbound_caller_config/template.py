"""The provider as a plain CloudFormation template and the function's code beside it, for whoever does not use the CDK.

    python -m queue_outbound_caller_config.template --output build/templates

The template needs no CDK bootstrap. Its parameters are `CodeBucket` and `CodeKey` (where the zip was uploaded to) and
`InstanceArn` (the instance that the function may work on). For several instances in one provider, or for a
replica in another Region, name them here: `--instance ARN --instance ARN`; then there is no such parameter, for a template
without transforms cannot make ARNs of each item of a list parameter.

The same versions of this package, crhelper and aws-cdk-lib give the same bytes anywhere.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aws_cdk import App, CfnParameter, LegacyStackSynthesizer, Stack
from aws_cdk import aws_lambda as lambda_

from .arguments import InvalidArguments
from .lambda_asset import CodeNotFound, asset_bytes, asset_hash
from .provider import QueueOutboundCallerConfigProvider
from .provider_base import SERVICE_TOKEN_EXPORT
from .provider_stack import declare_outputs

TEMPLATE = "provider.template.json"
_INSTANCE_ARN = "^arn:[a-z0-9-]+:connect:[a-z0-9-]+:[0-9]{12}:instance/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


def code_key() -> str:
    """Returns the zip's file name; new code has a new one, so that uploading it and giving its key updates the function."""
    return f"queue-outbound-caller-config-{asset_hash()[:16]}.zip"


def provider_template(instances: Sequence[str] = ()) -> dict[str, Any]:
    """Returns the template.

    Args:
        instances: ids or ARNs of the instances that the function serves; without any, a parameter says which one.

    Raises:
        InvalidArguments: one of them is not an instance.
    """
    # All that a user's own CDK settings could put into it is switched off.
    context = {f"aws:cdk:enable-{what}-metadata": False for what in ("path", "asset")}  # which nothing overrides
    app = App(analytics_reporting=False, tree_metadata=False, post_cli_context=context)
    description = "Serves Custom::ConnectQueueOutboundCallerConfig: outbound caller configs of Amazon Connect queues"
    stack = Stack(app, "Provider", synthesizer=LegacyStackSynthesizer(), description=description)
    bucket = CfnParameter(stack, "CodeBucket", description="The bucket, in this Region, that the zip was uploaded to")
    key = CfnParameter(stack, "CodeKey", default=code_key(), description="The zip's key in the bucket")
    if not instances:
        arn = CfnParameter(
            stack,
            "InstanceArn",
            allowed_pattern=_INSTANCE_ARN,
            constraint_description="the ARN of an Amazon Connect instance: arn:PARTITION:connect:REGION:ACCOUNT:instance/ID",
            description="The instance that the function may work on",
        )
        instances = [arn.value_as_string]
    code = lambda_.Code.from_cfn_parameters(bucket_name_param=bucket, object_key_param=key)
    provider = QueueOutboundCallerConfigProvider(stack, "Provider", instances=instances, code=code)
    declare_outputs(stack, provider, SERVICE_TOKEN_EXPORT)
    template: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return template


def write(folder: Path, instances: Sequence[str] = ()) -> tuple[Path, Path]:
    """Writes the template and the zip into a folder, which is made if need be; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    template, code = folder / TEMPLATE, folder / code_key()
    template.write_text(json.dumps(provider_template(instances), indent=2) + "\n", encoding="utf-8", newline="\n")
    code.write_bytes(asset_bytes())
    return template, code


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes both files and says how to deploy them."""
    parser = argparse.ArgumentParser(prog="python -m queue_outbound_caller_config.template", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("build/templates"), help="folder (default: %(default)s)")
    parser.add_argument("--instance", action="append", default=[], metavar="ARN", help="an instance; may be repeated")
    given = parser.parse_args(arguments)
    try:
        template, code = write(given.output, given.instance)
    except (InvalidArguments, CodeNotFound, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    instance = "" if given.instance else " InstanceArn=ARN"
    print(
        f"{template}\n{code}\n\nTo deploy:\n  aws s3 cp {code} s3://BUCKET/\n  aws cloudformation deploy --stack-name "
        f"queue-outbound-caller-config --template-file {template} \\\n    --capabilities CAPABILITY_IAM "
        f"--parameter-overrides CodeBucket=BUCKET CodeKey={code.name}{instance}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
