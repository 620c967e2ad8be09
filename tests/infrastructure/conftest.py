"""cdk-nag 2 is an aspect and needs no newer CDK than the oldest, cdk-nag 3 is a plugin: what is installed is tested."""

from importlib.metadata import version

collect_ignore = ["test_nag.py" if version("cdk-nag").startswith("2.") else "test_nag_2.py"]
