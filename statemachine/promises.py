"""What the pipeline promises, whatever goes wrong and in whatever order: one function for each.

The simulator checks them at every event (control) and at every commit and end (data). What a right
table is comes from `oracle`; each function returns None while its promise holds, else what it saw.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar, cast

from oracle import Oracle, read_lines

from simulator import Happened, promise

BUILD, ADDRESS, ITEM, FACT, CHECK = JOBS = (
    "BuildDB",
    "CustomerAddressDimensionLoadJob",
    "ItemDimensionLoadJob",
    "StoreSalesFactLoadJob",
    "ValidateSalesMetric",
)
LOAD = "LoadDay"
NOT_A_JOB = ("WrongRefreshDate", "ClusterNotAvailable", "PauseClusterFailed")
T = TypeVar("T")
# of each table the last rows and what they came to
COMPUTED: dict[tuple[Any, str], tuple[Any, Any]] = {}
# what a job takes besides
MARGIN_SECONDS = 60
CLEAN_UP_MS = 5 * 60 * 1000
REFERENCE = {"date_dim": "d_date_sk", "store": "s_store_sk", "customer": "c_customer_sk"}


# --- control: at every event -----------------------------------------------------------------


@promise
def fact_load_waits_for_both_dimensions(happened: Happened) -> str | None:
    """The fact load starts only after both dimensions are FINISHED."""
    for execution, job in submitted(happened):
        if job == FACT:
            found = {one: statuses(happened, execution, one) for one in (ADDRESS, ITEM)}
            if not all("FINISHED" in seen for seen in found.values()):
                return f"{execution}: the fact load is submitted while the dimensions are {found}"
    return None


@promise
def each_job_takes_effect_once(happened: Happened) -> str | None:
    """Each job's SQL takes effect once in an execution."""
    for one in ended(happened):
        if one.status == "FINISHED" and one.name is not None:
            times = statuses(happened, *parts(one.name)).count("FINISHED")
            if times > 1:
                return f"{one.name} is FINISHED {times} times"
    return None


@promise
def a_failure_seen_ends_the_job(happened: Happened) -> str | None:
    """A statement seen FAILED or ABORTED ends its job at that poll."""
    for execution, state, data in happened.entered():
        for job in JOBS:
            status = polled(data, job)
            if status in ("FAILED", "ABORTED") and state in (f"Wait{job}", f"Get{job}Status"):
                return f"{execution.name}: {job} was seen {status}, and {state} follows"
    return None


@promise
def no_job_starts_after_a_failure(happened: Happened) -> str | None:
    """After a failure no new job starts, but for one more go at the day once after a redrive."""
    for execution, state, _ in happened.entered():
        if state.removeprefix("Initialize") in JOBS:
            states = [name for name, _ in this_go(execution)]
            before = states[: len(states) - states[::-1].index(state) - 1]
            if failed := [name for name in before if name.startswith("Fail")]:
                return f"{execution.name}: {state} follows {failed}"
        elif state == LOAD:
            goes = [name for name, _ in execution.entered].count(LOAD)
            if goes > (2 if execution.redrives else 1):
                return f"{execution.name} begins the day {goes} times, unasked"
    return None


@promise
def the_verdict_is_true(happened: Happened) -> str | None:
    """SUCCEEDED only if every job's last statement FINISHED; FAILED names a job that failed."""
    for _, kind, subject, _ in happened.of_kind("ExecutionSucceeded", "ExecutionFailed"):
        execution = happened.executions[subject.execution_arn]
        if kind == "ExecutionSucceeded":
            found = {job: statuses(happened, execution.name, job)[-1:] for job in JOBS}
            if wrong := {job: seen for job, seen in found.items() if seen != ["FINISHED"]}:
                return f"{execution.name} SUCCEEDED with {wrong}"
        elif execution.error not in NOT_A_JOB:
            job = (execution.error or "").removesuffix("Failed")
            if job not in JOBS:
                return f"{execution.name} FAILED with {execution.error!r}, which names no job"
            seen = [polled(data, job) for _, data in this_go(execution)]
            if "FINISHED" in seen:
                return f"{execution.name} FAILED with {execution.error}, but {job} had FINISHED"
    return None


