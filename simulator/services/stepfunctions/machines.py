"""State machines: how one is created, described, changed, deleted, tagged and validated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from simulator.asl.errors import Diagnostic
from simulator.asl.parser import parse
from simulator.asl.validator import validate
from simulator.engine.compiler import Machine, compile_definition
from simulator.engine.ports import TaskPort, World
from simulator.engine.quotas import Quotas
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.stepfunctions import names

Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StateMachine:
    """A state machine as it was last created or updated. `compiled` is what executions run."""

    arn: str
    name: str
    type: str
    definition: str
    role_arn: str
    created_ms: int
    compiled: Machine
    logging: dict[str, Any]
    tracing: dict[str, Any]
    encryption: dict[str, Any]
    # "" before the first update, which AWS doesn't show
    revision_id: str = ""
    status: str = "ACTIVE"
    tags: dict[str, str] = field(default_factory=dict)

    def same_as(self, other: StateMachine) -> bool:
        """Whether creating `other` means this one. A definition counts as written, role and tags
        don't: "Step Functions will ignore these differences" (CreateStateMachine)."""
        ignored: dict[str, Any] = {"created_ms": 0, "role_arn": "", "tags": {}, "revision_id": ""}
        return replace(self, compiled=other.compiled, **ignored) == replace(other, **ignored)


class Machines:
    """The state machines of an account, and their operations."""

    def __init__(self, world: World, tasks: TaskPort, quotas: Quotas) -> None:
        self._world = world
        self._tasks = tasks
        self._quotas = quotas
        self.by_arn: dict[str, StateMachine] = {}
        # called with the ARN of a state machine that is gone
        self.on_deleted: list[Callable[[str], None]] = []

    def find(self, text: str) -> StateMachine:
        """The state machine of an ARN."""
        arn = names.state_machine_arn(text)
        found = self.by_arn.get(arn)
        if found is None:
            raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        return found

    def create_state_machine(self, request: Request, _caller: Caller) -> Request:
        """Create a state machine; the same one again is answered with what is there."""
        name, role_arn = request["name"], request["roleArn"]
        names.check_name(name, limit=self._quotas.name_characters)
        names.check_role_arn(role_arn)
        _check_description(request)
        kind = request.get("type", "STANDARD")
        machine = StateMachine(
            arn=f"{self._arn_prefix()}:{name}",
            name=name,
            type=kind,
            definition=request["definition"],
            role_arn=role_arn,
            created_ms=self._world.scheduler.now_ms,
            compiled=self._compile(request["definition"], kind),
            logging=_logging(request.get("loggingConfiguration")),
            tracing=request.get("tracingConfiguration") or {"enabled": False},
            encryption=request.get("encryptionConfiguration") or {"type": "AWS_OWNED_KEY"},
            tags=names.tags_of(request.get("tags") or ()),
        )
        existing = self.by_arn.get(machine.arn)
        if existing is not None:
            if existing.status == "DELETING":
                raise ServiceError(
                    "StateMachineDeleting", f"State Machine Deleting: '{machine.arn}'"
                )
            if not existing.same_as(machine):
                raise ServiceError(
                    "StateMachineAlreadyExists", f"State Machine Already Exists: '{machine.arn}'"
                )
            machine = existing
        self.by_arn[machine.arn] = machine
        return {
            "stateMachineArn": machine.arn,
            "creationDate": names.moment(machine.created_ms),
        }

    def update_state_machine(self, request: Request, _caller: Caller) -> Request:
        """Change a state machine. Executions that run go on with what they started with."""
        machine = self.find(request["stateMachineArn"])
        _check_description(request)
        members = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration")
        if not any(member in request for member in (*members, "encryptionConfiguration")):
            raise ServiceError(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, the "
                "TracingConfiguration, or the EncryptionConfiguration must be specified",
            )
        changed = machine
        if "definition" in request:
            text = request["definition"]
            changed = replace(changed, definition=text, compiled=self._compile(text, machine.type))
        if "roleArn" in request:
            names.check_role_arn(request["roleArn"])
            changed = replace(changed, role_arn=request["roleArn"])
        if "loggingConfiguration" in request:
            changed = replace(changed, logging=_logging(request["loggingConfiguration"]))
        if "tracingConfiguration" in request:
            changed = replace(changed, tracing=request["tracingConfiguration"])
        if "encryptionConfiguration" in request:
            changed = replace(changed, encryption=request["encryptionConfiguration"])
        revision_id = self._world.identity.uuid("state-machine-revision", machine.arn)
        self.by_arn[machine.arn] = replace(changed, revision_id=revision_id)
        return {
            "updateDate": names.moment(self._world.scheduler.now_ms),
            "revisionId": revision_id,
        }

    def delete(self, arn: str, *, has_running: bool) -> None:
        """Delete a state machine, or mark it as being deleted while executions of it run."""
        machine = self.by_arn.get(arn)
        if machine is None:
            return
        if has_running:
            self.by_arn[arn] = replace(machine, status="DELETING")
        else:
            del self.by_arn[arn]
            for listener in self.on_deleted:
                listener(arn)

    def list_state_machines(self, request: Request, _caller: Caller) -> Request:
        """List the state machines."""
        shown = [
            {
                "stateMachineArn": machine.arn,
                "name": machine.name,
                "type": machine.type,
                "creationDate": names.moment(machine.created_ms),
            }
            for machine in self.by_arn.values()
        ]
        part, following = names.page(shown, request, default=100, largest=1000)
        return {"stateMachines": part, **following}

    def validate_state_machine_definition(self, request: Request, _caller: Caller) -> Request:
        """Check a definition without creating anything."""
        found = self._validate(request["definition"], request.get("type", "STANDARD"))
        if request.get("severity", "ERROR") == "ERROR":
            found = tuple(one for one in found if one.severity == "ERROR")
        largest = request.get("maxResults") or 100
        return {
            "result": "FAIL" if any(one.severity == "ERROR" for one in found) else "OK",
            "diagnostics": [
                {
                    "severity": one.severity,
                    "code": one.code,
                    "message": one.message,
                    "location": one.location,
                }
                for one in found[:largest]
            ],
            "truncated": len(found) > largest,
        }

    def tag_resource(self, request: Request, _caller: Caller) -> Request:
        """Add or change tags."""
        machine = self._tagged(request["resourceArn"])
        tags = {**machine.tags, **names.tags_of(request["tags"])}
        self.by_arn[machine.arn] = replace(machine, tags=tags)
        return {}

    def untag_resource(self, request: Request, _caller: Caller) -> Request:
        """Remove tags."""
        machine = self._tagged(request["resourceArn"])
        kept = {key: tag for key, tag in machine.tags.items() if key not in request["tagKeys"]}
        self.by_arn[machine.arn] = replace(machine, tags=kept)
        return {}

    def list_tags_for_resource(self, request: Request, _caller: Caller) -> Request:
        """Show the tags."""
        machine = self._tagged(request["resourceArn"])
        return {"tags": [{"key": key, "value": tag} for key, tag in machine.tags.items()]}

    def _tagged(self, arn: str) -> StateMachine:
        found = self.by_arn.get(arn)
        if found is None:
            raise ServiceError("ResourceNotFound", f"Resource not found: '{arn}'")
        return found

    def _arn_prefix(self) -> str:
        return f"arn:aws:states:{self._world.region}:{self._world.account_id}:stateMachine"

    def _validate(self, text: str, kind: str) -> tuple[Diagnostic, ...]:
        names.check_length("definition", text, limit=self._quotas.definition_bytes)
        return validate(text, machine_type=kind, check_resource=self._tasks.check)

    def _compile(self, text: str, kind: str) -> Machine:
        errors = [one for one in self._validate(text, kind) if one.severity == "ERROR"]
        not_modelled = [one for one in errors if one.code == "NOT_MODELLED"]
        if errors and len(not_modelled) == len(errors):
            raise NotModelled("; ".join(f"{one.location}: {one.message}" for one in errors))
        if errors:
            reasons = ", ".join(_reason(one) for one in errors if one.code != "NOT_MODELLED")
            raise ServiceError(
                "InvalidDefinition", f"Invalid State Machine Definition: '{reasons}'"
            )
        return _compiled(text)


