"""EXPLAIN: a plan with Redshift's names for its steps, of a statement that does not run."""

from __future__ import annotations

import re
from typing import Any

import pytest

from simulator.sql.errors import NotSupported, SqlError

_TABLES = (
    "CREATE TABLE event (eventid int, venueid int, eventname varchar(200))",
    "CREATE TABLE venue (venueid int, venuename varchar(100), venueseats int)",
    "INSERT INTO venue VALUES (1, 'Toyota Park', 0), (2, 'Columbus Crew Stadium', NULL)",
)

_COST = re.compile(r"  \(cost=\d+\.\d\d\.\.\d+\.\d\d rows=\d+ width=\d+\)$")


def _steps(desk: Any, statement: str) -> list[str]:
    """The plan's lines without their costs, which are a model's."""
    rows = desk.rows(f"EXPLAIN {statement}")
    return [_COST.sub("", one) for (one,) in rows]


def test_a_plan_reads_as_the_guide_shows_it(desk: Any) -> None:
    desk.run(*_TABLES)
    # "EXPLAIN", but for how the join is distributed and which side is hashed
    joined = _steps(
        desk,
        "SELECT eventid, eventname, event.venueid, venuename FROM event, venue"
        " WHERE event.venueid = venue.venueid",
    )
    assert joined[:2] == ["XN Hash Join", '  Hash Cond: ("outer".venueid = "inner".venueid)']
    assert re.fullmatch(r"  ->  XN Seq Scan on (event|venue)", joined[2])
    assert joined[3] == "  ->  XN Hash"
    assert re.fullmatch(r"        ->  XN Seq Scan on (event|venue)", joined[4])
    copied = "CREATE TABLE venue_nonulls AS SELECT * FROM venue WHERE venueseats IS NOT NULL"
    assert _steps(desk, copied) == ["XN Seq Scan on venue", "  Filter: (venueseats IS NOT NULL)"]
    # "Creating and interpreting a query plan": sums that are sorted for the leader
    assert _steps(
        desk,
        "SELECT venuename, sum(venueseats) FROM venue GROUP BY venuename"
        " HAVING sum(venueseats) > 9999 ORDER BY venuename",
    ) == [
        "XN Merge", "  Merge Key: venuename", "  ->  XN Network", "        Send to leader",
        "        ->  XN Sort", "              Sort Key: venuename",
        "              ->  XN HashAggregate",
        "                    Filter: (sum(venueseats) > 9999)",
        "                    ->  XN Seq Scan on venue",
    ]  # fmt: skip
    # "STL_ALERT_EVENT_LOG"
    assert "review the join predicates" in _steps(desk, "SELECT * FROM event, venue")[-1]


def test_what_is_explained_does_not_run_and_holds_nothing(desk: Any) -> None:
    desk.run(*_TABLES)
    transaction = desk.warehouse.begin("dev", "awsuser", now_ms=0)
    for statement in (
        "DELETE FROM venue WHERE venueseats = 0",
        "INSERT INTO venue SELECT * FROM venue",
        "UPDATE venue SET venueseats = 1 FROM event WHERE event.venueid = venue.venueid",
        "SELECT * INTO copied FROM venue",
    ):
        outcome = transaction.execute(f"EXPLAIN {statement}", None, now_ms=0)
        assert [one.label for one in outcome.columns] == ["QUERY PLAN"], statement
        assert outcome.row_count == len(outcome.rows)
    desk.run("ALTER TABLE venue ADD COLUMN city varchar(30)")
    transaction.commit()
    assert desk.rows("SELECT count(*) FROM venue") == [(2,)]
    with pytest.raises(SqlError, match="permission denied for relation venue"):
        desk.run("EXPLAIN SELECT * FROM venue", user="analyst")
    with pytest.raises(SqlError, match='relation "gone" does not exist'):
        desk.run("EXPLAIN SELECT * FROM gone")


def test_a_late_binding_view_is_bound_for_its_plan(desk: Any) -> None:
    late = "CREATE VIEW late AS SELECT * FROM public.t WITH NO SCHEMA BINDING"
    desk.run("CREATE TABLE t (a int)", late, "DROP TABLE t")
    with pytest.raises(SqlError, match=r'relation "public\.t" does not exist'):
        desk.run("EXPLAIN SELECT * FROM late")
    desk.run("CREATE TABLE t (a int)")
    assert _steps(desk, "SELECT * FROM late") == ["XN Seq Scan on t"]


def test_other_commands_are_not_explained(desk: Any) -> None:
    for statement in ("CREATE TABLE t (a int)", "DROP TABLE t", "VACUUM", "ANALYZE SELECT 1", ""):
        with pytest.raises(SqlError, match="syntax error"):
            desk.run(f"EXPLAIN {statement}")
    # what Redshift alone can plan
    for statement in ("VERBOSE SELECT 1", "SELECT * FROM pg_table_def"):
        with pytest.raises(NotSupported, match="EXPLAIN"):
            desk.run(f"EXPLAIN {statement}")
