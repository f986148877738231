"""The calls of simulated runs as IAM sees them, and what they imply.

`IMPLIED` and the functions under it are the reviewed table: a permission that no recorded call
needs by itself, each with AWS's page. What isn't there, and wasn't recorded, no policy may allow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

DOCS = "https://docs.aws.amazon.com"
ACCOUNT, REGION = "123456789012", "us-east-1"
# botocore's name of a service -> IAM's, where they differ
_PREFIX = {"stepfunctions": "states", "databasemigration": "dms"}
_ACTION = {"lambda:Invoke": "lambda:InvokeFunction", "s3:ListObjectsV2": "s3:ListBucket"}
# "Condition keys for Amazon Redshift Data API"; "Using temporary credentials", "with a secret"
_OWNER = "redshift-data:statement-owner-iam-userid"
_CREDENTIALS = f"{DOCS}/redshift/latest/mgmt/data-api-iam.html"
_SECRETS_KEY = f"{DOCS}/secretsmanager/latest/userguide/security-encryption.html"
_S3_KEY = f"{DOCS}/AmazonS3/latest/userguide/UsingKMSEncryption.html"
_COPY = f"{DOCS}/redshift/latest/dg/copy-usage_notes-access-permissions.html"
_DEAD_LETTERS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:store-sales-dead-letters"


@dataclass(frozen=True)
class Recorded:
    """A call that a client made: botocore's service and operation, who made it, and its request."""

    role: str
    session: str
    service: str
    operation: str
    request: Mapping[str, Any]
    answer: Mapping[str, Any] | None = None

    @property
    def action(self) -> str:
        name = f"{_PREFIX.get(self.service, self.service)}:{self.operation}"
        return _ACTION.get(name, name)


