"""What the demo's deployments leave in the local AWS: stacks, their resources, and ledgers."""

from __future__ import annotations

from testing.local_aws import LocalAws

LEDGERS = "/queue-outbound-caller-config"
RESOURCE_TYPE = "Custom::ConnectQueueOutboundCallerConfig"


class Stacks:
    """The stacks and ledgers of a local AWS."""

    def __init__(self, local_aws: LocalAws) -> None:
        self._local_aws = local_aws

    def names(self, region: str) -> list[str]:
        """Returns the stacks that are in a Region."""
        stacks = self._local_aws.client("cloudformation", region).describe_stacks()["Stacks"]
        return [stack["StackName"] for stack in stacks if stack["StackStatus"] != "DELETE_COMPLETE"]

    def configs_of(self, stack: str, region: str) -> list[str]:
        """Returns the logical ids of a stack's outbound caller configs."""
        cloudformation = self._local_aws.client("cloudformation", region)
        resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        return [one["LogicalResourceId"] for one in resources if one["ResourceType"] == RESOURCE_TYPE]

    def ledgers(self, region: str) -> list[str]:
        """Returns the names of a Region's ledgers."""
        ssm = self._local_aws.client("ssm", region)
        found = ssm.get_parameters_by_path(Path=LEDGERS, Recursive=True)["Parameters"]
        return [parameter["Name"] for parameter in found]
