"""What a template of CloudFormation or SAM declares, as settings: `[template]` of `simulator.toml`.

Read are functions, state machines, activities, rules, queues that call functions, tables, buckets,
parameters, secrets, and a cluster or workgroup. What surrounds them on AWS (roles, networks,
alarms, schedules) is passed over, as a simulation has no use for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.project.packages import Packages
from simulator.project.resources import (
    ACTIVITY,
    CLUSTER,
    FUNCTIONS,
    MACHINES,
    MAPPING,
    NAMESPACE,
    RULE,
    SIMPLE_TABLE,
    TABLE,
    WORKGROUP,
    Resources,
)
from simulator.project.sections import ProjectError, near, shown
from simulator.project.settings import (
    DefinitionSettings,
    KeySettings,
    LakeSettings,
    LambdaSettings,
    ParameterSettings,
    QueueSettings,
    RuleSettings,
    Substitution,
    TableSettings,
    TargetKind,
    UserSettings,
    WarehouseSettings,
)

_KINDS: Mapping[str, TargetKind] = {
    "lambda": "lambda",
    "states": "state_machine",
    "sqs": "queue",
    "sns": "topic",
}
_RULE_EVENTS = ("EventBridgeRule", "CloudWatchEvent")
# AWS's default where a function's Timeout is not given
_TIMEOUT_SECONDS, _MEMORY_MB = 3, 128


@dataclass(slots=True)
class Stack:
    """What a template declares."""

    lambdas: dict[str, LambdaSettings] = field(default_factory=dict)
    machines: dict[str, DefinitionSettings] = field(default_factory=dict)
    rules: list[RuleSettings] = field(default_factory=list)
    queues: list[QueueSettings] = field(default_factory=list)
    tables: dict[str, TableSettings] = field(default_factory=dict)
    activities: list[str] = field(default_factory=list)
    lake: dict[str, LakeSettings] = field(default_factory=dict)
    parameters: list[ParameterSettings] = field(default_factory=list)
    secrets: dict[str, Mapping[str, str]] = field(default_factory=dict)
    warehouse: WarehouseSettings | None = None


class StackReader:
    """Reads one template. `made` is a folder for what stands in the template itself: code and
    definitions. Functions that are `declared` elsewhere are left alone. `layers` are folders for
    those that lie elsewhere, `outside` values from elsewhere, by name."""

    def __init__(
        self,
        file: Path,
        given: Mapping[str, str],
        where: str,
        *,
        made: Path,
        declared: Mapping[str, LambdaSettings],
        layers: Mapping[str, Path] | None = None,
        outside: Mapping[str, str] | None = None,
    ) -> None:
        self._file = file
        self._where = where
        self._made = made
        self._declared = declared
        self._resources = Resources(file, given, where, outside or {})
        self._values = self._resources.values
        self._packages = Packages(
            file, self._resources.given, self._values, where, made, layers or {}
        )

    def read(self) -> Stack:
        """Everything. Raises `ProjectError`."""
        stack = Stack()
        read = {
            **dict.fromkeys(FUNCTIONS, self._read_function),
            **dict.fromkeys(MACHINES, self._read_machine),
            **dict.fromkeys((TABLE, SIMPLE_TABLE), self._read_table),
            **dict.fromkeys((CLUSTER, WORKGROUP), self._read_warehouse),
            RULE: self._read_rule,
            MAPPING: self._read_mapping,
            "AWS::S3::Bucket": self._read_bucket,
            ACTIVITY: self._read_activity,
            "AWS::SSM::Parameter": self._read_parameter,
            "AWS::SecretsManager::Secret": self._read_secret,
        }
        for name, resource in self._resources.there():
            if resource["Type"] in read:
                read[resource["Type"]](name, resource, stack)
        self._packages.check_layers()
        return stack

    def logical(self, name: str) -> str:
        """The physical name of a state machine of the template; the CDK puts eight digits of a hash
        after a construct's name, which may be left out."""
        machines = [
            one for one, resource in self._resources.there() if resource["Type"] in MACHINES
        ]
        hashed = [one for one in machines if re.fullmatch(f"{re.escape(name)}[0-9A-F]{{8}}", one)]
        if name not in machines and len(hashed) == 1:
            (name,) = hashed
        if name not in machines:
            raise ProjectError(
                self._where,
                f"expected a state machine of the template, got {name!r}",
                near(name, machines),
            )
        return self._resources.name_of(name)

    # -- functions ----------------------------------------------------------------------------

    def _read_function(self, name: str, resource: Any, stack: Stack) -> None:
        called, where = self._resources.name_of(name), f"{self._where}: {name}"
        given = self._resources.with_globals("Function", resource.get("Properties") or {})
        runtime = self._values.of(given.get("Runtime", "python"))
        if called not in self._declared and str(runtime).startswith("python"):
            handler = str(self._values.of(given.get("Handler", "index.handler")))
            path = self._packages.code(called, given, resource.get("Metadata") or {}, where)
            _check_handler(path, handler, where)
            variables = self._values.of((given.get("Environment") or {}).get("Variables") or {})
            role = given.get("Role")
            stack.lambdas[called] = LambdaSettings(
                name=called,
                path=path,
                handler=handler,
                timeout_seconds=int(self._values.of(given.get("Timeout", _TIMEOUT_SECONDS))),
                memory_mb=int(self._values.of(given.get("MemorySize", _MEMORY_MB))),
                environment={key: _text(value) for key, value in variables.items()},
                layers=tuple(self._packages.layers(given)),
                role_arn=None if role is None else str(self._values.of(role)),
                aliases=tuple(self._resources.aliases(name, called)),
            )
        for event, declared in (given.get("Events") or {}).items():
            self._read_event(called, "lambda", f"{name}{event}", declared, stack)

    # -- state machines -----------------------------------------------------------------------

    def _read_machine(self, name: str, resource: Any, stack: Stack) -> None:
        called, where = self._resources.name_of(name), f"{self._where}: {name}"
        kind = resource["Type"]
        given = self._resources.with_globals("StateMachine", resource.get("Properties") or {})
        substitutions = {
            key: Substitution("scalar", _text(value), where)
            for key, value in self._values.of(given.get("DefinitionSubstitutions") or {}).items()
        }
        uri = given.get("DefinitionUri", given.get("DefinitionS3Location"))
        if isinstance(uri, str):
            file = (self._file.parent / uri).resolve()
            if not file.is_file():
                raise ProjectError(where, f"expected a file at {shown(file)}, got nothing there")
        else:
            definition = self._values.of(given.get("DefinitionString", given.get("Definition")))
            if definition is None:
                raise ProjectError(where, "expected a definition or its file, got neither")
            text = definition if isinstance(definition, str) else json.dumps(definition, indent=2)
            file = self._made / f"{called}.asl.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        machine_type = self._values.of(
            given.get("Type" if kind == MACHINES[0] else "StateMachineType", "STANDARD")
        )
        role = given.get("Role", given.get("RoleArn"))
        stack.machines[called] = DefinitionSettings(
            file,
            called,
            substitutions,
            str(machine_type),
            None if role is None else str(self._values.of(role)),
            is_of_template=True,
        )
        for event, declared in (given.get("Events") or {}).items():
            self._read_event(called, "state_machine", f"{name}{event}", declared, stack)

    # -- what calls them ----------------------------------------------------------------------

    def _read_event(
        self, target: str, kind: TargetKind, name: str, declared: Any, stack: Stack
    ) -> None:
        given, where = declared.get("Properties") or {}, f"{self._where}: {name}"
        if declared["Type"] in _RULE_EVENTS:
            given = self._values.of(given)
            stack.rules.append(
                RuleSettings(name, given["Pattern"], target, kind, where, _inputs(given))
            )
        elif declared["Type"] == "SQS":
            given = self._values.of(given)
            mapping = {**given, "EventSourceArn": given["Queue"], "FunctionName": target}
            stack.queues += self._mapping(mapping, where)

    def _read_rule(self, name: str, resource: Any, stack: Stack) -> None:
        if "EventPattern" not in resource["Properties"]:
            # a schedule's
            return
        given, where = self._values.of(resource["Properties"]), f"{self._where}: {name}"
        for number, target in enumerate(given.get("Targets") or (), start=1):
            if str(target["Arn"]).startswith("arn:aws:logs:"):
                # nothing in a pipeline comes of what is logged
                continue
            if target.get("RedshiftDataParameters"):
                statement = {"RoleArn": target.get("RoleArn"), **target["RedshiftDataParameters"]}
                stack.rules.append(
                    RuleSettings(
                        f"{name}-{number}",
                        given["EventPattern"],
                        str(target["Arn"]),
                        "warehouse",
                        where,
                        statement=statement,
                    )
                )
                continue
            kind, called = _target(str(target["Arn"]), where)
            pattern, inputs = given["EventPattern"], _inputs(target)
            stack.rules.append(
                RuleSettings(f"{name}-{number}", pattern, called, kind, where, inputs)
            )

    def _read_mapping(self, name: str, resource: Any, stack: Stack) -> None:
        given = self._values.of(resource["Properties"])
        stack.queues += self._mapping(given, f"{self._where}: {name}")

    def _mapping(self, given: Any, where: str) -> Iterator[QueueSettings]:
        source = str(given.get("EventSourceArn", ""))
        if ":sqs:" not in source:
            raise ProjectError(where, f"expected a queue as the source, got {source!r}")
        queue, function = source.rpartition(":")[2], str(given["FunctionName"])
        yield QueueSettings(
            queue,
            function.rpartition(":function:")[2].partition(":")[0],
            min(int(given.get("BatchSize", 10)), 10),
            **self._queue_options(queue),
        )

    def _queue_options(self, called: str) -> dict[str, Any]:
        for name, resource in self._resources.there():
            if resource["Type"] == "AWS::SQS::Queue" and self._resources.name_of(name) == called:
                given = self._values.of(resource.get("Properties") or {})
                options: dict[str, Any] = {
                    "visibility_seconds": int(given.get("VisibilityTimeout", 30))
                }
                policy = given.get("RedrivePolicy")
                if policy:
                    options["max_receives"] = int(policy["maxReceiveCount"])
                    dead = str(policy["deadLetterTargetArn"]).rpartition(":")[2]
                    options["dead_letter_queue"] = dead
                return options
        return {}

    # -- the rest -----------------------------------------------------------------------------

    def _read_table(self, name: str, resource: Any, stack: Stack) -> None:
        given, where = self._values.of(resource.get("Properties") or {}), f"{self._where}: {name}"
        called = self._resources.name_of(name)
        if resource["Type"] == SIMPLE_TABLE:
            key = given.get("PrimaryKey") or {"Name": "id", "Type": "String"}
            settings = KeySettings(key["Name"], None, {key["Name"]: key["Type"][0]})
            stack.tables[called] = TableSettings(called, settings, where=where)
            return
        attributes = given["AttributeDefinitions"]
        types = {one["AttributeName"]: one["AttributeType"] for one in attributes}
        indexes = [
            index
            for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
            for index in given.get(member) or ()
        ]
        stack.tables[called] = TableSettings(
            called,
            _key(given["KeySchema"], types),
            {index["IndexName"]: _key(index["KeySchema"], types) for index in indexes},
            where=where,
        )

    def _read_bucket(self, name: str, _resource: Any, stack: Stack) -> None:
        bucket = self._resources.name_of(name)
        stack.lake[bucket] = LakeSettings(bucket, self._made / "empty" / bucket, is_empty=True)

    def _read_activity(self, name: str, _resource: Any, stack: Stack) -> None:
        stack.activities.append(self._resources.name_of(name))

    def _read_parameter(self, name: str, resource: Any, stack: Stack) -> None:
        given = self._values.of(resource["Properties"])
        stack.parameters.append(
            ParameterSettings(self._resources.name_of(name), _text(given["Value"]), given["Type"])
        )

    def _read_secret(self, name: str, resource: Any, stack: Stack) -> None:
        given = self._values.of(resource.get("Properties") or {})
        text = given.get("SecretString")
        generated = given.get("GenerateSecretString")
        content: Any = {}
        if text is not None:
            content = _json_or_none(text)
        elif generated is not None:
            content = _json_or_none(generated.get("SecretStringTemplate", "{}"))
            if isinstance(content, dict):
                content[generated.get("GenerateStringKey", "password")] = "Generated1"
        if isinstance(content, dict):
            stack.secrets[self._resources.name_of(name)] = {
                key: _text(one) for key, one in content.items()
            }

    def _read_warehouse(self, name: str, resource: Any, stack: Stack) -> None:
        called, given = self._resources.name_of(name), resource.get("Properties") or {}
        members, workgroup = ("MasterUsername", "DBName"), None
        if resource["Type"] == WORKGROUP:
            workgroup, members = called, ("AdminUsername", "DbName")
            there = [one for _, one in self._resources.there() if one["Type"] == NAMESPACE]
            given = (there[0].get("Properties") or {}) if there else {}
        # a name that a secret holds: whose, the warehouse's section says where it matters
        given = {key: "awsuser" if _is_secret(one) else one for key, one in given.items()}
        user, database = (
            str(self._values.of(given.get(member, default)))
            for member, default in zip(members, ("awsuser", "dev"), strict=True)
        )
        stack.warehouse = WarehouseSettings(
            f"workgroup/{called}" if workgroup else called,
            database,
            workgroup,
            (UserSettings(user, superuser=True),),
        )


