"""Every promise of the pipeline holds on a clean run and breaks on one that is doctored."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simulator import loader
from simulator.engine.ports import Place
from simulator.engine.trace import BranchId
from simulator.faults.promises import Broken, Watch, promises_of
from tests.support.pipeline import ADDRESS, BUILD, CHECK, FACT, ITEM
from tests.support.worlds import make_world

ROOT = Path(__file__).resolve().parents[2]
DAY, OTHER_DAY = "2024-01-07", "2024-01-06"
SETTINGS = {
    "job_timeout_seconds": 8100,
    "execution_timeout_seconds": 36000,
    "pause_cluster_after": False,
    "cluster_identifier": "store-sales",
}
TABLES = ("date_dim", "store", "customer", "customer_address", "item", "store_sales")
Entries = list[Any]


@pytest.fixture(scope="module")
def promises() -> Iterator[ModuleType]:
    yield loader.module_at(ROOT / "statemachine/promises.py", "test")
    # other tests load the oracle by another name
    sys.modules.pop("oracle", None)


class FakeTables:
    """Rows as a test wants them."""

    def __init__(self, rows: dict[str, list[Any] | None]) -> None:
        self.kept = rows

    def rows(self, table: str) -> list[Any] | None:
        return self.kept.get(table.removeprefix("sales."))

    def query(self, sql: str) -> list[Any]:
        raise AssertionError(sql)


class Recording:
    """A clean run: its trace, its tables at each commit, and its lake."""

    def __init__(self, pipeline: Any, lake: Path) -> None:
        self.lake = lake
        pipeline.load(DAY)
        self.entries = list(pipeline.simulator.trace.entries)
        self.broken = list(pipeline.simulator.broken)
        self.tables = {name: pipeline.rows(name) for name in TABLES}


RECORDED: list[Recording] = []


@pytest.fixture
def clean(make_pipeline: Callable[..., Any], make_lake: Callable[..., Path]) -> Recording:
    """Made once: it is only read."""
    if not RECORDED:
        lake = make_lake(scale=0.1)
        RECORDED.append(Recording(make_pipeline(lake), lake))
    return RECORDED[0]


def check(
    promises: ModuleType,
    clean: Recording,
    name: str,
    entries: Entries | None = None,
    tables: dict[str, Any] | None = None,
    **settings: Any,
) -> list[Broken]:
    """Replay a trace, entry by entry, before one promise. The tables are the same all the time:
    by default those of the end."""
    one = next(found for found in promises_of(vars(promises)) if found.name == name)
    world = make_world()
    fake = FakeTables({**clean.tables, **(tables or {})})
    watch = Watch(
        [one],
        world,
        tables=lambda: fake,
        lake={"lake": clean.lake},
        settings={**SETTINGS, **settings},
    )
    for entry in clean.entries if entries is None else entries:
        world.scheduler.now_ms = entry[0]
        world.trace.append(entry)
        watch.look()
    watch.finish()
    return watch.broken


def evidence(*arguments: Any, **options: Any) -> str:
    (broken,) = check(*arguments, **options)
    return broken.evidence


def status_of(entry: Any, job: str, status: str) -> bool:
    _, kind, _, data = entry
    return (
        kind == "StatementStatus"
        and "sub_id" not in data
        and data.get("name", "").endswith(f":{job}")
        and data["status"] == status
    )


def without(entries: Entries, job: str, status: str) -> Entries:
    """As if a job's statement had not come to this status."""
    return [entry for entry in entries if not status_of(entry, job, status)]


def place(entries: Entries, kind: str, state: str | None = None) -> int:
    """Where the first entry of a kind, about a state, stands."""
    return next(
        number
        for number, entry in enumerate(entries)
        if entry[1] == kind and (state is None or entry[3][0] == state)
    )


def test_a_clean_run_keeps_every_promise(clean: Recording, promises: ModuleType) -> None:
    assert clean.broken == []
    assert len(promises_of(vars(promises))) == 12


@pytest.mark.parametrize(
    "name",
    [
        "fact_load_waits_for_both_dimensions",
        "each_job_takes_effect_once",
        "a_failure_seen_ends_the_job",
        "no_job_starts_after_a_failure",
        "the_verdict_is_true",
        "nothing_runs_after_the_end",
        "every_execution_ends",
        "the_cluster_is_not_left_running",
        "no_sale_is_counted_twice_or_lost",
        "success_means_the_oracles_tables",
        "a_rerun_makes_it_good",
        "once_faults_stop_it_succeeds",
    ],
)
def test_it_holds_on_the_replay_too(clean: Recording, promises: ModuleType, name: str) -> None:
    # the fact table's rows of before the fact load, not of the end
    late = {"store_sales": []} if name == "no_sale_is_counted_twice_or_lost" else {}
    entries = clean.entries[: place(clean.entries, "PassStateEntered", f"Initialize{FACT}")]
    part = entries if late else clean.entries
    assert check(promises, clean, name, part, late) == []


