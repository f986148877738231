"""Wires one simulation together: the only file that knows every room, and the public interface.

Everything heavy is loaded when first used: a run of a definition without handlers loads no boto3,
and one without SQL starts no database.
"""

from __future__ import annotations

import hashlib
import json
import sys
import threading  # noqa: TID251 - one thread owns a simulation: another is told so
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from simulator.engine.identity import Identity
from simulator.engine.ports import Picker, World
from simulator.engine.quotas import Quotas
from simulator.engine.scheduler import Scheduler, milliseconds
from simulator.engine.timing import Timing
from simulator.engine.trace import Trace
from simulator.moves import OperatorMoves, next_name
from simulator.onlookers import Onlookers
from simulator.report.executions import Execution
from simulator.services.api import Caller, NotModelled
from simulator.services.warehouses import Warehouses
from simulator.wiring import Services

if TYPE_CHECKING:
    from simulator.faults.promises import Broken, Promise
    from simulator.project import Project, WarehouseSettings
    from simulator.services.handlers.clients import Door
    from simulator.services.lambda_.invocations import Invocation
    from simulator.services.provisioned import Provisioned
    from simulator.services.queries import QueryResult
    from simulator.services.redshift_data.statements import StatementView

# Virtual time begins here unless somebody says otherwise, so that runs repeat.
START_TIME = datetime(2024, 1, 9, 10, 0, tzinfo=UTC)


