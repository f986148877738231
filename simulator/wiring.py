"""The services of one simulation, each made when it is first asked for, and handed the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from simulator.engine.ports import TaskFailure, TaskSuccess, World
from simulator.engine.quotas import Quotas
from simulator.services import neighbours
from simulator.services.api import Caller, NotModelled, Service, ServiceError
from simulator.services.eventbridge.bus import EventBus, Rule, is_state_machine
from simulator.services.eventbridge.targets import EventTargets
from simulator.services.provisioned import Provisioned
from simulator.services.warehouses import Warehouses

if TYPE_CHECKING:
    from types import ModuleType

    from simulator.project import LambdaSettings, Project, QueueSettings, WarehouseSettings
    from simulator.project.settings import MockOutcome, RuleSettings
    from simulator.services.committed import CommittedTables
    from simulator.services.handlers.clients import Door
    from simulator.services.lambda_.functions import LambdaFunctions


class Services(Mapping[str, Service]):
    """By botocore's names. `made` holds those that were asked for; `door` gives the boto3 door,
    which loads boto3."""

    def __init__(
        self,
        world: World,
        *,
        warehouses: Warehouses,
        warehouse: WarehouseSettings | None,
        quotas: Quotas | None,
        door: Callable[[], Door],
        provisioned: Provisioned | None = None,
        secrets: Mapping[str, Any] | None = None,
    ) -> None:
        self._declared = neighbours.Declared(secrets or {})
        self._has_secrets = secrets is not None
        self._world = world
        self._warehouses = warehouses
        self._warehouse = warehouse
        self._quotas = quotas
        self._targets = EventTargets(self)
        self._events = EventBus(world, self.deliver, getattr(provisioned, "rules", None))
        self._door = door
        self._mocks: dict[str, list[tuple[int, TaskSuccess | TaskFailure]]] = {}
        self._provisioned = provisioned
        self._makers: dict[str, Callable[[], Any]] = {
            "lambda": self._make_functions,
            "redshift": self._make_cluster,
            "redshift-data": self._make_data,
            "redshift-serverless": self._make_serverless,
            "stepfunctions": self._make_stepfunctions,
        }
        if provisioned is None:
            # elsewhere somebody else has them
            self._makers |= neighbours.makers(
                world,
                self,
                folders=warehouses.lake,
                declared=self._declared,
                events=self._events,
                deliver=self.deliver,
            )
        self.made: dict[str, Any] = {}
        self._tables_view: CommittedTables | None = None

    def __getitem__(self, name: str) -> Any:
        if name not in self.made:
            maker = self._makers.get(name) or self._borrowed(name)
            self.made[name] = maker()
        return self.made[name]

    def _borrowed(self, name: str) -> Callable[[], Any]:
        other = None
        if self._provisioned is not None and self._provisioned.other is not None:
            other = self._provisioned.other(name)
        if other is None:
            raise KeyError(name)
        return lambda: other

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    @property
    def functions(self) -> LambdaFunctions:
        """The functions."""
        functions: LambdaFunctions = self["lambda"]
        return functions

    def abandon(self) -> None:
        """Roll back statements that run."""
        if "redshift-data" in self.made:
            self.made["redshift-data"].close()

    def close(self) -> None:
        """Roll back statements that run, and remove what functions were unpacked into."""
        self.abandon()
        if "lambda" in self.made:
            self.made["lambda"].close()
        if "s3" in self.made and self._provisioned is None:
            self.made["s3"].close()

    def clusters(self) -> tuple[str, ...]:
        """The clusters in use: the declared one, or those that somebody named."""
        if self._warehouse is not None:
            return (self._warehouse.cluster,)
        return self.made["redshift"].identifiers if "redshift" in self.made else ()

    def committed(self) -> CommittedTables:
        """The committed tables of the declared warehouse, always as of now."""
        from simulator.services.committed import CommittedTables

        if self._tables_view is None:
            settings = self._warehouse
            assert settings is not None
            warehouse = self._warehouses(settings.cluster)
            assert warehouse is not None
            self._tables_view = CommittedTables(
                warehouse,
                database=settings.database,
                user=settings.superuser,
                now_ms=lambda: self._world.scheduler.now_ms,
            )
        return self._tables_view.look()

    def declare(self, project: Project) -> None:
        """What a project declares around its pipeline, beside functions, rules and machines.
        Raises `ProjectError`."""
        from simulator.declared import tables_of

        for name, mock in project.mocks.items():
            self._mocks[name] = [_mocked(outcome) for outcome in mock.outcomes]
        self._declared.tables.extend(tables_of(project))
        self._declared.parameters.extend(
            (one.name, one.value, one.kind) for one in project.parameters
        )
        for queue in project.queues:
            self._add_trigger(queue)
        caller = Caller("project", f"arn:aws:iam::{self._world.account_id}:root")
        for activity in project.activities:
            self["stepfunctions"].create_activity({"name": activity}, caller)

    def _add_trigger(self, settings: QueueSettings) -> None:
        from simulator.services.lambda_.queue_triggers import QueueTrigger, Trigger

        queues = self["sqs"]
        queue = queues.queue(settings.name)
        queue.attributes["VisibilityTimeout"] = str(settings.visibility_seconds)
        if settings.dead_letter_queue is not None:
            queue.attributes["RedrivePolicy"] = json.dumps(
                {
                    "deadLetterTargetArn": queues.queue(settings.dead_letter_queue).arn,
                    "maxReceiveCount": settings.max_receives,
                }
            )
        trigger = Trigger(settings.name, settings.function, settings.batch_size)
        QueueTrigger(self._world, queues, lambda: self.functions, trigger)

    def add_rule(
        self,
        name: str,
        pattern: Mapping[str, Any],
        target: str,
        inputs: Mapping[str, Any] | None = None,
    ) -> None:
        """A rule whose events call a function, by its name or ARN, or a state machine, a queue or
        a topic, by its ARN. `inputs`: Input, InputPath or InputTransformer, as PutTargets has
        them."""
        if not target.startswith("arn:") or ":lambda:" in target:
            self.functions.find(target)
        self._events.add(Rule(name, pattern, target, inputs or {}))

    def add_rules_of(self, project: Project) -> None:
        """The rules that a project declares. Raises `ProjectError`."""
        from simulator.project import ProjectError

        region, account = self._world.region, self._world.account_id
        for rule in project.rules:
            service = {"state_machine": "states", "queue": "sqs", "topic": "sns"}.get(rule.kind)
            target = rule.target
            if service is not None:
                kind = "stateMachine:" if rule.kind == "state_machine" else ""
                target = f"arn:aws:{service}:{region}:{account}:{kind}{target}"
            try:
                if rule.kind == "warehouse":
                    self._add_statement(rule)
                    continue
                self.add_rule(rule.name, rule.pattern, target, rule.inputs)
            except (ValueError, NotModelled, ServiceError) as error:
                raise ProjectError(rule.where, str(error).partition(": ")[2]) from None

    def _add_statement(self, rule: RuleSettings) -> None:
        """A rule whose events have the Data API run SQL. What it answers is nobody's to hear: AWS
        counts such a failure among the rule's FailedInvocations."""
        given = {key: value for key, value in rule.statement.items() if key != "RoleArn"}
        role = rule.statement.get("RoleArn") or "events.amazonaws.com"
        caller = Caller(f"rule:{rule.name}", role)
        self._targets.check(rule.target, given)

        def submit(_event: Mapping[str, Any], _caller: Caller) -> None:
            try:
                self._targets.call(rule.target, "", caller, "", given)
            except ServiceError as error:
                data = {"caller": caller.name, "hint": f"{error.code}: {error.message}"}
                self._world.trace.add(self._world.scheduler.now_ms, "Hint", rule.target, data)

        self._events.add(Rule(rule.name, rule.pattern, rule.target, deliver=submit))

    def deliver(
        self, target: str, payload: bytes, caller: Caller, event_id: str | None = None
    ) -> None:
        """Hand a message to a function, or an event's payload to what else has an ARN."""
        if not target.startswith("arn:") or ":lambda:" in target:
            self.functions.invoke(
                {"FunctionName": target, "InvocationType": "Event", "Payload": payload}, caller
            )
            return
        # an execution is named by the event's id, as it is on AWS, and one of its own
        name = ""
        if is_state_machine(target):
            own = self._world.identity.uuid("event-execution", f"{caller.name}:{event_id}")
            name = f"{event_id}_{own}"
        self._targets.call(target, payload.decode(), caller, name)

    def add_function(self, settings: LambdaSettings) -> None:
        """A function as a project declares it."""
        self.functions.add(
            settings.name,
            folder=settings.path,
            handler_name=settings.handler,
            environment=settings.environment,
            timeout_seconds=settings.timeout_seconds,
            memory_mb=settings.memory_mb,
            layers=settings.layers,
            role_arn=settings.role_arn,
        )
        caller = Caller("project", f"arn:aws:iam::{self._world.account_id}:root")
        for alias in settings.aliases:
            self.functions.create_alias(
                {"FunctionName": settings.name, "Name": alias, "FunctionVersion": "$LATEST"}, caller
            )

    def _make_functions(self) -> Any:
        from simulator.services.lambda_.functions import LambdaFunctions

        functions = LambdaFunctions(self._world, _handler_module)
        functions.connect(self._door())
        if self._provisioned is not None:
            functions.deployment.packages.fetch = self._provisioned.fetch
        return functions

    def _make_cluster(self) -> Any:
        from simulator.services.redshift.clusters import ClusterSettings
        from simulator.services.redshift.service import Redshift

        settings = self._warehouse
        if self._provisioned is not None:
            created = Redshift(self._world, [])
            created.when_deleted(self._warehouses.drop)
            created.provisioning.outside = self._provisioned
            self._warehouses.settings_of.append(created.settings_of)
            return created
        if settings is None:
            return Redshift(self._world)
        cluster = ClusterSettings(
            settings.cluster,
            database=settings.database,
            master_username=settings.superuser,
            first_status=settings.first_status,
        )
        return Redshift(self._world, [cluster])

    def _make_serverless(self) -> Any:
        from simulator.services.redshift.serverless import RedshiftServerless

        # where a cluster or a workgroup is declared, that is all there is
        settings = self._warehouse
        is_open = settings is None and self._provisioned is None
        made = RedshiftServerless(self._world, outside=self._provisioned, takes_any=is_open)
        if settings is not None and settings.workgroup is not None:
            made.declare(
                settings.workgroup,
                house=settings.cluster,
                database=settings.database,
                admin=settings.superuser,
            )
        made.when_deleted(self._warehouses.drop)
        self._warehouses.settings_of.append(made.settings_of)
        return made

    def _make_data(self) -> Any:
        from simulator.services.redshift_data.service import RedshiftData

        settings = self._warehouse
        options = {} if settings is None else {"concurrency": settings.concurrency}
        return RedshiftData(
            self._world,
            self._warehouses,
            self["redshift"],
            secrets=self._secret_texts(),
            workgroups=self["redshift-serverless"],
            events=self._events,
            **options,
        )

    def _make_stepfunctions(self) -> Any:
        from simulator.services.stepfunctions.service import StepFunctions
        from simulator.services.tasks import Tasks

        tasks = Tasks(self._world, self, self._role_of, self._mocks)
        return StepFunctions(self._world, tasks, self._quotas, self._events)

    def _secret_texts(self) -> Mapping[str, Any] | None:
        if self._provisioned is not None:
            return self._provisioned.secrets
        return self._declared.secrets if self._has_secrets else None

    def _role_of(self, execution_arn: str) -> str:
        role: str = self["stepfunctions"].execution(execution_arn).role_arn
        return role


def _mocked(outcome: MockOutcome) -> tuple[int, TaskSuccess | TaskFailure]:
    after_ms = round(outcome.seconds * 1000)
    if outcome.error is not None:
        return after_ms, TaskFailure(outcome.error, outcome.cause)
    return after_ms, TaskSuccess(outcome.output)


def _handler_module(name: str) -> ModuleType:
    from simulator import loader

    return loader.handler_module(name)
