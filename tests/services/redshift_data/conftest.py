"""A Data API over a small warehouse in memory, so that the life cycle is tested without SQL.

The fake understands one line each of: create table T; insert into T values N; select * from T;
lock T; truncate T; fail; fail to compile; wide N (a result of N rows). A table is locked by whoever
wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from simulator.engine.ports import Place, World
from simulator.engine.timing import StatementTiming, Timing
from simulator.services.api import Caller
from simulator.services.redshift.clusters import ClusterSettings
from simulator.services.redshift.service import Redshift
from simulator.services.redshift_data import RedshiftData
from simulator.sql.errors import LockUnavailable, SqlError
from tests.support.worlds import make_world

START_MS = 1_704_794_400_000  # 2024-01-09T10:00:00Z
# Without noise a start comes 300 ms after the submission, and the fake's statements take 1,000 ms
# plus 1 ms for each row.
TIMING = Timing(
    statement_submitted_ms=100,
    statement_picked_ms=200,
    statement=StatementTiming(base_ms=1000, base_by_kind_ms={}, per_row_us=1000, noise=0.0),
    cluster_pause_ms=60_000,
    cluster_resume_ms=90_000,
)


@dataclass(frozen=True)
class FakeColumn:
    name: str
    label: str
    type_name: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    nullable: int = 1
    table_name: str = ""
    schema_name: str = "public"


@dataclass(frozen=True)
class FakeOutcome:
    kind: str
    columns: tuple[FakeColumn, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    row_count: int = -1
    rows_touched: int = 0


@dataclass(eq=False)
class FakeWarehouse:
    """Committed tables, who locks them, and a log of (now_ms, user, sql)."""

    tables: dict[str, list[int]] = field(default_factory=dict)
    locks: dict[str, FakeTransaction] = field(default_factory=dict)
    log: list[tuple[int, str, str]] = field(default_factory=list)
    open_transactions: int = 0
    made_users: list[str] = field(default_factory=list)
    # the session of each transaction that had one, and those that were ended
    sessions: list[Any] = field(default_factory=list)
    ended_sessions: list[Any] = field(default_factory=list)

    def has_user(self, name: str) -> bool:
        return name in ("awsuser", "etl_user", *self.made_users)

    def ensure_user(self, name: str) -> None:
        self.made_users.append(name)

    def sign_in(self, name: str, password: str) -> None:
        if password != "Right0ne":
            raise SqlError(f'FATAL: password authentication failed for user "{name}"', sqlstate="")

    def end_session(self, session: Any) -> None:
        self.ended_sessions.append(session)

    def begin(
        self, database: str, user: str, *, now_ms: int, session: Any = None
    ) -> FakeTransaction:
        if session is not None:
            self.sessions.append(session)
        if database != "dev":
            raise SqlError(f'FATAL: database "{database}" does not exist', sqlstate="3D000")
        if not self.has_user(user):
            raise SqlError(f'FATAL: user "{user}" does not exist', sqlstate="28000")
        self.open_transactions += 1
        return FakeTransaction(self, user)


@dataclass(eq=False)
class FakeTransaction:
    warehouse: FakeWarehouse
    user: str
    writes: list[tuple[str, int | None]] = field(default_factory=list)
    truncated: list[str] = field(default_factory=list)

    def _lock(self, table: str) -> None:
        if self.warehouse.locks.setdefault(table, self) is not self:
            raise LockUnavailable("held", (self.warehouse.locks[table],))

    def identify(self, *, pid: int, xid: int) -> None:
        assert pid > 0
        assert xid > 0

    def execute(
        self, sql: str, parameters: dict[str, str] | None, *, now_ms: int, queued: Any
    ) -> FakeOutcome:
        assert queued is None or queued(frozenset()) == ()
        self.warehouse.log.append((now_ms, self.user, sql))
        for name, value in (parameters or {}).items():
            sql = sql.replace(f":{name}", value)
        match sql.split():
            case ["create", "table", table]:
                self._lock(table)
                self.writes.append((table, None))
                return FakeOutcome("CREATE")
            case ["insert", "into", table, "values", number]:
                self._lock(table)
                self.writes.append((table, int(number)))
                return FakeOutcome("INSERT", row_count=1, rows_touched=1)
            case ["truncate", table]:
                self._lock(table)
                self.truncated.append(table)
                return FakeOutcome("TRUNCATE")
            case ["copy", table]:
                return FakeOutcome("COPY", row_count=7, rows_touched=7)
            case ["lock", table]:
                self._lock(table)
                return FakeOutcome("LOCK")
            case ["select", "*", "from", table]:
                rows = tuple((n,) for n in self.warehouse.tables.get(table, ()))
                column = FakeColumn("n", "n", "int4", nullable=1, table_name=table)
                return FakeOutcome("SELECT", (column,), rows, len(rows), len(rows))
            case ["wide", count]:
                rows = tuple(("x" * 1000,) for _ in range(int(count)))
                column = FakeColumn("x", "x", "varchar", length=1000)
                return FakeOutcome("SELECT", (column,), rows, len(rows), 0)
            case ["fail"]:
                raise SqlError("ERROR: division by zero", sqlstate="22012", detail="in line 1")
            case _:
                raise SqlError(f'ERROR: syntax error at or near "{sql}"', sqlstate="42601")

    def commit(self) -> None:
        for table in self.truncated:
            self.warehouse.tables[table] = []
        for table, number in self.writes:
            rows = self.warehouse.tables.setdefault(table, [])
            if number is not None:
                rows.append(number)
        self.rollback()

    def rollback(self) -> None:
        self.warehouse.open_transactions -= 1
        for table in [t for t, holder in self.warehouse.locks.items() if holder is self]:
            del self.warehouse.locks[table]


class Plan:
    """A source of choice: the outcomes given for a subject in order, then the nominal one."""

    def __init__(self, **outcomes: list[str]) -> None:
        self.outcomes = outcomes
        self.asked: list[tuple[Place, tuple[str, ...]]] = []

    def pick(self, place: Place, options: Any) -> str:
        self.asked.append((place, tuple(options)))
        planned = self.outcomes.get(place.subject, [])
        return planned[place.occurrence - 1] if place.occurrence <= len(planned) else options[0]


class Harness:
    """The service with its scheduler; calls are made as the role "etl" unless said otherwise."""

    def __init__(
        self,
        *,
        seed: int = 0,
        plan: Plan | None = None,
        timing: Timing = TIMING,
        clusters: list[ClusterSettings] | None = None,
        secrets: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.world = make_world(start_ms=START_MS, seed=seed, timing=timing, choices=plan)
        self.warehouse = FakeWarehouse()
        self.cluster = Redshift(self.world, clusters)
        self.service = RedshiftData(
            self.world,
            lambda identifier: self.warehouse,  # type: ignore[arg-type,return-value]
            self.cluster,
            secrets=secrets,
            **options,
        )

    @staticmethod
    def caller(role: str = "etl", name: str = "lambda:etl") -> Caller:
        return Caller(name=name, role_arn=f"arn:aws:iam::123456789012:role/{role}")

    def execute(self, sql: str, *, role: str = "etl", **members: Any) -> str:
        login = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "etl_user"}
        request = {"Sql": sql, **login, **members}
        request = {name: value for name, value in request.items() if value is not None}
        return str(self.service.execute_statement(request, self.caller(role))["Id"])

    def batch(self, *sqls: str, role: str = "etl", **members: Any) -> str:
        login = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "etl_user"}
        request = {"Sqls": list(sqls), **login, **members}
        return str(self.service.batch_execute_statement(request, self.caller(role))["Id"])

    def call(self, operation: str, *, role: str = "etl", **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self.service, operation)(request, self.caller(role))
        return answer

    def call_cluster(self, operation: str, **request: Any) -> dict[str, Any]:
        """Redshift's own API, for the cluster that statements run on."""
        request = {"ClusterIdentifier": "store-sales", **request}
        answer: dict[str, Any] = getattr(self.cluster, operation)(request, self.caller())
        return answer

    def describe(self, statement_id: str) -> dict[str, Any]:
        return self.call("describe_statement", Id=statement_id)

    def status(self, statement_id: str) -> str:
        return str(self.describe(statement_id)["Status"])

    def run(self, until_ms: int | None = None) -> None:
        """Run everything that is due, or only up to `until_ms` after the start."""
        self.world.scheduler.run(until_ms=None if until_ms is None else START_MS + until_ms)

    @property
    def now_ms(self) -> int:
        """Milliseconds since the start."""
        return self.world.scheduler.now_ms - START_MS