class Reader:
    """Reads calls made in an account whose stack is `resources`; `arns` translates ARNs there into
    those of the rendered stack. `Call` is the class of a call as IAM sees it."""

    def __init__(self, call: Any, resources: Mapping[str, Any], arns: Mapping[str, str]) -> None:
        self._call = call
        self._resources = resources
        self._arns = {there: rendered for rendered, there in arns.items()}
        # statement -> who submitted it
        self._owners: dict[str, str] = {}

    def calls(self, recorded: Iterable[Recorded]) -> Iterator[Any]:
        """Each call, and those that it implies."""
        for one in recorded:
            yield self._call(one.role, one.action, self._resource(one), self._context(one))
            yield from self._credentials(one)
            yield from self._keys(one)
            yield from self._copies(one)

    def _resource(self, one: Recorded) -> str:
        """The resource that the action is checked on, by the service authorization reference."""
        request = one.request
        match one.action:
            case "redshift-data:ExecuteStatement" | "redshift-data:BatchExecuteStatement":
                return self._warehouse(request)
            case "redshift:PauseCluster" | "redshift:ResumeCluster":
                return self._warehouse(request)
            case "states:DescribeExecution":
                return str(request["executionArn"])
            case "states:ListExecutions":
                return str(request["stateMachineArn"])
            case "lambda:InvokeFunction":
                name = request["FunctionName"].rsplit(":", 1)[-1]
                return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
            case "secretsmanager:GetSecretValue" | "secretsmanager:PutSecretValue":
                return self._arns[request["SecretId"]]
            case "s3:ListBucket":
                return f"arn:aws:s3:::{request['Bucket']}"
            case "s3:GetObject":
                return f"arn:aws:s3:::{request['Bucket']}/{request['Key']}"
        # these know no resource, or only a workgroup's
        assert one.action in {
            "redshift:DescribeClusters",
            "redshift-data:CancelStatement",
            "redshift-data:DescribeStatement",
            "redshift-data:GetStatementResult",
            "redshift-data:ListStatements",
            "secretsmanager:GetRandomPassword",
        }, one.action
        return "*"

    def _context(self, one: Recorded) -> dict[str, str]:
        if one.action == "s3:ListBucket":
            return {"s3:prefix": one.request.get("Prefix", "")}
        if one.service != "redshift-data":
            return {}
        user_id = f"{self._unique_id(one.role)}:{one.session}"
        if one.operation.endswith("ExecuteStatement"):
            if one.answer:
                self._owners[one.answer["Id"]] = user_id
            return {}
        statement = re.sub(r":\d+$", "", one.request.get("Id", ""))
        return {"aws:userid": user_id, _OWNER: self._owners.get(statement, user_id)}

    def _credentials(self, one: Recorded) -> Iterator[Any]:
        """How the Data API signs in for its caller: by temporary credentials, or with a secret."""
        if one.service != "redshift-data" or not one.operation.endswith("ExecuteStatement"):
            return
        request = one.request
        why = f"{one.action} signs in"
        if secret := request.get("SecretArn"):
            read = Recorded(
                one.role, one.session, "secretsmanager", "GetSecretValue", {"SecretId": secret}
            )
            yield self._call(one.role, read.action, self._resource(read), {}, why, _CREDENTIALS)
            yield from self._keys(read)
        else:
            cluster = request["ClusterIdentifier"]
            for kind, name in (("dbuser", request["DbUser"]), ("dbname", request["Database"])):
                arn = f"arn:aws:redshift:{REGION}:{ACCOUNT}:{kind}:{cluster}/{name}"
                yield self._call(
                    one.role, "redshift:GetClusterCredentials", arn, {}, why, _CREDENTIALS
                )

    def _keys(self, one: Recorded) -> Iterator[Any]:
        """What a service does with a key in its caller's name."""
        if one.action == "s3:GetObject":
            yield self._key(one, "kms:Decrypt", self._data_key, "s3", _S3_KEY)
        elif one.action in ("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"):
            key = self._keys_of_secrets()[self._arns[one.request["SecretId"]]]
            yield self._key(one, "kms:Decrypt", key, "secretsmanager", _SECRETS_KEY)
            if one.operation == "PutSecretValue":
                yield self._key(one, "kms:GenerateDataKey", key, "secretsmanager", _SECRETS_KEY)

    def _key(self, one: Recorded, action: str, key: str, service: str, page: str) -> Any:
        context = {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}
        return self._call(one.role, action, key, context, f"{one.action} uses the key", page)

    def _copies(self, one: Recorded) -> Iterator[Any]:
        """COPY lists and reads what its FROM names, as the role that it names."""
        for sql in one.request.get("Sqls", ()):
            for bucket, prefix, role in re.findall(
                r"COPY.*?FROM 's3://([^/']+)/([^']*)'\s+IAM_ROLE '[^']*/([^'/]+)'", sql, re.DOTALL
            ):
                why = f"COPY FROM 's3://{bucket}/{prefix}'"
                yield self._call(role, "s3:ListBucket", f"arn:aws:s3:::{bucket}", {}, why, _COPY)
                read = Recorded(
                    role, "", "s3", "GetObject", {"Bucket": bucket, "Key": prefix + "x"}
                )
                yield self._call(role, "s3:GetObject", self._resource(read), {}, why, _COPY)
                yield from self._keys(read)

    def _warehouse(self, request: Mapping[str, Any]) -> str:
        if cluster := request.get("ClusterIdentifier"):
            return f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:{cluster}"
        (workgroup,) = (
            one
            for address, one in self._resources.items()
            if address.startswith("aws_redshiftserverless_workgroup.")
        )
        assert workgroup["workgroup_name"] == request["WorkgroupName"]
        return str(workgroup["arn"])

    def _unique_id(self, role: str) -> str:
        (found,) = (
            one["unique_id"]
            for address, one in self._resources.items()
            if address.startswith("aws_iam_role.") and one["name"] == role
        )
        return str(found)

    @property
    def _data_key(self) -> str:
        return str(self._resources["aws_kms_key.data"]["arn"])

    def _keys_of_secrets(self) -> dict[str, str]:
        keys = {}
        by_id = {"warehouse": self._resources["aws_kms_key.warehouse"]["arn"]}
        for address, one in self._resources.items():
            if address.startswith("aws_secretsmanager_secret."):
                keys[one["arn"]] = one["kms_key_id"]
            for what in ("master", "admin"):
                if key := one.get(f"{what}_password_secret_kms_key_id"):
                    keys[one[f"{what}_password_secret_arn"]] = by_id[key]
        return keys


@dataclass(frozen=True)
class Implied:
    """Actions on a resource that AWS does in a role's name, whatever runs."""

    actions: tuple[str, ...]
    resource: str
    why: str
    page: str