def first_of(stack: Stack, reader: StackReader, wanted: str | None, where: str) -> str:
    """The name of the state machine that `run` starts."""
    if wanted is not None:
        return reader.logical(wanted)
    if len(stack.machines) != 1:
        names = ", ".join(stack.machines) or "none"
        raise ProjectError(
            where,
            f"expected a template with one state machine, got {names}",
            'state_machine = "..." says which one `run` starts, as the template calls it',
        )
    return next(iter(stack.machines))


def _key(schema: Any, types: Mapping[str, str]) -> KeySettings:
    names = {one["KeyType"]: one["AttributeName"] for one in schema}
    used = {name: types[name] for name in names.values()}
    return KeySettings(names["HASH"], names.get("RANGE"), used)


def _target(arn: str, where: str) -> tuple[TargetKind, str]:
    parts = arn.split(":")
    kind = _KINDS.get(parts[2]) if len(parts) > 5 else None
    if kind is None:
        raise ProjectError(where, f"{arn} as a target is not simulated")
    return kind, parts[6] if kind in ("lambda", "state_machine") else parts[5]


def _inputs(given: Mapping[str, Any]) -> dict[str, Any]:
    members = ("Input", "InputPath", "InputTransformer")
    return {name: given[name] for name in members if given.get(name)}


def _check_handler(path: Path, handler: str, where: str) -> None:
    file = path / f"{handler.rpartition('.')[0].replace('.', '/')}.py"
    if not file.is_file() and not file.with_suffix("").is_dir():
        raise ProjectError(
            where,
            f"expected the handler's file {shown(file)}, got nothing there",
            f"Handler is {handler!r}",
        )


def _is_secret(value: Any) -> bool:
    return "{{resolve:secretsmanager:" in json.dumps(value)


def _json_or_none(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)