@pytest.mark.parametrize("dimension", [ADDRESS, ITEM])
def test_a_fact_load_before_a_dimension(
    clean: Recording, promises: ModuleType, dimension: str
) -> None:
    seen = evidence(
        promises,
        clean,
        "fact_load_waits_for_both_dimensions",
        without(clean.entries, dimension, "FINISHED"),
    )
    assert f"'{dimension}': ['STARTED']" in seen


def test_a_job_that_takes_effect_twice(clean: Recording, promises: ModuleType) -> None:
    again = [
        (at_ms, kind, "again", data)
        for at_ms, kind, subject, data in clean.entries
        if kind == "StatementStatus" and data.get("name", "").endswith(f":{FACT}")
    ]
    seen = evidence(promises, clean, "each_job_takes_effect_once", clean.entries + again)
    assert seen.endswith(f":{FACT} is FINISHED 2 times")


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_waiting_on_after_a_failure_was_seen(
    clean: Recording, promises: ModuleType, status: str
) -> None:
    entries = list(clean.entries)
    number = place(entries, "WaitStateEntered", f"Wait{ITEM}")
    at_ms, kind, subject, (name, data) = entries[number]
    data = copy.deepcopy(data)
    data["jobs"][ITEM]["outcome"]["status"] = status
    entries[number] = (at_ms, kind, subject, (name, data))
    seen = evidence(promises, clean, "a_failure_seen_ends_the_job", entries)
    assert (
        seen
        == f"{subject.execution_arn.rsplit(':')[-1]}: {ITEM} was seen {status}, and {name} follows"
    )


def test_a_job_that_starts_after_a_failure(clean: Recording, promises: ModuleType) -> None:
    entries = list(clean.entries)
    number = place(entries, "PassStateEntered", f"Initialize{FACT}")
    at_ms, _, subject, (_, data) = entries[number]
    entries.insert(number, (at_ms, "FailStateEntered", subject, (f"Fail{ITEM}", data)))
    seen = evidence(promises, clean, "no_job_starts_after_a_failure", entries)
    assert f"Initialize{FACT} follows ['Fail{ITEM}']" in seen


def test_a_day_that_is_begun_again_without_a_redrive(
    clean: Recording, promises: ModuleType
) -> None:
    entries = list(clean.entries)
    number = place(entries, "ParallelStateEntered", "LoadDay")
    entries.insert(number, entries[number])
    seen = evidence(promises, clean, "no_job_starts_after_a_failure", entries)
    assert seen.endswith("begins the day 2 times, unasked")
    # after a redrive once more, not twice
    at_ms, _, subject, _ = entries[number]
    redriven = (at_ms, "ExecutionRedriven", subject, 1)
    entries.insert(number, redriven)
    assert check(promises, clean, "no_job_starts_after_a_failure", entries) == []
    entries.insert(number + 1, entries[number + 1])
    seen = evidence(promises, clean, "no_job_starts_after_a_failure", entries)
    assert seen.endswith("begins the day 3 times, unasked")


def ended(entries: Entries, kind: str, data: Any) -> Entries:
    """With another end."""
    number = place(entries, "ExecutionSucceeded")
    at_ms, _, subject, _ = entries[number]
    return [*entries[:number], (at_ms, kind, subject, data), *entries[number + 1 :]]


@pytest.mark.parametrize("job", [BUILD, ADDRESS, ITEM, FACT, CHECK])
def test_a_success_without_a_finished_statement(
    clean: Recording, promises: ModuleType, job: str
) -> None:
    entries = without(clean.entries, job, "FINISHED")
    assert f"'{job}': ['STARTED']" in evidence(promises, clean, "the_verdict_is_true", entries)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("States.Runtime", "which names no job"),
        (None, "which names no job"),
        (f"{ITEM}Failed", f"but {ITEM} had FINISHED"),
    ],
)
def test_a_failure_that_blames_the_wrong_one(
    clean: Recording, promises: ModuleType, error: str | None, said: str
) -> None:
    entries = ended(clean.entries, "ExecutionFailed", (error, "cause"))
    assert said in evidence(promises, clean, "the_verdict_is_true", entries)


def test_a_statement_that_outlives_its_execution(clean: Recording, promises: ModuleType) -> None:
    entries = without(clean.entries, CHECK, "FINISHED")
    end_ms = entries[place(entries, "ExecutionSucceeded")][0]
    for after_ms, said in ((300_001, "300 s"), (299_000, "299 s")):
        later = [*entries, (end_ms + after_ms, "ClusterStatus", "other", "paused")]
        seen = evidence(promises, clean, "nothing_runs_after_the_end", later)
        # what is not ended when nothing is left to do never ends
        assert f"is STARTED {said} after the end" in seen
    last_ms = entries[-1][0]
    assert last_ms < end_ms + 300_000
    broken = check(promises, clean, "nothing_runs_after_the_end", [*entries, later[-1]])
    assert broken[0].at_ms == end_ms + 299_000


