"""Random requests over every operation, through a boto3 client and real SQL, beside a model.

Whatever is asked, in whatever order, while clusters pause, reboot and resize and statements get
stuck: only exceptions of the operation's own model come back, no statement leaves a final status,
the rows that are there are those of what has finished, and no connection is left over.
`make fuzz` asks 10,000 times.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from simulator import Simulator
from simulator.engine.ports import Place
from simulator.services.redshift_data.life_cycle import NEXT_STATUS, is_final

HOUR_MS = 3_600_000
UNKNOWN = "00000000-0000-4000-8000-000000000000"
INSERT = "insert into log values (1)"
SQLS = (
    INSERT,
    INSERT,
    "select count(*) from log",
    "select i from log limit 5",
    "update log set i = i",
    "lock log",
    "create temp table t as select 1 as i",
    "select * from t",
    "set query_group to 'x'",
    "select :n::int",
    "select 1/0",
    "select * from nowhere",
    "this is no sql",
    "",
    "copy log from 's3://nowhere/x' iam_role default csv",
    "vacuum log",
    "create user someone password disable",
)
LOGINS: tuple[dict[str, str], ...] = (
    {"ClusterIdentifier": "c", "DbUser": "nobody"},
    {"ClusterIdentifier": "c"},
    {"ClusterIdentifier": "c", "SecretArn": "right"},
    {"ClusterIdentifier": "c", "SecretArn": "empty"},
    {"ClusterIdentifier": "c", "SecretArn": "unknown"},
    {"ClusterIdentifier": "c", "SecretArn": "right", "DbUser": "awsuser"},
    {"SecretArn": "elsewhere"},
    {"WorkgroupName": "serverless"},
    {"WorkgroupName": "serverless", "ClusterIdentifier": "c"},
    {},
)
SECRETS = {
    "right": {"username": "awsuser", "password": "x"},
    "empty": {"username": "", "password": ""},
    "elsewhere": {"username": "awsuser", "password": "x", "dbClusterIdentifier": "c"},
}
# what happened over all examples, to say how large "nothing found" is
asked: Counter[str] = Counter()
answered: Counter[str] = Counter()
ended: Counter[str] = Counter()


class Chance:
    """A source of choice that often picks what goes wrong, the same for the same seed."""

    def __init__(self) -> None:
        self.seed = 0

    def pick(self, place: Place, options: Sequence[str]) -> str:
        drawn = hashlib.sha256(f"{self.seed}:{place}".encode()).digest()
        if place.kind != "statement" or drawn[0] < 200:
            return options[0]
        return options[drawn[1] % len(options)]


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def rarely(*values: Any, usual: Any = None) -> st.SearchStrategy[Any]:
    """Nine times of ten what is usual: a request of which everything is odd tries nothing."""
    return st.sampled_from((usual,) * 9 * len(values) + values)


class DataApi(RuleBasedStateMachine):
    """The requests, and what is known of them."""

    def __init__(self) -> None:
        super().__init__()
        self.chance = Chance()
        self.simulator = Simulator(choices=self.chance, secrets=SECRETS)
        self.simulator.query("create table log (i int)", cluster="c")
        # that one counts for none of what follows
        self.before = len(self.simulator.statements)
        self.client = self.simulator.client("redshift-data")
        self.redshift = self.simulator.client("redshift")
        self.model = self.client.meta.service_model
        self.batches: dict[str, tuple[bool, Sequence[str]]] = {}
        self.sessions: list[str] = []
        self.final: dict[str, str] = {}
        self.seen = 0

    @initialize(seed=st.integers(0, 1 << 16))
    def begin(self, seed: int) -> None:
        self.chance.seed = seed

    # --- requests -----------------------------------------------------------------------------

    def ask(self, operation: str, **request: Any) -> dict[str, Any] | None:
        """Ask; None where that was refused by an exception of the operation's own model."""
        given = {name: value for name, value in request.items() if value is not None}
        asked[operation] += 1
        try:
            answer: dict[str, Any] = getattr(self.client, xform_name(operation))(**given)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            allowed = {shape.name for shape in self.model.operation_model(operation).error_shapes}
            if code not in allowed:
                raise AssertionError((operation, given)) from error
            answered[code] += 1
            self.submitted(operation, given, error.response.get("StatementId"))
            self.look()
            return None
        answered["ok"] += 1
        self.submitted(operation, given, answer.get("Id"))
        if answer.get("SessionId") and answer["SessionId"] not in self.sessions:
            self.sessions.append(answer["SessionId"])
        self.look()
        return answer

    def submitted(self, operation: str, request: dict[str, Any], id: str | None) -> None:  # noqa: A002
        if operation.endswith("ExecuteStatement") and id is not None:
            commits = request.get("ExecutionMode") == "AUTO_COMMIT"
            self.batches[id] = (commits, request.get("Sqls") or [request["Sql"]])

    def an_id(self, number: int) -> str:
        """An id that was given, mostly; of a statement or of one of a batch."""
        views = list(reversed(self.simulator.statements))
        ids = [one for view in views for one in (view.id, f"{view.id}:1")]
        ids.append(UNKNOWN)
        return ids[number % len(ids)]

    def a_session(self, number: int | None) -> str | None:
        """A session's id, mostly one that was given."""
        if number is None or (not self.sessions and number):
            return None
        # the newest first: those are the ones that may be open
        known = [UNKNOWN, *reversed(self.sessions)]
        return known[number % len(known)]

    common: ClassVar[dict[str, st.SearchStrategy[Any]]] = {
        "login": rarely(*LOGINS, usual={"ClusterIdentifier": "c", "DbUser": "awsuser"}),
        "database": rarely("prod", None, usual="dev"),
        "name": maybe(st.sampled_from(("load", "report"))),
        "token": rarely("a", "b"),
        "session": st.sampled_from((None, None, None, *range(6))),
        "keep_alive": st.sampled_from((None, None, None, None, 0, 1, 60, 86_400)),
        "wait": st.sampled_from((None, None, 1, 30)),
        "event": maybe(st.booleans()),
        "as_csv": rarely(True, usual=False),
        "odd": rarely(True, usual=False),
    }

    def submit(self, operation: str, *, sqls: dict[str, Any], **given: Any) -> None:
        session = self.a_session(given["session"])
        # odd: a login beside a session, parameters that nobody refers to
        where = {} if session and not given["odd"] else given["login"]
        refers = ":n" in str(sqls) or given["odd"]
        self.ask(
            operation,
            **sqls,
            **where,
            Database=given["database"] if where else None,
            StatementName=given["name"],
            ClientToken=given["token"],
            SessionId=session,
            SessionKeepAliveSeconds=given["keep_alive"],
            WaitTimeSeconds=given["wait"],
            WithEvent=given["event"],
            ResultFormat="CSV" if given["as_csv"] else None,
            Parameters=[{"name": "n", "value": "1"}] if refers else None,
        )

    @rule(sql=st.sampled_from(SQLS), **common)
    def execute(self, sql: str, **given: Any) -> None:
        self.submit("ExecuteStatement", sqls={"Sql": sql}, **given)

    @rule(
        sqls=st.lists(st.sampled_from(SQLS), min_size=1, max_size=4),
        mode=maybe(st.sampled_from(("TRANSACTION", "AUTO_COMMIT"))),
        **common,
    )
    def batch(self, sqls: list[str], mode: str | None, **given: Any) -> None:
        members = {"Sqls": sqls, "ExecutionMode": mode}
        self.submit("BatchExecuteStatement", sqls=members, **given)

    @precondition(lambda self: self.batches)
    @rule(number=st.integers(0, 60), wait=maybe(st.sampled_from((1, 30))))
    def describe(self, number: int, wait: int | None) -> None:
        self.ask("DescribeStatement", Id=self.an_id(number), WaitTimeSeconds=wait)

    @precondition(lambda self: self.batches)
    @rule(number=st.integers(0, 60), wait=maybe(st.just(1)), as_csv=st.booleans())
    def result(self, number: int, wait: int | None, as_csv: bool) -> None:
        operation = "GetStatementResultV2" if as_csv else "GetStatementResult"
        self.ask(operation, Id=self.an_id(number), WaitTimeSeconds=wait)

    @precondition(lambda self: self.batches)
    @rule(number=st.integers(0, 20), odd=rarely(True, usual=False))
    def cancel(self, number: int, odd: bool) -> None:
        running = [one for one, status in self.final.items() if not is_final(status)]
        if running and not odd:
            self.ask("CancelStatement", Id=running[number % len(running)])
        elif odd:
            self.ask("CancelStatement", Id=self.an_id(number))

    @rule(
        status=maybe(st.sampled_from((*NEXT_STATUS, "ALL"))),
        name=maybe(st.sampled_from(("lo", "report"))),
        most=maybe(st.integers(0, 3)),
        role_level=maybe(st.booleans()),
        token=rarely("b2Zmc2V0OjE=", "nonsense"),
    )
    def statements(self, status: Any, name: Any, most: Any, role_level: Any, token: Any) -> None:
        self.ask(
            "ListStatements",
            Status=status,
            StatementName=name,
            MaxResults=most,
            RoleLevel=role_level,
            NextToken=token,
        )

    @rule(
        status=st.sampled_from((None, "AVAILABLE", "BUSY", "CLOSED")),
        session=st.sampled_from((None, *range(5))),
        cluster=maybe(st.just("c")),
        odd=rarely(True, usual=False),
    )
    def list_sessions(self, status: Any, session: Any, cluster: Any, odd: bool) -> None:
        named = self.a_session(session)
        filters = {"Status": status, "ClusterIdentifier": cluster}
        self.ask("ListSessions", SessionId=named, **(filters if odd or not named else {}))

    @rule(
        operation=st.sampled_from(("ListDatabases", "ListSchemas", "ListTables", "DescribeTable")),
        login=rarely(*LOGINS, usual={"ClusterIdentifier": "c", "DbUser": "awsuser"}),
        database=rarely("prod", usual="dev"),
        most=maybe(st.integers(0, 2)),
    )
    def catalog(self, operation: str, login: dict[str, str], database: str, most: Any) -> None:
        self.ask(operation, **login, Database=database, MaxResults=most)

    # --- what happens besides -------------------------------------------------------------------

    @rule(ms=st.sampled_from((1, 50, 300, 300, 2_000, 2_000, 60_000, HOUR_MS, 25 * HOUR_MS)))
    def time_passes(self, ms: int) -> None:
        self.simulator.world.scheduler.run(until_ms=self.simulator.now + ms)
        self.look()

    @rule(
        what=st.sampled_from(("pause", "resume", "reboot", "resize", "classic")),
        really=rarely(True, True, usual=False),
    )
    def cluster_changes(self, what: str, really: bool) -> None:
        if not really and what != "resume":
            return
        calls: dict[str, Callable[[], Any]] = {
            "pause": lambda: self.redshift.pause_cluster(ClusterIdentifier="c"),
            "resume": lambda: self.redshift.resume_cluster(ClusterIdentifier="c"),
            "reboot": lambda: self.redshift.reboot_cluster(ClusterIdentifier="c"),
            "resize": lambda: self.redshift.resize_cluster(ClusterIdentifier="c"),
            "classic": lambda: self.redshift.resize_cluster(ClusterIdentifier="c", Classic=True),
        }
        try:
            calls[what]()
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidClusterState":
                raise
        self.look()

    # --- what must hold -------------------------------------------------------------------------

    def look(self) -> None:
        """The life cycle, over everything that has come into the trace."""
        entries = self.simulator.trace.entries
        for _now_ms, kind, statement_id, data in entries[self.seen :]:
            if kind == "StatementStatus" and "sub_id" not in data:
                before, status = self.final.get(statement_id), data["status"]
                assert before is None or status in NEXT_STATUS[before], (before, data)
                self.final[statement_id] = status
        self.seen = len(entries)
        views = {view.id: view for view in self.simulator.statements[self.before :]}
        assert set(views) == set(self.batches)
        for view in views.values():
            assert view.status == self.final[view.id]
            assert (view.finished_ms is not None) == is_final(view.status)

    def expected_rows(self) -> int:
        """The rows of what has finished: all or nothing, or by each statement."""
        rows = 0
        for view in self.simulator.statements[self.before :]:
            commits, _sqls = self.batches[view.id]
            rows += sum(
                sub.sql == INSERT and (sub.status if commits else view.status) == "FINISHED"
                for sub in view.sub_statements
            )
        return rows

    def teardown(self) -> None:
        with self.simulator as simulator:
            for view in simulator.statements[self.before :]:
                if not is_final(view.status):
                    self.ask("CancelStatement", Id=view.id)
            simulator.run()
            self.look()
            assert all(is_final(status) for status in self.final.values())
            # every session is over by then, and seen to be
            simulator.world.scheduler.run(until_ms=simulator.now + 25 * HOUR_MS)
            self.ask("ListSessions", Status="AVAILABLE")
            tables = {name.rpartition("/")[2]: rows for name, rows in simulator.tables().items()}
            assert tables["log"] == self.expected_rows()
            self.check_connections(simulator)
            ended.update(self.final.values())

    @staticmethod
    def check_connections(simulator: Simulator) -> None:
        """Idle connections in the pool, and not one more, without an open transaction."""
        for house in simulator._warehouses._open.values():
            admin = house.start()
            idle = sum(len(connections) for connections in house._idle.values())
            for _ in range(200):
                query = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(datname, %s)"
                (count,) = admin.execute(query, (house.prefix,)).fetchone()
                if count <= idle:
                    break
                # a closed one ends within a millisecond or so
                admin.execute("SELECT pg_sleep(0.001)")
            assert (count, len(house._open)) == (idle, 0)


def fuzz(*, examples: int, steps: int) -> int:
    """Run so many examples; how many requests that were."""
    before = sum(asked.values())
    run_state_machine_as_test(
        DataApi,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
        ),
    )
    return sum(asked.values()) - before


def test_whatever_is_asked_only_the_models_exceptions_come_and_nothing_leaks() -> None:
    assert fuzz(examples=8, steps=25) > 0


@pytest.mark.campaign
def test_ten_thousand_requests() -> None:
    requests = 0
    while requests < 10_000:
        requests += fuzz(examples=100, steps=50)
    print(f"\n{requests} requests: {dict(asked)}\nanswers: {dict(answered)}\nends: {dict(ended)}")
    # every operation was asked
    assert len(asked) == 12
    assert set(ended) == {"FINISHED", "FAILED", "ABORTED"}
    assert ended["FINISHED"] > 100
