"""The local AWS and the player of CloudFormation's protocol: used by tests, the demo and the benchmarks."""