@promise
def nothing_runs_after_the_end(happened: Happened) -> str | None:
    """Five virtual minutes after an execution's end none of its statements runs."""
    for statement in happened.running.values():
        execution = execution_of(happened, statement.name)
        if execution is None or execution.ended_ms is None:
            continue
        late = happened.now_ms - execution.ended_ms
        if happened.is_over or late > CLEAN_UP_MS:
            return (
                f"{statement.name} is {statement.status} {late / 1000:.0f} s after the end of "
                f"{execution.name} ({execution.status})"
            )
    return None


@promise
def every_execution_ends(happened: Happened, settings: Mapping[str, Any]) -> str | None:
    """Every execution ends within its deadline."""
    limit = settings["execution_timeout_seconds"]
    for execution in happened.executions.values():
        seconds = execution.seconds(happened.now_ms)
        if seconds > limit or (happened.is_over and execution.status == "RUNNING"):
            return f"{execution.name} is {execution.status} after {seconds:.0f} s of {limit} s"
    return None


@promise(at="end")
def the_cluster_is_not_left_running(happened: Happened, settings: Mapping[str, Any]) -> str | None:
    """The cluster is not left running against the setting."""
    identifier = settings["cluster_identifier"]
    # a cluster that nobody moved and that ran a statement was running from the beginning
    ran = any(seen == "STARTED" for one in happened.statements.values() for _, seen in one.statuses)
    status = happened.clusters.get(identifier, "available" if ran else "paused")
    if settings["pause_cluster_after"] and status != "paused":
        return f"{identifier} is {status}, and no execution runs"
    return None


# --- data: at every commit and every end -----------------------------------------------------


@promise
def no_sale_is_counted_twice_or_lost(
    happened: Happened, tables: Any, lake: Mapping[str, Path]
) -> str | None:
    """No sale that the oracle holds is counted twice or lost at any moment that a reader looks."""
    if wrong := wrong_reference_rows(tables, lake):
        return wrong
    loaded = days_loaded(tables)
    for key, rows in loaded.items():
        day = day_of(the_lake(lake), key)
        if day is None or rows != expected_sales(the_lake(lake), day):
            return f"store_sales holds {sum(rows.values())} rows of {day or key}: not the day's"
    for day in finished_days(happened, FACT):
        if day_key(the_lake(lake), day) not in loaded:
            return f"store_sales holds no rows of {day}, which had been loaded"
    for table in ("customer_address", "item"):
        rows = table_rows(tables, table)
        if not is_some_days(rows, the_lake(lake), table, asked_days(happened)):
            return f"{table} holds {sum(rows.values())} rows: those of no day that was loaded"
    return None


@promise
def success_means_the_oracles_tables(
    happened: Happened, tables: Any, lake: Mapping[str, Path]
) -> str | None:
    """SUCCEEDED only if the tables equal the oracle's."""
    for _, _, subject, _ in happened.of_kind("ExecutionSucceeded"):
        execution = happened.executions[subject.execution_arn]
        day = refresh_date(execution)
        if day is None:
            return f"{execution.name} SUCCEEDED without a day"
        if wrong := wrong_for_day(happened, tables, the_lake(lake), day):
            return f"{execution.name} SUCCEEDED, but {wrong}"
    return None


@promise(at="end")
def a_rerun_makes_it_good(happened: Happened, tables: Any, lake: Mapping[str, Path]) -> str | None:
    """A rerun without clean-up, also one that starts at once, gives the oracle's tables."""
    last = {refresh_date(one): one for one in happened.executions.values()}
    for day, execution in last.items():
        if day is None or execution.status != "SUCCEEDED":
            continue
        if wrong := wrong_for_day(happened, tables, the_lake(lake), day):
            return f"after {execution.name} {wrong}"
    return None