# a compiled definition holds nothing of a run, so all simulations of a process share it
@lru_cache(maxsize=16)
def _compiled(text: str) -> Machine:
    return compile_definition(parse(text))


def described(machine: StateMachine) -> Request:
    """A state machine as DescribeStateMachine shows it."""
    shown = {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "status": machine.status,
        "definition": machine.definition,
        "roleArn": machine.role_arn,
        "type": machine.type,
        "creationDate": names.moment(machine.created_ms),
        "loggingConfiguration": machine.logging,
        "tracingConfiguration": machine.tracing,
        "encryptionConfiguration": machine.encryption,
    }
    if machine.revision_id:
        shown["revisionId"] = machine.revision_id
    return shown


def _reason(diagnostic: Diagnostic) -> str:
    # bad JSON says where in its message; its location is no pointer
    if diagnostic.code == "INVALID_JSON_DESCRIPTION":
        return f"{diagnostic.code}: {diagnostic.message}"
    return f"{diagnostic.code}: {diagnostic.message} at {diagnostic.location}"


def _logging(configuration: dict[str, Any] | None) -> dict[str, Any]:
    given = configuration or {}
    level = given.get("level", "OFF")
    destinations = given.get("destinations") or []
    # recorded: any level but OFF wants a destination
    if (level != "OFF" or destinations) and len(destinations) != 1:
        raise ServiceError(
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
        )
    shown: dict[str, Any] = {
        "level": level,
        "includeExecutionData": given.get("includeExecutionData", False),
    }
    return {**shown, "destinations": destinations} if destinations else shown


def _check_description(request: Request) -> None:
    # what publishes has been taken out of the request
    if "versionDescription" in request:
        raise ServiceError(
            "ValidationException", "Version description can only be set when publish is true"
        )
