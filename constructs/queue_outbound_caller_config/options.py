"""What a user can choose about a provider, and what of it cannot work."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from queue_outbound_caller_config_provider.errors import quote

from .arguments import Problems, QueueArgument

_OLDEST_PYTHON = 12
"""Of Lambda's runtimes, the 3.12: those before have a boto3 that is older than the function needs."""


class ProviderFunctionOptions(TypedDict, total=False):
    """What a user can choose about a provider's function, named as `aws_cdk.aws_lambda.FunctionOptions` names it.

    Attributes:
        vpc: where the function runs. It calls Amazon Connect, SSM and CloudFormation, so it needs a way out.
        vpc_subnets: the subnets of the VPC.
        security_groups: of the function in the VPC.
        environment_encryption: the key of the function's environment variables.
        memory_size: in MB (default: 256).
        architecture: of the function; by default Lambda's.
        runtime: a Python of Lambda whose boto3 is new enough: 3.12 or newer (default: 3.14).
        tracing: whether X-Ray traces the function (default: no).
        reserved_concurrent_executions: how many invocations may run at once; 25 are enough for any deploy (default: no limit).
        on_failure: where Lambda sends an event that the function could not process.
    """

    vpc: ec2.IVpc | None
    vpc_subnets: ec2.SubnetSelection | None
    security_groups: Sequence[ec2.ISecurityGroup] | None
    environment_encryption: kms.IKey | None
    memory_size: int
    architecture: lambda_.Architecture | None
    runtime: lambda_.Runtime
    tracing: lambda_.Tracing | None
    reserved_concurrent_executions: int | None
    on_failure: lambda_.IDestination | None


class ProviderOptions(ProviderFunctionOptions, total=False):
    """What a user can choose about a provider: its function's options, and these.

    Attributes:
        queues: the only queues that it serves: ids, ARNs or constructs.
        role: the function's role; by default one of its own. It gets the policies too, as inline ones, unless it was
            imported as one that must not change.
        log_group: of the function; by default one of its own, which is deleted with the provider.
        log_retention: how long a log group of its own keeps the log (default: three months).
        ledger_tags: tags that each ledger's parameter gets when it is created.
        ledger_encryption_key: the key of the ledgers, which are then SecureStrings.
        max_parallel_configs: how many configs CloudFormation runs at once, for each Region that they call
            (default: 20; None: all).
        code: the function's code; by default what is installed here.
    """

    queues: Sequence[QueueArgument] | None
    role: iam.IRole | None
    log_group: logs.ILogGroup | None
    log_retention: logs.RetentionDays
    ledger_tags: Mapping[str, str] | None
    ledger_encryption_key: kms.IKey | None
    max_parallel_configs: int | None
    code: lambda_.Code | None


def check_options(options: ProviderOptions, problems: Problems) -> None:
    """Adds what cannot work to the problems."""
    for name in sorted(options.keys() - ProviderOptions.__annotations__.keys()):
        problems.add(name, "is not an argument of this construct", "Leave it out")
    runtime = options.get("runtime", lambda_.Runtime.PYTHON_3_14)
    chosen: str = getattr(runtime, "name", quote(runtime))
    family, _, version = chosen.partition("3.")
    is_new_enough = family == "python" and version.isdigit() and int(version) >= _OLDEST_PYTHON
    if not options.get("code") and not is_new_enough:
        fix = "Give lambda_.Runtime.PYTHON_3_12 or newer, or code=… that brings boto3 with it"
        problems.add("runtime", f"is {chosen}, not a Runtime whose boto3 is new enough", fix)
    most: object = options.get("max_parallel_configs") or 0
    if not isinstance(most, int) or most < 0:
        problems.add("max_parallel_configs", f"is {quote(most)}", "Give a number, 1 or more, or None for no limit")
    if options.get("reserved_concurrent_executions") == 0:
        problems.add("reserved_concurrent_executions", "is 0: the function would never run", "Give 25, or leave it out")
    if not options.get("vpc") and (options.get("vpc_subnets") or options.get("security_groups")):
        problems.add("vpc_subnets and security_groups", "are given without vpc", "Give vpc")
    tags: object = options.get("ledger_tags") or {}
    if not isinstance(tags, Mapping) or not all(isinstance(text, str) and text for text in (*tags, *tags.values())):
        problems.add("ledger_tags", f"is {quote(tags)}", "Give names and values as strings")