@promise(at="end")
def once_faults_stop_it_succeeds(
    happened: Happened, lake: Mapping[str, Path], settings: Mapping[str, Any]
) -> str | None:
    """An execution begun or redriven after the last fault succeeds."""
    if happened.last_fault < 0:
        return None
    for execution in happened.executions.values():
        day = refresh_date(execution)
        if execution.since < happened.last_fault or day is None:
            continue
        if is_kept_waiting(happened, execution, settings["job_timeout_seconds"]):
            continue
        # a day of which the lake has no sales is loaded by no rerun
        if execution.status != "SUCCEEDED" and expected_sales(the_lake(lake), day):
            return f"{execution.name} {execution.status} after all faults: {execution.cause}"
    return None


# --- what they ask ---------------------------------------------------------------------------


def is_kept_waiting(happened: Happened, execution: Any, patience: int) -> bool:
    """Whether another execution's stuck statement, which that one waits for to its own deadline,
    holds a lock for about as long as a job of this one waits: then it is refused by name."""
    stuck = {
        place.subject
        for _, kind, place, outcome in happened.entries
        if kind == "Choice" and outcome == "STUCK"
    }
    until_ms = execution.since_ms + (patience - MARGIN_SECONDS) * 1000
    return any(
        one.name in stuck
        and parts(one.name)[0] != execution.name
        and one.statuses[-1][0] > until_ms
        for one in happened.statements.values()
    )


def parts(name: str) -> tuple[str, str]:
    """Execution and job of a statement's name, `machine:execution:job`."""
    _, execution, job = name.split(":", 2)
    return execution, job


def is_ours(name: str | None) -> bool:
    return name is not None and name.rpartition(":")[2] in JOBS


def submitted(happened: Happened) -> Iterator[tuple[str, str]]:
    """Execution and job of the statements just submitted."""
    for _, _, _, data in happened.of_kind("StatementStatus"):
        if data["status"] == "SUBMITTED" and "sub_id" not in data and is_ours(data.get("name")):
            yield parts(data["name"])


def ended(happened: Happened) -> Iterator[Any]:
    """The statements of jobs that just ended."""
    for _, _, statement_id, data in happened.of_kind("StatementStatus"):
        one = happened.statements[statement_id]
        if "sub_id" not in data and not one.is_running and is_ours(one.name):
            yield one


def statuses(happened: Happened, execution: str, job: str) -> list[str]:
    """The status of each statement of a job in an execution, oldest first."""
    return [
        one.status
        for one in happened.statements.values()
        if is_ours(one.name) and parts(one.name or "") == (execution, job)
    ]


def execution_of(happened: Happened, name: str | None) -> Any:
    """The execution to which a statement belongs."""
    if not is_ours(name):
        return None
    execution, _ = parts(name or "")
    found = (one for one in happened.executions.values() if one.name == execution)
    return next(found, None)


def this_go(execution: Any) -> list[tuple[str, Any]]:
    """The states entered since the day was begun, with their input."""
    entered: list[tuple[str, Any]] = execution.entered
    starts = [number for number, (name, _) in enumerate(entered) if name == LOAD]
    return entered[starts[-1] :] if starts else entered


def polled(data: Any, job: str) -> str | None:
    """A job's last seen status, as a state's input holds it."""
    try:
        status = data["jobs"][job]["outcome"]["status"]
    except (KeyError, TypeError):
        return None
    return str(status)


def refresh_date(execution: Any) -> date | None:
    """The day that an execution loads; None until it knows."""
    for _, data in chain(execution.entered_before, execution.entered):
        if isinstance(data, dict) and "refresh_date" in data and "jobs" in data:
            return date.fromisoformat(data["refresh_date"])
    return None


def asked_days(happened: Happened) -> set[date]:
    """The days that executions load."""
    days = (refresh_date(one) for one in happened.executions.values())
    return {day for day in days if day is not None}


def finished_days(happened: Happened, job: str) -> set[date]:
    """The days for which this job's SQL has taken effect."""
    found = (
        refresh_date(one)
        for one in happened.executions.values()
        if "FINISHED" in statuses(happened, one.name, job)
    )
    return {day for day in found if day is not None}


