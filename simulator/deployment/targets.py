"""Where a stack is deployed to, and clients for what is there.

aws: the account and region of the environment, Terraform's state wherever the stack says.
local: the port that `python -m simulator serve` opens. localstack: the port that localstack-client
resolves. On both the stack is applied from a copy of its folder, beside a state of its own: what is
rehearsed never touches what is deployed, and nothing is written outside of the state folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from simulator.deployment.errors import DeploymentError
from simulator.project import Project

NAMES = ("aws", "local", "localstack")
# the simulated account's region; localstack-client's too
REGION = "us-east-1"
DEFAULT_PORT = 4566
INSTALL_HINT = "pip install 'asl-simulator[server]' brings what a local target needs"


@dataclass(frozen=True)
class Target:
    """One target of one project. `endpoint`: where its services answer; None for AWS's own."""

    name: str
    project: Path
    stack: Path
    state_folder: Path
    endpoint: str | None = None

    @property
    def is_aws(self) -> bool:
        """Whether it costs money."""
        return self.endpoint is None

    @property
    def option(self) -> str:
        """How a command line names it: nothing for the default."""
        return "" if self.name == "aws" else f" --target {self.name}"

    @property
    def working_folder(self) -> Path:
        """Where Terraform runs."""
        return self.stack if self.is_aws else self.state_folder / "stack"

    @property
    def state_file(self) -> Path:
        """Terraform's state of a local target."""
        return self.state_folder / "terraform.tfstate"

    @property
    def plan_file(self) -> Path:
        """Where a plan lies until it is applied."""
        return self.state_folder / "plan.tfplan"

    def environment(self) -> dict[str, str]:
        """What Terraform is run with."""
        variables = {"TF_INPUT": "0", "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        if self.endpoint is None:
            return {**os.environ, **variables}
        return {
            **nobodys_environment(),
            **variables,
            "TF_DATA_DIR": str(self.state_folder / "data"),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def clients(self) -> Clients:
        """boto3 clients of the target."""
        return Clients(self)


def nobodys_environment() -> dict[str, str]:
    """The environment without the user's AWS settings: a profile, a region or an endpoint of one
    service must not lead to a real account."""
    return {
        **{key: text for key, text in os.environ.items() if not key.startswith("AWS_")},
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


class Clients:
    """boto3's clients, or those of localstack-client's session for a local target."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._made: dict[str, Any] = {}
        if target.endpoint is None:
            import boto3

            self._session: Any = boto3.session.Session()
        else:
            with _without_aws_settings():
                self._session = _localstack_session(target.endpoint)

    def __call__(self, service: str) -> Any:
        """The client of a service, by botocore's name."""
        if service not in self._made:
            if self._target.is_aws:
                self._made[service] = self._session.client(service)
            else:
                with _without_aws_settings():
                    self._made[service] = self._local_client(service)
        return self._made[service]

    def _local_client(self, service: str) -> Any:
        import boto3
        from localstack_client import config

        if config.get_service_endpoint(service) is not None:
            return self._session.client(service)
        # services that its list lacks, such as dms and redshift-serverless
        keys = self._session.get_credentials()
        return boto3.client(
            service,
            endpoint_url=self._target.endpoint,
            region_name=REGION,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
        )


def target(name: str, settings: Project, *, stack: Path | None, port: int | None) -> Target:
    """The target of that name. `port` is the local port's number; it may be found only later.

    Raises `DeploymentError` where the project has no Terraform files.
    """
    folder = (stack or settings.folder / "terraform").resolve()
    if not any(folder.glob("*.tf")):
        raise DeploymentError(
            str(folder), "expected Terraform files, got none", "--stack DIR names their folder"
        )
    endpoint = None
    if name == "local":
        endpoint = f"http://127.0.0.1:{port or DEFAULT_PORT}"
    elif name == "localstack":
        endpoint = localstack_endpoint()
    return Target(name, settings.folder, folder, settings.state_folder / name, endpoint)


def localstack_endpoint() -> str:
    """What localstack-client resolves: AWS_ENDPOINT_URL, LOCALSTACK_HOST, or localhost:4566."""
    from botocore.utils import is_valid_endpoint_url

    try:
        from localstack_client import config
    except ImportError:
        raise _no_client() from None
    try:
        found = str(config.get_service_endpoint("redshift-data"))
        is_address = is_valid_endpoint_url(found) and urlsplit(found).hostname is not None
    except (RuntimeError, ValueError):
        is_address = False
    if not is_address:
        given = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("LOCALSTACK_HOST")
        raise DeploymentError("LOCALSTACK_HOST", f"expected HOST or HOST:PORT, got {given!r}")
    return found


def check_localstack(target: Target) -> None:
    """Ask the port for what the pipeline needs of `redshift-data`. Raises `DeploymentError`.

    LocalStack has the Data API in its Ultimate plan only ("Redshift", LocalStack's documentation).
    """
    from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

    told: str | None = None
    try:
        # a cluster of this name is nowhere: who knows the operation refuses its request
        target.clients()("redshift-data").batch_execute_statement(
            ClusterIdentifier="is-redshift-data-there", Database="dev", Sqls=["SELECT 1"]
        )
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        told = None if code in _KNOWN_REFUSALS else code or "an error"
    except EndpointConnectionError:
        told = "no answer"
    except BotoCoreError as error:
        told = type(error).__name__
    if told is not None:
        raise DeploymentError(
            "TARGET=localstack",
            f"expected redshift-data's BatchExecuteStatement at {target.endpoint}, got {told}; "
            "LocalStack has the Data API in its Ultimate plan, and TARGET=local needs none",
        )


# what says that the operation is there, and the cluster isn't
_KNOWN_REFUSALS = frozenset(
    {"ValidationException", "ResourceNotFoundException", "ClusterNotFound", "ClusterNotFoundFault"}
)


def check_credentials() -> Mapping[str, Any]:
    """Who calls AWS, before Terraform does. Raises `DeploymentError` without valid credentials."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    hint = (
        "aws configure, aws sso login, or AWS_PROFILE=...; TARGET=local needs no account: "
        "python -m simulator deploy --target local"
    )
    try:
        session = boto3.session.Session()
        region, credentials = session.region_name, session.get_credentials()
    except BotoCoreError as error:
        raise DeploymentError("AWS credentials", f"expected some, got {error}", hint) from None
    if credentials is None:
        raise DeploymentError("AWS credentials", "expected some, got none", hint)
    if region is None:
        raise DeploymentError("AWS_REGION", "expected a region, got none", "AWS_REGION=us-east-1")
    try:
        caller: Mapping[str, Any] = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise DeploymentError("AWS credentials", f"expected valid ones: {error}", hint) from None
    return caller


def region_of(target: Target) -> str | None:
    """Where the target is; None where the environment names no region."""
    if not target.is_aws:
        return REGION
    import boto3

    found: str | None = boto3.session.Session().region_name
    return found


@contextmanager
def _without_aws_settings() -> Iterator[None]:
    """Clients made meanwhile know nothing of the user's profile and endpoints."""
    kept = {key: text for key, text in os.environ.items() if key.startswith("AWS_")}
    for key in kept:
        del os.environ[key]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    try:
        yield
    finally:
        del os.environ["AWS_CONFIG_FILE"], os.environ["AWS_SHARED_CREDENTIALS_FILE"]
        os.environ.update(kept)


def _localstack_session(endpoint: str) -> Any:
    try:
        from localstack_client.session import Session
    except ImportError:
        raise _no_client() from None
    return Session(region_name=REGION, localstack_host=urlsplit(endpoint).netloc)


def _no_client() -> DeploymentError:
    return DeploymentError("localstack-client", "expected the package, got none", INSTALL_HINT)