def test_an_execution_past_its_deadline(clean: Recording, promises: ModuleType) -> None:
    entries = [entry for entry in clean.entries if entry[1] != "ExecutionSucceeded"]
    seen = evidence(promises, clean, "every_execution_ends", entries)
    assert "is RUNNING after" in seen
    late = [*entries, (entries[0][0] + 36_001_000, "ClusterStatus", "other", "paused")]
    assert "after 36001 s of 36000 s" in evidence(promises, clean, "every_execution_ends", late)


def test_a_cluster_left_running(clean: Recording, promises: ModuleType) -> None:
    name = "the_cluster_is_not_left_running"
    assert check(promises, clean, name, pause_cluster_after=False) == []
    seen = evidence(promises, clean, name, pause_cluster_after=True)
    assert seen == "store-sales is available, and no execution runs"
    moves = [(0, "ClusterStatus", "store-sales", status) for status in ("pausing", "paused")]
    entries = [*clean.entries, *moves]
    assert check(promises, clean, name, entries, pause_cluster_after=True) == []
    entries.append((0, "ClusterStatus", "store-sales", "resuming"))
    assert "resuming" in evidence(promises, clean, name, entries, pause_cluster_after=True)


def doctored(clean: Recording, table: str, change: Callable[[list[Any]], Any]) -> dict[str, Any]:
    rows = list(clean.tables[table])
    return {table: change(rows)}


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("store_sales", lambda rows: [*rows, rows[0]], "not the day's"),
        ("store_sales", lambda rows: rows[:-1], "not the day's"),
        ("store_sales", lambda rows: [], f"holds no rows of {DAY}, which had been loaded"),
        ("item", lambda rows: rows[:-1], "those of no day"),
        ("item", lambda rows: [*rows, rows[0]], "those of no day"),
        ("customer_address", lambda rows: [rows[0], *rows], "those of no day"),
        ("date_dim", lambda rows: [*rows, rows[0]], "date_dim holds"),
        ("customer", lambda rows: rows[1:], "customer holds"),
        ("store", lambda rows: [*rows, *rows], "store holds"),
    ],
)
def test_tables_that_no_reader_may_see(
    clean: Recording, promises: ModuleType, table: str, change: Any, said: str
) -> None:
    tables = doctored(clean, table, change)
    name = "no_sale_is_counted_twice_or_lost"
    # from the fact load's commit on
    number = next(n for n, entry in enumerate(clean.entries) if status_of(entry, FACT, "FINISHED"))
    entries = clean.entries[:number]
    head = [entry for entry in entries if entry[1] != "Commit"]
    seen = evidence(promises, clean, name, [*head, *clean.entries[number:]], tables)
    assert said in seen


@pytest.mark.parametrize("name", ["success_means_the_oracles_tables", "a_rerun_makes_it_good"])
@pytest.mark.parametrize("table", ["store_sales", "item", "customer_address"])
def test_success_with_other_tables_than_the_oracles(
    clean: Recording, promises: ModuleType, name: str, table: str
) -> None:
    tables = doctored(clean, table, lambda rows: rows[1:])
    assert f"{table} holds" in evidence(promises, clean, name, tables=tables)


def test_an_execution_that_fails_after_the_last_fault(
    clean: Recording, promises: ModuleType
) -> None:
    name = "once_faults_stop_it_succeeds"
    failed = ended(clean.entries, "ExecutionFailed", (f"{FACT}Failed", "no reason"))
    # no fault, no excuse to check: a user's own mistake fails as well
    assert check(promises, clean, name, failed) == []
    statement = Place("statement", f"M:run-1:{FACT}", 1)
    first, *rest = failed
    begun_after = [(first[0], "Choice", statement, "STUCK"), first, *rest]
    assert "FAILED after all faults: no reason" in evidence(promises, clean, name, begun_after)
    met = [first, (first[0], "Choice", statement, "STUCK"), *rest]
    assert check(promises, clean, name, met) == []
    nothing_wrong = [first, (first[0], "Choice", statement, "FINISHED"), *rest]
    assert check(promises, clean, name, nothing_wrong) == []
    at_ms, _, subject, _ = first
    redriven = [*met[:-1], (at_ms, "ExecutionRedriven", subject, 1), *rest]
    assert "FAILED after all faults" in evidence(promises, clean, name, redriven)


def test_a_lost_dimension_after_success(clean: Recording, promises: ModuleType) -> None:
    seen = evidence(promises, clean, "success_means_the_oracles_tables", tables={"item": []})
    assert "item holds 0 rows: not the oracle's" in seen


def test_what_belongs_to_nobody_is_left_alone(clean: Recording, promises: ModuleType) -> None:
    stranger = [
        (0, "StatementStatus", "q", {"status": "SUBMITTED", "name": None}),
        (0, "StatementStatus", "r", {"status": "SUBMITTED", "name": "nightly"}),
        (0, "ExecutionStarted", BranchId("arn:x:y:z:1:execution:M:other"), ({}, "{}", "role")),
        (1, "ExecutionAborted", BranchId("arn:x:y:z:1:execution:M:other"), (None, None)),
    ]
    for one in promises_of(vars(promises)):
        if one.moment == "event":
            assert check(promises, clean, one.name, [*clean.entries, *stranger]) == []