def wrong_for_day(happened: Happened, tables: Any, folder: Path, day: date) -> str | None:
    """How the tables differ from the oracle's, once a day is loaded."""
    sales = days_loaded(tables).get(day_key(folder, day), Counter())
    if sales != expected_sales(folder, day):
        return f"store_sales holds {sum(sales.values())} rows of {day}: not the oracle's"
    for table, job in (("customer_address", ADDRESS), ("item", ITEM)):
        newest = max({day} | finished_days(happened, job))
        rows = table_rows(tables, table)
        if not is_some_days(rows, folder, table, {newest}, first=newest):
            return f"{table} holds {sum(rows.values())} rows: not the oracle's of {newest}"
    return None


def is_some_days(
    rows: Counter[Any], folder: Path, table: str, days: set[date], *, first: date | None = None
) -> bool:
    """Whether these are a dimension's rows when one of `days`, or for what earlier runs have loaded
    another of the lake's from `first` on, is the latest loaded; without `first` also none."""
    if first is None and not rows:
        return True
    others = [day for day in lake_days(folder, table) if first is None or day > first]
    return any(rows == expected_dimension(folder, table, day) for day in (*sorted(days), *others))


def wrong_reference_rows(tables: Any, lake: Mapping[str, Path]) -> str | None:
    """What a report would count twice or lose for the sake of its small tables."""
    for table, key in REFERENCE.items():
        keys = of_rows(table_keys, tables, table)
        if keys and keys != reference_keys(the_lake(lake), table, key):
            return f"{table} holds {len(keys)} rows: not those of its files"
    return None


def table_keys(rows: Iterable[Any]) -> list[str]:
    return sorted(str(row[0]) for row in rows)


def days_loaded(tables: Any) -> dict[int, Counter[Any]]:
    """The fact rows by the key of their day."""
    days: dict[int, Counter[Any]] = of_rows(by_day, tables, "store_sales")
    return days


def by_day(rows: Iterable[Any]) -> dict[int, Counter[Any]]:
    days: dict[int, Counter[Any]] = {}
    for row in rows:
        days.setdefault(row[0], Counter())[row] += 1
    return days


def table_rows(tables: Any, table: str) -> Counter[Any]:
    return of_rows(Counter, tables, table)


def of_rows(what: Callable[[Iterable[Any]], T], tables: Any, table: str) -> T:
    """What a table's rows come to, none where it isn't there. As long as a table is the same its
    rows are the same list, and what they come to is not computed again."""
    rows = tables.rows(f"sales.{table}")
    if rows is None:
        return what(())
    seen, result = COMPUTED.get((what, table), (None, None))
    if seen is not rows:
        result = what(rows)
        COMPUTED[what, table] = (rows, result)
    return cast(T, result)


# --- what the oracle holds, computed once ----------------------------------------------------


def the_lake(lake: Mapping[str, Path]) -> Path:
    """The folder of the one bucket."""
    (folder,) = lake.values()
    return folder


@cache
def oracle(folder: Path) -> Oracle:
    return Oracle(folder)


@lru_cache(maxsize=256)
def expected_sales(folder: Path, day: date) -> Counter[Any]:
    return Counter(oracle(folder).store_sales([day]))


@lru_cache(maxsize=256)
def expected_dimension(folder: Path, table: str, day: date) -> Counter[Any]:
    """A dimension's rows when this is the latest day loaded."""
    return Counter(getattr(oracle(folder), table)([day]))


@cache
def lake_days(folder: Path, table: str) -> list[date]:
    """The days on which the lake's change log heard anything."""
    return sorted(date.fromisoformat(one.name) for one in (folder / table).iterdir())


@lru_cache(maxsize=256)
def reference_keys(folder: Path, table: str, key: str) -> list[str]:
    return sorted(line[key] for line in read_lines(folder / table))


@cache
def day_keys(folder: Path) -> dict[date, int]:
    lines = read_lines(folder / "date_dim")
    return {date.fromisoformat(line["d_date"]): int(line["d_date_sk"]) for line in lines}


@cache
def days_by_key(folder: Path) -> dict[int, date]:
    return {key: day for day, key in day_keys(folder).items()}


def day_key(folder: Path, day: date) -> int | None:
    return day_keys(folder).get(day)


def day_of(folder: Path, key: int) -> date | None:
    return days_by_key(folder).get(key)