class RealHarness(Harness):
    """The service over the real warehouse, with its durations; `bus` makes a bus for its events."""

    def __init__(self, bus: Callable[[World], Any] | None = None, **options: Any) -> None:
        from simulator.sql.warehouse import User, Warehouse

        super().__init__(**options)
        users = (User("awsuser", superuser=True), User("etl_user", superuser=True))
        self.warehouse = Warehouse(users=users)  # type: ignore[assignment]
        self.bus = None if bus is None else bus(self.world)
        self.service = RedshiftData(
            self.world,
            lambda identifier: self.warehouse,  # type: ignore[arg-type,return-value]
            self.cluster,
            events=self.bus,
            **options,
        )

    def held_connections(self) -> int:
        """How many connections to its databases there are that nobody else could use."""
        warehouse: Any = self.warehouse
        # one that was closed just now ends within a millisecond or so
        for _ in range(100):
            (count,) = warehouse.start().execute(_CONNECTIONS, (warehouse.prefix,)).fetchone()
            held = count - sum(map(len, warehouse._idle.values()))
            if held == 0:
                break
            warehouse.start().execute("SELECT pg_sleep(0.001)")
        return int(held)

    def close(self) -> None:
        """Give everything back."""
        self.service.close()
        self.warehouse.close()  # type: ignore[attr-defined]


_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, %s)"


@pytest.fixture
def make_real_api() -> Iterator[Callable[..., RealHarness]]:
    """Build a Data API over real SQL."""
    made: list[RealHarness] = []

    def make(**options: Any) -> RealHarness:
        made.append(RealHarness(**options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def make_api() -> Callable[..., Harness]:
    """Build a Data API with a seed, a plan, clusters of its own."""
    return Harness


@pytest.fixture
def api() -> Harness:
    """A Data API in a simulation where nothing goes wrong."""
    return Harness()


@pytest.fixture
def make_plan() -> Callable[..., Plan]:
    """Build a source of choice: `make_plan(load=["FAILED"])`."""
    return Plan
