"""The resources of a template: which there are, what they are called, and what refers to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simulator.project.cloudformation import ACCOUNT_ID, REGION, Values, read_template
from simulator.project.packages import LAYERS

FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
MACHINES = ("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine")
_VERSION, _ALIAS = "AWS::Lambda::Version", "AWS::Lambda::Alias"
_QUALIFIED = (_VERSION, _ALIAS)
ACTIVITY = "AWS::StepFunctions::Activity"
TABLE, SIMPLE_TABLE = "AWS::DynamoDB::Table", "AWS::Serverless::SimpleTable"
RULE, MAPPING = "AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"
CLUSTER, WORKGROUP = "AWS::Redshift::Cluster", "AWS::RedshiftServerless::Workgroup"
NAMESPACE = "AWS::RedshiftServerless::Namespace"
# by a resource's type: the property with its name, its ARN's service, what precedes the name there
_NAMED: Mapping[str, tuple[str, str, str]] = {
    **dict.fromkeys(FUNCTIONS, ("FunctionName", "lambda", "function:")),
    MACHINES[0]: ("Name", "states", "stateMachine:"),
    MACHINES[1]: ("StateMachineName", "states", "stateMachine:"),
    ACTIVITY: ("Name", "states", "activity:"),
    "AWS::SQS::Queue": ("QueueName", "sqs", ""),
    "AWS::SNS::Topic": ("TopicName", "sns", ""),
    TABLE: ("TableName", "dynamodb", "table/"),
    SIMPLE_TABLE: ("TableName", "dynamodb", "table/"),
    "AWS::S3::Bucket": ("BucketName", "s3", ""),
    "AWS::SSM::Parameter": ("Name", "ssm", "parameter/"),
    "AWS::SecretsManager::Secret": ("Name", "secretsmanager", "secret:"),
    "AWS::IAM::Role": ("RoleName", "iam", "role/"),
    CLUSTER: ("ClusterIdentifier", "redshift", "cluster:"),
    WORKGROUP: ("WorkgroupName", "redshift-serverless", "workgroup/"),
    NAMESPACE: ("NamespaceName", "redshift-serverless", "namespace/"),
    RULE: ("Name", "events", "rule/"),
}
# what Ref gives beside a name
_REF_IS_ARN = (*MACHINES, ACTIVITY, "AWS::SNS::Topic", "AWS::SecretsManager::Secret")
_LOWER_CASE = ("AWS::S3::Bucket", CLUSTER, WORKGROUP, NAMESPACE)


class Resources:
    """The resources of one template, each by its name there. `given` is as it is written, `values`
    reads its values."""

    def __init__(
        self, file: Path, parameters: Mapping[str, str], where: str, outside: Mapping[str, str]
    ) -> None:
        template = read_template(file, where)
        self.given: Mapping[str, Any] = template["Resources"]
        self.values = Values(
            template,
            parameters,
            where,
            ref=self._ref,
            attribute=self._attribute,
            outside=outside,
        )
        self._globals = template.get("Globals") or {}

    def there(self) -> Iterator[tuple[str, Any]]:
        """Those whose condition holds."""
        for name, resource in self.given.items():
            condition = resource.get("Condition")
            if condition is None or self.values.holds(condition):
                yield name, resource

    def name_of(self, name: str) -> str:
        """What a resource is called: as it says, else as it is called in the template."""
        resource = self.given[name]
        member = _NAMED.get(resource["Type"], ("", "", ""))[0]
        given = (resource.get("Properties") or {}).get(member)
        if given is not None:
            return str(self.values.of(given))
        return name.lower() if resource["Type"] in _LOWER_CASE else name

    def with_globals(self, kind: str, given: Any) -> dict[str, Any]:
        """SAM's Globals: what a resource says itself wins, tables and lists are put together."""
        done = {**(self._globals.get(kind) or {}), **given}
        layers = [*((self._globals.get(kind) or {}).get("Layers") or ()), *given.get("Layers", ())]
        if layers:
            done["Layers"] = layers
        shared = (self._globals.get(kind) or {}).get("Environment", {}).get("Variables") or {}
        own = (given.get("Environment") or {}).get("Variables") or {}
        if shared:
            done["Environment"] = {"Variables": {**shared, **own}}
        return done

    def aliases(self, name: str, called: str) -> Iterator[str]:
        """The aliases of a function: the one that SAM publishes, and those of the template."""
        own = self._alias(name)
        if own is not None:
            yield own
        for other, resource in self.there():
            if resource["Type"] == _ALIAS:
                function, _, alias = self._qualified(other).rpartition(":")
                if function.endswith(f":function:{called}"):
                    yield alias

    def _alias(self, name: str) -> str | None:
        """The alias that SAM publishes a function under."""
        given = self.with_globals("Function", self.given[name].get("Properties") or {})
        alias = given.get("AutoPublishAlias")
        return None if alias is None else str(self.values.of(alias))

    def _ref(self, name: str) -> str:
        kind = self.given[name]["Type"]
        if kind in _REF_IS_ARN:
            return self._arn(name)
        if kind in LAYERS:
            return name
        if kind in _QUALIFIED:
            return self._qualified(name)
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{self.name_of(name)}"
        return self.name_of(name)

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute == "Alias":
            return f"{self._arn(name)}:{self._alias(name)}"
        if attribute in ("Arn", "QueueArn", "TopicArn", "Workgroup.WorkgroupArn"):
            return self._arn(name)
        if attribute.endswith("Name"):
            return self.name_of(name)
        return f"{self.name_of(name)}.{attribute}"

    def _qualified(self, name: str) -> str:
        """What a version or alias of a function is called by. There is one version of it; CDK's and
        the Serverless Framework's templates refer to one that they publish."""
        resource = self.given[name]
        function = str(self.values.of(resource["Properties"]["FunctionName"]))
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:"
        function = arn + function.rpartition(":function:")[2].partition(":")[0]
        if resource["Type"] == _VERSION:
            return f"{function}:$LATEST"
        return f"{function}:{self.values.of(resource['Properties']['Name'])}"

    def _arn(self, name: str) -> str:
        kind = self.given[name]["Type"]
        _, service, before = _NAMED.get(kind, ("", kind.split("::")[1].lower(), ""))
        if service == "s3":
            return f"arn:aws:s3:::{self.name_of(name)}"
        region = "" if service == "iam" else REGION
        return f"arn:aws:{service}:{region}:{ACCOUNT_ID}:{before}{self.name_of(name).lstrip('/')}"
