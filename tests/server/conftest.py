"""A port in this process, and boto3 clients that know nothing of it but its address."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from simulator import project
from simulator.lakes import fill_lakes
from simulator.server.account import Account
from simulator.server.owner import Owner
from simulator.server.port import Port
from simulator.sql.lexer import split_statements

CREDENTIALS = {
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
}
ROLE = "arn:aws:iam::123456789012:role/"
# polls come one after the other, so it is their number that is bounded
POLLS = 20_000


class Served:
    """A port, what it logged, and clients of it."""

    def __init__(self, speed: float | None = None, **settings: Any) -> None:
        self.said: list[str] = []
        self._owner = Owner(lambda: Account(self.said.append, **settings), speed=speed)
        self._owner.start()
        self._port = Port(self._owner, host="127.0.0.1", port=0, region="us-east-1")
        self._port.start()
        self.host, self.port = self._port.address
        self.url = f"http://{self.host}:{self.port}"

    def client(self, service: str, **config: Any) -> Any:
        return boto3.client(service, endpoint_url=self.url, **{**CREDENTIALS, **config})

    def close(self) -> None:
        self._port.stop()
        self._owner.stop()


@pytest.fixture(name="serve")
def _serve() -> Iterator[Callable[..., Served]]:
    yield from serving()


@pytest.fixture(scope="module")
def serve_module() -> Iterator[Callable[..., Served]]:
    """`serve`, for ports that a module's tests share."""
    yield from serving()


def serving() -> Iterator[Callable[..., Served]]:
    """What makes ports, which end when it ends."""
    made: list[Served] = []

    def start(**settings: Any) -> Served:
        made.append(Served(**settings))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def port(serve: Callable[..., Served]) -> Served:
    """A port in virtual time, in an account with nothing in it."""
    return serve()


def zipped(folder: Path) -> bytes:
    """A folder as a function's package."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted(folder.rglob("*.py")):
            archive.writestr(zipfile.ZipInfo(str(file.relative_to(folder))), file.read_bytes())
    return content.getvalue()


def zipped_text(**files: str) -> bytes:
    """Modules' texts as a function's package."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.py"), text)
    return content.getvalue()


@pytest.fixture(name="zipped")
def _zipped() -> Callable[[Path], bytes]:
    return zipped


@pytest.fixture(name="zipped_text")
def _zipped_text() -> Callable[..., bytes]:
    return zipped_text


class Deployment:
    """The pipeline in `root`, made by API calls on a port as whoever deploys it makes it.

    `settings` are its simulator.toml, `machine` is its state machine's ARN, `packages` are the
    functions' zips by name.
    """

    def __init__(self, port: Served, root: Path) -> None:
        self.port = port
        self.settings = settings = project.read(root)
        fill_lakes(settings)
        self._upload_lake()
        secret = self._create_cluster()
        users = [f"CREATE USER {one.name} PASSWORD DISABLE" for one in settings.warehouse.users]
        for text in [*users[1:], *_setup(settings.warehouse.setup)]:
            self.run_sql(text, SecretArn=secret)
        self.packages = {one.name: zipped(one.path) for one in settings.lambdas.values()}
        for function in settings.lambdas.values():
            port.client("lambda").create_function(
                FunctionName=function.name,
                Runtime="python3.12",
                Handler=function.handler,
                Timeout=function.timeout_seconds,
                Role=function.role_arn or ROLE + function.name,
                Code={"ZipFile": self.packages[function.name]},
                Environment={"Variables": dict(function.environment)},
            )
        self.states = port.client("stepfunctions")
        rendered = project.render(settings, account_id="123456789012", region="us-east-1")
        name = settings.definition.name
        self.machine: str = self.states.create_state_machine(
            name=name, definition=rendered.text, roleArn=ROLE + name
        )["stateMachineArn"]

    def start(self, name: str) -> dict[str, Any]:
        """Start an execution with the default input."""
        text = json.dumps(self.settings.input)
        return self.states.start_execution(stateMachineArn=self.machine, name=name, input=text)

    def ended(self, arn: str) -> dict[str, Any]:
        """An execution when it has ended."""
        for _ in range(POLLS):
            described = self.states.describe_execution(executionArn=arn)
            if described["status"] != "RUNNING":
                break
        return described

    def run_sql(self, sql: str, **login: str) -> str:
        """Run a statement to its end; its id."""
        data = self.port.client("redshift-data")
        cluster = self.settings.warehouse.cluster
        request = {"ClusterIdentifier": cluster, "Database": "dev", "Sql": sql, **login}
        statement_id = data.execute_statement(**request)["Id"]
        for _ in range(POLLS):
            described = data.describe_statement(Id=statement_id)
            if described["Status"] in ("FINISHED", "FAILED", "ABORTED"):
                break
        assert described["Status"] == "FINISHED", described.get("Error")
        return statement_id

    def _upload_lake(self) -> None:
        s3 = self.port.client("s3")
        for bucket, lake in self.settings.lake.items():
            s3.create_bucket(Bucket=bucket)
            for file in sorted(path for path in lake.folder.rglob("*") if path.is_file()):
                key = file.relative_to(lake.folder).as_posix()
                s3.put_object(Bucket=bucket, Key=key, Body=file.read_bytes())

    def _create_cluster(self) -> str:
        redshift = self.port.client("redshift")
        identifier = self.settings.warehouse.cluster
        redshift.create_cluster(
            ClusterIdentifier=identifier,
            NodeType="ra3.large",
            ClusterType="multi-node",
            NumberOfNodes=2,
            MasterUsername="awsuser",
            ManageMasterPassword=True,
            DBName=self.settings.warehouse.database,
        )
        for _ in range(POLLS):
            (cluster,) = redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"]
            if cluster["ClusterStatus"] == "available":
                return cluster["MasterPasswordSecretArn"]
        raise AssertionError(cluster["ClusterStatus"])


def _setup(files: tuple[Path, ...]) -> list[str]:
    texts = [file.read_text(encoding="utf-8") for file in files]
    return [
        text[tokens[0].start : tokens[-1].end]
        for text in texts
        for tokens in split_statements(text)
    ]


@pytest.fixture(scope="module")
def deploy(root: Path) -> Callable[[Served], Deployment]:
    """Makes the pipeline on a port."""
    return lambda port: Deployment(port, root)
