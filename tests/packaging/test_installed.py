"""The wheel in an environment and a folder of its own, used by an app that is not this repository's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest
from queue_outbound_caller_config.lambda_asset import asset_bytes

from emulator.connect import ConnectControl
from emulator.connect.sample import BASIC_QUEUE, INSTANCE, INSTANCE_NUMBER, PRIMARY
from testing.local_aws import ACCOUNT, PROJECT_ROOT, LocalAws
from testing.local_aws.cdk_cli import CdkCli
from tests.integration.world import OURS

from .conftest import Environment

APP = f"""
    from aws_cdk import App, Environment, Stack
    from queue_outbound_caller_config import QueueOutboundCallerConfig

    app = App()
    stack = Stack(app, "Elsewhere", env=Environment(account="{ACCOUNT}", region="{PRIMARY}"))
    QueueOutboundCallerConfig(
        stack,
        "CallerId",
        instance="{INSTANCE}",
        queue="{BASIC_QUEUE}",
        outbound_caller_id_name="From elsewhere",
        outbound_caller_id_number="{OURS.number(PRIMARY, INSTANCE_NUMBER)}",
    )
    app.synth()
"""
NO_NETWORK = """
    import socket

    def connect(self, address):
        if self.family != socket.AF_UNIX:
            raise RuntimeError(f"synthesis connects to {address}")

    socket.socket.connect = connect
"""


@pytest.fixture(scope="module")
def project(elsewhere: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another project: an app and its cdk.json."""
    folder = tmp_path_factory.mktemp("another-project")
    (folder / "app.py").write_text(textwrap.dedent(APP))
    (folder / "cdk.json").write_text(json.dumps({"app": f"{elsewhere.python} app.py"}))
    return folder


def test_both_packages_are_the_installed_ones(elsewhere: Environment, project: Path) -> None:
    script = """
        import queue_outbound_caller_config as constructs, queue_outbound_caller_config_provider as provider
        print(constructs.__file__, provider.__file__, sep="\\n")
    """
    done = elsewhere.run("-c", textwrap.dedent(script), cwd=project)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert Path(line).is_relative_to(elsewhere.packages)


def test_the_library_named_constructs_is_found_beside_it(elsewhere: Environment, project: Path) -> None:
    done = elsewhere.run("-c", "from constructs import Construct; import queue_outbound_caller_config", cwd=project)
    assert done.returncode == 0, done.stderr


def test_synthesis_needs_no_network_and_its_asset_has_the_provider_and_crhelper(
    elsewhere: Environment, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(textwrap.dedent(NO_NETWORK))
    done = elsewhere.run(
        "app.py", cwd=project, variables={"CDK_OUTDIR": str(tmp_path / "out"), "PYTHONPATH": str(tmp_path)}
    )
    assert done.returncode == 0, done.stderr
    (asset,) = (tmp_path / "out").glob("asset.*.zip")
    with zipfile.ZipFile(asset) as code:
        assert {Path(name).parts[0] for name in code.namelist()} == {
            "queue_outbound_caller_config_provider",
            "crhelper",
        }
        assert code.testzip() is None
    assert asset.read_bytes() == asset_bytes(), "the checkout makes the same code"


@pytest.mark.parametrize(
    ("package", "version"), [("constructs", "10.3.0"), ("aws-cdk-lib", "2.229.1"), ("aws-cdk-lib", "1.204.0")]
)
def test_an_older_cdk_beside_it_is_told_at_import(
    elsewhere: Environment, project: Path, tmp_path: Path, package: str, version: str
) -> None:
    metadata = tmp_path / f"{package.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    done = elsewhere.run(
        "-c", "import queue_outbound_caller_config", cwd=project, variables={"PYTHONPATH": str(tmp_path)}
    )
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"ImportError: cdk-queue-outbound-caller-config needs {package} ")
    assert f"but {version} is installed. Run: python -m pip install --upgrade" in last


def test_a_deploy_of_that_app_sets_the_queue(local_aws: LocalAws, connect: ConnectControl, project: Path) -> None:
    cdk = CdkCli(local_aws, regions=[PRIMARY], project=project)
    cdk.bootstrap()
    cdk.deploy()
    assert connect.queue_config(PRIMARY, INSTANCE, BASIC_QUEUE)["OutboundCallerIdName"] == "From elsewhere"
    cdk.destroy()
    assert connect.queue_config(PRIMARY, INSTANCE, BASIC_QUEUE)["OutboundCallerIdName"] == "Main line"


def test_a_type_checker_sees_the_types_of_both_packages(elsewhere: Environment, tmp_path: Path) -> None:
    (tmp_path / "mypy.ini").write_text("[mypy]\n[mypy-aws_cdk.*,constructs.*,jsii.*]\nfollow_imports = skip\n")
    (tmp_path / "user.py").write_text(
        "from queue_outbound_caller_config import QueueOutboundCallerConfig\n"
        "from queue_outbound_caller_config_provider.ledger import Owner\n"
        "def number(config: QueueOutboundCallerConfig) -> int:\n    return config.queue_arn\n"
        "def other(owner: Owner) -> int:\n    return owner.short\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--python-executable", elsewhere.python, "user.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.count('Incompatible return value type (got "str", expected "int")') == 2, done.stdout


def pyright(elsewhere: Environment, folder: Path, *arguments: str) -> str:
    """What pyright says, with the Python of the wheel's environment."""
    path = f"{elsewhere.python.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(PROJECT_ROOT / "node_modules/.bin/pyright"), *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


def test_every_public_symbol_has_a_known_type(elsewhere: Environment, tmp_path: Path) -> None:
    """Also to an editor that, unlike mypy, infers none from bodies."""
    said = pyright(elsewhere, tmp_path, "--verifytypes", "queue_outbound_caller_config", "--ignoreexternal")
    assert "Type completeness score: 100%" in said, said


def test_an_editor_marks_a_wrong_literal_and_a_misspelt_option(elsewhere: Environment, tmp_path: Path) -> None:
    """And nothing in an app that is right."""
    app = textwrap.dedent(APP)
    (tmp_path / "right.py").write_text(app)
    (tmp_path / "wrong.py").write_text(
        app.replace('"From elsewhere",', '"From elsewhere",\n    deletion_behavior="DELETE",')
        + "from queue_outbound_caller_config import QueueOutboundCallerConfigProvider\n"
        + 'QueueOutboundCallerConfigProvider(stack, "Provider", memory=512)\n'
    )
    said = pyright(elsewhere, tmp_path, "right.py", "wrong.py")
    marked = [line.partition(" - error: ")[2] for line in said.splitlines() if " - error: " in line]
    assert len(marked) == 2, said
    assert marked[0].startswith(
        'Argument of type "Literal[\'DELETE\']" cannot be assigned to parameter "deletion_behavior"'
    )
    assert marked[1].startswith('No parameter named "memory"')
    assert "right.py" not in said
