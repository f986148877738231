"""The deployed stack in a simulated account, made by API calls of what Terraform renders.

`rendered(variant)` is what is kept of Terraform's answer: "plain", "everything" that can be asked
for with a cluster, or "serverless". `Stack` makes it by way of boto3 clients, in process or of a
port, and translates between the ARNs there and those in the rendered policies.
"""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from simulator import project as projects

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, REGION = "123456789012", "us-east-1"
# each call lets virtual time pass, so it is their number that is bounded
POLLS = 20_000
# what the definition's template takes as JSON
_JSON = ("connection",)


@cache
def rendered(variant: str) -> dict[str, Any]:
    """Resources' attributes by address, and `substitutions`. Don't change it."""
    file = Path(__file__).parent / "rendered" / f"{variant}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def of_type(resources: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The resources of a type, by address."""
    return [one for address, one in sorted(resources.items()) if address.startswith(f"{kind}.")]


class Stack:
    """Made in the account that `client(service)` reaches, over a lake's folder."""

    def __init__(
        self,
        client: Callable[[str], Any],
        variant: str,
        lake: Path,
        settle: Callable[[], None] = lambda: None,
    ) -> None:
        self.client = client
        # in process nothing happens between two calls unless somebody lets it
        self._settle = settle
        self.resources = rendered(variant)
        # ARN in the rendered stack -> ARN here, where AWS or moto adds something of its own
        self.arns: dict[str, str] = {}
        self._lake = lake
        self._project = projects.read(ROOT)
        self.state_machine_arn = ""

    @property
    def is_serverless(self) -> bool:
        return bool(of_type(self.resources, "aws_redshiftserverless_workgroup"))

    @property
    def connection(self) -> dict[str, str]:
        """What a statement's request says of the warehouse, its user apart."""
        given = self._setup["connection"]
        return {name: value for name, value in given.items() if name != "SecretArn"}

    @property
    def analyst_secret(self) -> str:
        return self.arns[self.resources["aws_secretsmanager_secret.analyst"]["arn"]]

    @property
    def lake_bucket(self) -> str:
        return str(self.resources["substitutions"]["lake_bucket"])

    @property
    def definition(self) -> str:
        """The definition as it is deployed here."""
        definition = self._project.definition
        values = dict(definition.substitutions)
        for name, value in self.resources["substitutions"].items():
            kind: Any = "json" if name in _JSON else "scalar"
            if values[name].kind in ("scalar", "json"):
                text = json.loads(self._here(value)) if kind == "json" else value
                values[name] = dataclasses.replace(values[name], kind=kind, value=text)
        project = dataclasses.replace(
            self._project, definition=dataclasses.replace(definition, substitutions=values)
        )
        return projects.render(project, account_id=ACCOUNT, region=REGION).text

    def make(self) -> Stack:
        """Make all of it."""
        self._fill_lake()
        for one in of_type(self.resources, "aws_secretsmanager_secret"):
            name = f"{one['name_prefix']}1"
            made = self.client("secretsmanager").create_secret(Name=name)
            self.arns[one["arn"]] = made["ARN"]
        self._make_warehouse()
        for one in of_type(self.resources, "aws_lambda_function"):
            self._make_function(one)
        self.set_up()
        self._make_rules()
        made = self.client("stepfunctions").create_state_machine(
            name=self.resources["aws_sfn_state_machine.etl"]["name"],
            definition=self.definition,
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/{self.resources['aws_iam_role.states']['name']}",
        )
        self.state_machine_arn = made["stateMachineArn"]
        return self

    def delete(self) -> None:
        """Delete all of it, in the order in which Terraform does; what is gone already is passed
        over."""
        states, events = self.client("stepfunctions"), self.client("events")
        states.delete_state_machine(stateMachineArn=self.state_machine_arn)
        for rule in events.list_rules()["Rules"]:
            targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            events.remove_targets(Rule=rule["Name"], Ids=[one["Id"] for one in targets])
            events.delete_rule(Name=rule["Name"])
        for topic in self.client("sns").list_topics()["Topics"]:
            self.client("sns").delete_topic(TopicArn=topic["TopicArn"])
        for function in self.client("lambda").list_functions()["Functions"]:
            self.client("lambda").delete_function(FunctionName=function["FunctionName"])
        redshift = self.client("redshift")
        for cluster in redshift.describe_clusters()["Clusters"]:
            redshift.delete_cluster(
                ClusterIdentifier=cluster["ClusterIdentifier"], SkipFinalClusterSnapshot=True
            )
        secrets = self.client("secretsmanager")
        for one in of_type(self.resources, "aws_secretsmanager_secret"):
            secret = self.arns[one["arn"]]
            secrets.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
        s3 = self.client("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", ()):
                s3.delete_object(Bucket=bucket["Name"], Key=entry["Key"])
            s3.delete_bucket(Bucket=bucket["Name"])
        self._settle()

    def left(self) -> list[str]:
        """What an account still holds of a stack."""
        found = {
            "state machines": self.client("stepfunctions").list_state_machines()["stateMachines"],
            "functions": self.client("lambda").list_functions()["Functions"],
            "clusters": self.client("redshift").describe_clusters()["Clusters"],
            "rules": self.client("events").list_rules()["Rules"],
            "topics": self.client("sns").list_topics()["Topics"],
            "secrets": self.client("secretsmanager").list_secrets()["SecretList"],
            "buckets": self.client("s3").list_buckets()["Buckets"],
        }
        return [kind for kind, some in found.items() if some]

    def set_up(self) -> dict[str, Any]:
        """Call the set-up function, as the deployment does; its answer."""
        files = sorted((ROOT / "statemachine/sql/setup").glob("*.sql"))
        event = json.loads(self._here(json.dumps(self._setup)))
        event["sql_statements"] = [file.read_text(encoding="utf-8") for file in files]
        invoked = self.client("lambda").invoke(
            FunctionName=self.resources["aws_lambda_invocation.set_up"]["function_name"],
            Payload=json.dumps(event).encode(),
        )
        answer = json.loads(invoked["Payload"].read())
        assert "FunctionError" not in invoked, answer
        return dict(answer)

    def start(self, name: str, **given: str) -> str:
        """Start an execution; its ARN."""
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self.state_machine_arn, name=name, input=json.dumps(given)
        )
        return str(started["executionArn"])

    def ended(self, arn: str) -> dict[str, Any]:
        """The execution once it has ended."""
        self._settle()
        for _ in range(POLLS):
            described = self.client("stepfunctions").describe_execution(executionArn=arn)
            if described["status"] != "RUNNING":
                return dict(described)
        raise AssertionError(arn)

    def load(self, *days: str) -> None:
        """Load days, one execution each."""
        for day in days:
            described = self.ended(self.start(f"load-{day}", refresh_date=day))
            assert described["status"] == "SUCCEEDED", described.get("cause")

    @property
    def _setup(self) -> dict[str, Any]:
        given: dict[str, Any] = self.resources["aws_lambda_invocation.set_up"]["input"]
        return given

    def _here(self, text: str) -> str:
        for rendered_arn, arn in self.arns.items():
            text = text.replace(rendered_arn, arn)
        return text

    def _fill_lake(self) -> None:
        s3 = self.client("s3")
        s3.create_bucket(Bucket=self.lake_bucket)
        for file in sorted(path for path in self._lake.rglob("*") if path.is_file()):
            key = file.relative_to(self._lake).as_posix()
            s3.put_object(Bucket=self.lake_bucket, Key=key, Body=file.read_bytes())

    def _make_warehouse(self) -> None:
        if self.is_serverless:
            self._make_workgroup()
            return
        cluster = self.resources["aws_redshift_cluster.this[0]"]
        redshift = self.client("redshift")
        redshift.create_cluster(
            ClusterIdentifier=cluster["cluster_identifier"],
            NodeType="ra3.large",
            ClusterType="single-node",
            MasterUsername=cluster["master_username"],
            ManageMasterPassword=True,
            DBName=cluster["database_name"],
        )
        secret = self.when_cluster("available")["MasterPasswordSecretArn"]
        self.arns[cluster["master_password_secret_arn"]] = secret

    def when_cluster(self, *statuses: str) -> dict[str, Any]:
        """The cluster once it is in one of these statuses."""
        self._settle()
        identifier = self.resources["aws_redshift_cluster.this[0]"]["cluster_identifier"]
        redshift = self.client("redshift")
        for _ in range(POLLS):
            (found,) = redshift.describe_clusters(ClusterIdentifier=identifier)["Clusters"]
            if found["ClusterStatus"] in statuses:
                return dict(found)
        raise AssertionError(found["ClusterStatus"])

    def _make_workgroup(self) -> None:
        (namespace,) = of_type(self.resources, "aws_redshiftserverless_namespace")
        (workgroup,) = of_type(self.resources, "aws_redshiftserverless_workgroup")
        serverless = self.client("redshift-serverless")
        made = serverless.create_namespace(
            namespaceName=namespace["namespace_name"],
            dbName=namespace["db_name"],
            adminUsername=namespace["admin_username"],
            manageAdminPassword=True,
        )["namespace"]
        self.arns[namespace["admin_password_secret_arn"]] = made["adminPasswordSecretArn"]
        name = workgroup["workgroup_name"]
        serverless.create_workgroup(workgroupName=name, namespaceName=namespace["namespace_name"])
        for _ in range(POLLS):
            made = serverless.get_workgroup(workgroupName=name)["workgroup"]
            if made["status"] == "AVAILABLE":
                break
        self.arns[workgroup["arn"]] = made["workgroupArn"]

    def _make_function(self, function: Mapping[str, Any]) -> None:
        name = function["function_name"]
        environment = function["environment"]
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler=function["handler"],
            Timeout=function["timeout"],
            Role=function["role"],
            Code={"ZipFile": _zipped(self._project.lambdas[name].path)},
            Environment={"Variables": environment[0]["variables"] if environment else {}},
        )

    def _make_rules(self) -> None:
        """The topics, and the rules that call the clean-up function and tell the topics."""
        for one in of_type(self.resources, "aws_sns_topic"):
            made = self.client("sns").create_topic(Name=one["name"])
            self.arns[one["arn"]] = made["TopicArn"]
        events = self.client("events")
        for rule in of_type(self.resources, "aws_cloudwatch_event_rule"):
            events.put_rule(Name=rule["name"], EventPattern=json.dumps(rule["event_pattern"]))
        for target in of_type(self.resources, "aws_cloudwatch_event_target"):
            wanted = {"Id": target["target_id"], "Arn": self._here(target["arn"])}
            for given in target["input_transformer"]:
                wanted["InputTransformer"] = {
                    "InputPathsMap": given["input_paths"],
                    "InputTemplate": given["input_template"],
                }
            events.put_targets(Rule=target["rule"], Targets=[wanted])


def _zipped(folder: Path) -> bytes:
    """A function's own files: it finds boto3 where the simulator does."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in sorted(folder.rglob("*.py")):
            archive.writestr(zipfile.ZipInfo(str(file.relative_to(folder))), file.read_bytes())
    return content.getvalue()