def of_a_function(name: str, *, is_in_vpc: bool) -> Iterator[Implied]:
    """What Lambda does for a function in its role's name."""
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/{name}"
    yield Implied(
        ("logs:CreateLogStream", "logs:PutLogEvents"),
        f"{group}:log-stream:2024/01/09/[$LATEST]0",
        "Lambda writes the function's log",
        f"{DOCS}/lambda/latest/dg/monitoring-cloudwatchlogs.html",
    )
    yield Implied(
        ("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
        "*",
        "active tracing",
        f"{DOCS}/lambda/latest/dg/services-xray.html",
    )
    yield Implied(
        ("sqs:SendMessage",),
        _DEAD_LETTERS,
        "an asynchronous invocation that failed for good",
        f"{DOCS}/lambda/latest/dg/invocation-async-retain-records.html",
    )
    if is_in_vpc:
        yield Implied(
            (
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ),
            "*",
            "the function's network interfaces",
            f"{DOCS}/lambda/latest/dg/configuration-vpc.html",
        )


# role of the state machine, of the schedule, of the flow log, of the notebook: always so
OF_STATES = (
    Implied(
        (
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ),
        "*",
        # as the section "IAM Policies for logging to CloudWatch Logs" lists them
        "the execution's events are logged",
        f"{DOCS}/step-functions/latest/dg/cw-logs.html",
    ),
    Implied(
        (
            "xray:GetSamplingRules",
            "xray:GetSamplingTargets",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ),
        "*",
        "tracing",
        f"{DOCS}/step-functions/latest/dg/concepts-xray-tracing.html",
    ),
)
OF_SCHEDULES = (
    Implied(
        ("sqs:SendMessage",),
        _DEAD_LETTERS,
        "a target that could not be called",
        f"{DOCS}/scheduler/latest/UserGuide/configuring-schedule-dlq.html",
    ),
)
# with the group there already, its creation is not allowed: a flow log would bring it back
OF_FLOW_LOG = (
    Implied(
        ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/vpc/store-sales:log-stream:eni-0",
        "the VPC's flow log is written",
        f"{DOCS}/vpc/latest/userguide/flow-logs-iam-role.html",
    ),
    Implied(
        ("logs:DescribeLogGroups",),
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:",
        "the VPC's flow log finds its group",
        f"{DOCS}/vpc/latest/userguide/flow-logs-iam-role.html",
    ),
)
_CLI = f"{DOCS}/cli/latest/reference/s3/cp.html"


def of_notebook(call: Any, role: str, key: str) -> Iterator[Any]:
    """When the instance starts, `aws s3 cp --recursive` brings its files."""
    bucket = "arn:aws:s3:::store-sales-scripts"
    why = "the instance fetches its notebook"
    yield call(role, "s3:ListBucket", bucket, {"s3:prefix": "notebooks/"}, why, _CLI)
    for name in ("dataapi.ipynb", "settings.json"):
        yield call(role, "s3:GetObject", f"{bucket}/notebooks/{name}", {}, why, _CLI)
    context = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}
    yield call(role, "kms:Decrypt", key, context, why, _S3_KEY)


def of_schedule(call: Any, role: str, schedule: Mapping[str, Any], key: str) -> Iterator[Any]:
    """What EventBridge Scheduler calls for a schedule: its target, and the key of the schedule."""
    (target,) = schedule["target"]
    given = json.loads(target["input"]) if isinstance(target["input"], str) else target["input"]
    arn, context = target["arn"], {}
    page = f"{DOCS}/scheduler/latest/UserGuide/managing-targets-universal.html"
    if ":aws-sdk:" not in arn:
        action, resource = "states:StartExecution", arn
        page = f"{DOCS}/step-functions/latest/dg/auth-version-alias.html"
    else:
        service, operation = arn.rsplit(":", 2)[1:]
        action = f"{_PREFIX.get(service, service)}:{operation[0].upper()}{operation[1:]}"
        cluster, instance = given.get("ClusterIdentifier"), given.get("DbInstanceIdentifier")
        resource = {
            "cloudwatch": "*",
            "redshift": f"arn:aws:redshift:{REGION}:{ACCOUNT}:cluster:{cluster}",
            "databasemigration": given.get("ReplicationTaskArn"),
            "rds": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{instance}",
        }[service]
        if service == "cloudwatch":
            context = {"cloudwatch:namespace": given["Namespace"]}
    yield call(role, action, resource, context, schedule["name"], page)
    via = {"kms:ViaService": f"scheduler.{REGION}.amazonaws.com"}
    encryption = f"{DOCS}/scheduler/latest/UserGuide/encryption-rest.html"
    yield call(role, "kms:Decrypt", key, via, "Scheduler reads the schedule", encryption)