class Simulator:
    """One simulated AWS account in virtual time. Belongs to the thread that made it.

    `lake` maps buckets to local folders; `choices` is a source of choice (`engine.ports.Picker`),
    and `other_inputs` are what it can start beside; `warehouse` declares the one cluster there is;
    a `provisioned` account has what API calls make; `secrets` maps names to what they hold (user
    name and password). A context manager: `close` frees its database.
    """

    def __init__(
        self,
        *,
        account_id: str = "123456789012",
        region: str = "us-east-1",
        mock_config: None = None,
        seed: int = 0,
        start_time: datetime | str | None = None,
        choices: Picker | None = None,
        other_inputs: Sequence[Any] = (),
        timing: Timing | None = None,
        quotas: Quotas | None = None,
        lake: Mapping[str, Path] | None = None,
        warehouse: WarehouseSettings | None = None,
        warehouse_state: Path | None = None,
        provisioned: Provisioned | None = None,
        secrets: Mapping[str, Any] | None = None,
    ) -> None:
        if mock_config is not None:
            raise NotModelled("Simulator.mock_config: mocked outcomes are not simulated")
        self.world = World(
            scheduler=Scheduler(milliseconds(start_time or START_TIME)),
            trace=Trace(),
            identity=Identity(seed),
            timing=timing or Timing(),
            account_id=account_id,
            region=region,
            choices=choices,
            is_open=provisioned is not None,
        )
        self.project: Project | None = None
        # the state machine that `start` runs
        self.state_machine_arn: str | None = None
        # of its definition's text, as plans tell it
        self.definition_sha256: str | None = None
        self._warehouse_settings = warehouse
        if type(lake) is dict:
            # tests name folders by text too
            lake = {name: Path(folder) for name, folder in lake.items()}
        self._warehouses = Warehouses(
            self.world, warehouse, lake=lake, state=warehouse_state, provisioned=provisioned
        )
        self._services = Services(
            self.world,
            warehouses=self._warehouses,
            warehouse=warehouse,
            quotas=quotas,
            door=lambda: self.door,
            provisioned=provisioned,
            secrets=secrets,
        )
        self._door: Door | None = None
        self._onlookers = Onlookers(self.world)
        self.other_inputs = tuple(other_inputs)
        if choices is not None:
            services = self._services
            moves = OperatorMoves(services, services.clusters, self._caller, other_inputs)
            self._onlookers.operate(moves)
        self._thread = threading.get_ident()

    @classmethod
    def from_project(
        cls,
        path: Path | str | Project,
        *,
        seed: int | None = None,
        start_time: datetime | str | None = None,
        choices: Picker | None = None,
        other_inputs: Sequence[Any] = (),
        warehouse_state: Path | None = None,
        bucket_state: Path | None = None,
        account_id: str = "123456789012",
        region: str = "us-east-1",
        promises: bool = True,
    ) -> Simulator:
        """What a `simulator.toml` (or its folder, or what was read from it) describes, ready to
        `start`. Its promises are checked while it runs unless `promises` is false.

        Raises `ProjectError` or `DefinitionError`, each with the place in the file.
        """
        from simulator import project as projects
        from simulator.lakes import fill_lakes
        from simulator.sql.loading.folders import Folders

        project = path if isinstance(path, projects.Project) else projects.read(Path(path))
        fill_lakes(project)
        kept = {} if bucket_state is None else {one.name: one for one in bucket_state.iterdir()}
        simulator = cls(
            account_id=account_id,
            region=region,
            seed=project.run.seed if seed is None else seed,
            start_time=start_time or project.run.start_time,
            choices=choices,
            other_inputs=other_inputs,
            timing=projects.figures(Timing, project, "timing"),
            quotas=projects.figures(Quotas, project, "quotas"),
            lake=Folders({name: lake.folder for name, lake in project.lake.items()} | kept),
            warehouse=project.warehouse,
            warehouse_state=warehouse_state,
            secrets=project.secrets or None,
        )
        simulator._take_up(project)
        if promises and project.promises is not None:
            from simulator import loader
            from simulator.faults.promises import promises_of

            file = project.promises
            simulator.watch(promises_of(vars(loader.module_once(file, "[promises] file"))))
        return simulator

    def _take_up(self, project: Project) -> None:
        """Make everything that a project declares."""
        from simulator import project as projects
        from simulator.declared import check_mocks

        self.project = project
        for settings in project.lambdas.values():
            self._services.add_function(settings)
        self._services.declare(project)
        # `start` runs the one that is made last
        machines = (*project.state_machines.values(), project.definition)
        account_id, region = self.world.account_id, self.world.region
        definitions = [
            projects.render_definition(machine, account_id=account_id, region=region)
            for machine in machines
        ]
        check_mocks(project, [rendered.text for rendered in definitions])
        for machine, rendered in zip(machines, definitions, strict=True):
            self.create_state_machine(
                rendered.text,
                name=machine.name,
                kind=machine.kind,
                role_arn=machine.role_arn,
                source=str(machine.file),
            )
        self._services.add_rules_of(project)

    # --- what there is -----------------------------------------------------------------------

    def add_lambda(
        self,
        name: str,
        handler: Callable[[Any, Any], Any],
        *,
        timeout_seconds: int = 900,
        environment: Mapping[str, str] | None = None,
        role_arn: str | None = None,
    ) -> str:
        """Make a function of a callable `handler(event, context)`; returns its ARN."""
        self._check_thread()
        return self._services.functions.add(
            name,
            handler,
            timeout_seconds=timeout_seconds,
            environment=environment,
            role_arn=role_arn,
        ).arn

    def add_lambda_folder(
        self,
        path: Path | str,
        *,
        name: str | None = None,
        handler: str = "index.handler",
        environment: Mapping[str, str] | None = None,
        timeout_seconds: int = 3,
        memory_mb: int = 128,
        layers: Sequence[Path | str] = (),
        role_arn: str | None = None,
    ) -> str:
        """Make a function of the folder that is deployed as its package; returns its ARN. The
        name is the folder's unless given; the timeout is AWS's default of 3 seconds."""
        self._check_thread()
        folder = Path(path)
        return self._services.functions.add(
            name or folder.resolve().name,
            folder=folder,
            handler_name=handler,
            environment=environment,
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            layers=[Path(layer) for layer in layers],
            role_arn=role_arn,
        ).arn

    def add_rule(
        self,
        name: str,
        *,
        pattern: Mapping[str, Any],
        function: str | None = None,
        state_machine_arn: str | None = None,
    ) -> None:
        """Make a rule of EventBridge's default bus: events that match `pattern` (fields and lists
        of their values) call a function, asynchronously, or start a state machine. Step Functions
        puts an event on the bus whenever the status of a Standard execution changes, the Data API
        when a statement with `WithEvent` has ended. Raises `ValueError` for what is no pattern."""
        self._check_thread()
        if (function is None) == (state_machine_arn is None):
            raise ValueError(f"rule {name!r}: expected a function or a state machine")
        self._services.add_rule(name, pattern, str(function or state_machine_arn))

    def create_state_machine(
        self,
        definition: str | Mapping[str, Any],
        *,
        name: str = "StateMachine",
        kind: str = "STANDARD",
        role_arn: str | None = None,
        source: str = "definition",
    ) -> str:
        """Make the state machine that `start` runs; returns its ARN. Raises `DefinitionError`
        with every finding and its place in `source`."""
        from simulator.asl.parser import parse

        self._check_thread()
        text = definition if isinstance(definition, str) else json.dumps(definition)
        # for its places in the text: the API answers with the first finding alone
        parse(text, source)
        answer = self._services["stepfunctions"].create_state_machine(
            {
                "name": name,
                "definition": text,
                "type": kind,
                "roleArn": role_arn or f"arn:aws:iam::{self.world.account_id}:role/{name}",
            },
            self._caller,
        )
        self.state_machine_arn = answer["stateMachineArn"]
        self.definition_sha256 = hashlib.sha256(text.encode()).hexdigest()
        return self.state_machine_arn

    # --- what happens ------------------------------------------------------------------------

    def client(self, service_name: str, **config: Any) -> Any:
        """A boto3 client that this simulation answers, in process. Outside of `call` and of
        handlers each of its calls lets virtual time pass, and one that waits runs the simulation.
        """
        self._check_thread()
        return self.door.client(service_name, **config)

    def call(self, fn: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Run `fn` in virtual time, as a handler runs: its sleeps cost nothing, its boto3 clients
        are answered here. Returns what it returns, raises what it raises."""
        from simulator.services.handlers import (
            actors,
            clients,
            environments,
            sessions,
            virtual_time,
        )

        self._check_outside("call")
        clients.install()
        virtual_time.install()
        fn = virtual_time.virtual(fn)
        virtual_time.adopt(getattr(fn, "__globals__", {}))
        variables = {
            **environments.host_variables(),
            **sessions.client_variables(self.world.region),
        }
        return actors.run(
            self.world,
            lambda: fn(*arguments, **options),
            name=f"call of {getattr(fn, '__name__', 'a function')!r}",
            surroundings=environments.Environment(variables),
            caller=self._caller,
            door=self.door,
        )

    def run(self) -> None:
        """Advance virtual time until nothing is left to do."""
        self._check_outside("run")
        self._onlookers.look()
        self.world.scheduler.run()
        self._onlookers.finish()

    def observe(self, look: Callable[[], None]) -> None:
        """Have `look` called after every action of the scheduler, and after each state."""
        self._onlookers.add(look)

    def watch(self, promises: Sequence[Promise]) -> None:
        """Check these promises from now on; `broken` has what did not hold."""
        values = self.project.definition.substitutions if self.project else {}
        self._onlookers.watch(
            promises,
            tables=self._services.committed if self._warehouse_settings else None,
            lake=self.lake,
            settings={
                name: one.value for name, one in values.items() if one.kind in ("scalar", "json")
            },
        )

    def start(
        self,
        input: Any = None,  # noqa: A002 - AWS's word for it
        name: str | None = None,
        *,
        state_machine_arn: str | None = None,
    ) -> Execution:
        """Start an execution of the project's state machine; `run` lets it go on. Its name is the
        first of run-1, run-2, ... that is free, unless given."""
        self._check_thread()
        arn = state_machine_arn or self.state_machine_arn
        if arn is None:
            raise ValueError("start: expected a state machine, got none; create one first")
        request = {"stateMachineArn": arn, "input": json.dumps({} if input is None else input)}
        executions = self._services["stepfunctions"].executions
        used = [one.name for one in executions if one.state_machine_arn == arn]
        request["name"] = next_name("run-1", used) if name is None else name
        answer = self._services["stepfunctions"].start_execution(request, self._caller)
        return self.execution(answer["executionArn"])

    def execution(self, arn: str) -> Execution:
        """An execution by its ARN, running or ended."""
        found = self._services["stepfunctions"].execution(arn)
        return Execution(found, self.world)

    def query(
        self,
        sql: str,
        *,
        parameters: Mapping[str, str] | None = None,
        cluster: str | None = None,
        database: str | None = None,
        db_user: str | None = None,
    ) -> QueryResult:
        """The rows of one SQL statement, asked through the Data API in virtual time, by default
        as the warehouse's superuser. Raises `QueryFailed`, in Redshift's words."""
        from simulator.services.queries import run_query

        self._check_outside("query")
        settings = self._warehouse_settings
        request: dict[str, Any] = {
            "ClusterIdentifier": cluster or (settings.cluster if settings else "warehouse"),
            "Database": database or (settings.database if settings else "dev"),
            "DbUser": db_user or (settings.superuser if settings else "awsuser"),
            "Sql": sql,
        }
        if parameters:
            request["Parameters"] = [{"name": k, "value": v} for k, v in parameters.items()]
        # somebody asks from outside: nothing of the run that promises or the operator look at
        with self._onlookers.away():
            return run_query(self.world, self._services["redshift-data"], request, self._caller)

    # --- what was ----------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Virtual now, in milliseconds since the epoch."""
        return self.world.scheduler.now_ms

    @property
    def trace(self) -> Trace:
        """Everything that happened, in order."""
        return self.world.trace

    @property
    def executions(self) -> list[Execution]:
        """Every execution, in the order in which they were started."""
        if "stepfunctions" not in self._services.made:
            return []
        return [Execution(one, self.world) for one in self._services["stepfunctions"].executions]

    @property
    def broken(self) -> Sequence[Broken]:
        """The promises that did not hold so far, each where it broke first."""
        return self._onlookers.broken

    @property
    def statements(self) -> list[StatementView]:
        """Every SQL statement so far, oldest first."""
        if "redshift-data" not in self._services.made:
            return []
        found: list[StatementView] = self._services["redshift-data"].statements
        return found

    @property
    def invocations(self) -> Sequence[Invocation]:
        """Every Lambda invocation that ended, in that order, with what it printed and raised."""
        if "lambda" not in self._services.made:
            return []
        return self._services.functions.invocations

    def tables(self) -> dict[str, int]:
        """The committed rows of every table, by its name; "cluster/schema.table" where more than
        one undeclared cluster is in use."""
        return self._warehouses.tables()

    def save(self, folder: Path) -> None:
        """Write the warehouse's tables, for `warehouse_state` of a later simulation."""
        self._warehouses.save(folder)

    @property
    def lake(self) -> Mapping[str, Path]:
        """The folders that hold the buckets now. A project's own folders stay as they are: what a
        run writes goes into copies, which go with the simulation."""
        return self._warehouses.lake

    @property
    def written_buckets(self) -> tuple[str, ...]:
        """The buckets of a project that were made or written to."""
        return tuple(getattr(self._warehouses.lake, "written", ()))

    def save_buckets(self, folder: Path) -> None:
        """Copy the buckets that were written to, for `bucket_state` of a later simulation."""
        save = getattr(self._warehouses.lake, "save", None)
        if save is not None:
            save(folder)

    def abandon(self) -> None:
        """Roll back statements that run though nothing is left to do: they never end, and would
        keep `tables` and `save` from what is committed."""
        self._services.abandon()

    def close(self) -> None:
        """Give the databases back. What was recorded stays readable."""
        self._services.close()
        self._warehouses.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- wiring ------------------------------------------------------------------------------

    @property
    def door(self) -> Door:
        """What answers boto3 clients here."""
        if self._door is None:
            from simulator.services.handlers.clients import Door

            self._door = Door(self._services, self.world)
        return self._door

    @property
    def _caller(self) -> Caller:
        return Caller("client", f"arn:aws:iam::{self.world.account_id}:role/client")

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError(
                "Simulator: expected the thread that made it, got another one; one thread owns a"
                " simulation"
            )

    def _check_outside(self, what: str) -> None:
        self._check_thread()
        actors = sys.modules.get("simulator.services.handlers.actors")
        actor = actors.current() if actors else None
        if actor is not None and actor.world is self.world:
            raise RuntimeError(
                f"Simulator.{what}: expected to be called outside of simulated code, got a call"
                f" from {actor.name}; there, time passes by itself"
            )


__all__ = ["Execution", "Simulator"]
