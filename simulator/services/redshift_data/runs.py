"""Statements on their way: from SUBMITTED to an end, in virtual time, with real SQL inside.

Statement k of a batch runs in SQL at its virtual start; its rows then give its end, where its
result shows and statement k+1 starts. The transaction commits at the batch's end; with AUTO_COMMIT
each statement has its own. A failure shows at its virtual end and rolls everything back, and so
does a cancel before the end. At one instant commits and rollbacks come before starts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulator.engine.ports import World
from simulator.engine.scheduler import RANK_COMMIT, RANK_START
from simulator.services.redshift_data.durations import statement_duration_ms
from simulator.services.redshift_data.endpoints import Endpoint, Endpoints
from simulator.services.redshift_data.life_cycle import NEXT_SUB_STATUS, advance, is_final
from simulator.services.redshift_data.limits import CONCURRENCY, MAX_DURATION_MS, MAX_RESULT_BYTES
from simulator.services.redshift_data.lock_queue import LockQueue
from simulator.services.redshift_data.outcomes import (
    SLOW,
    SLOW_FACTOR,
    STUCK,
    YIELDED,
    options_of,
    outcome_of,
)
from simulator.services.redshift_data.requests import first_keyword
from simulator.services.redshift_data.results import Result, result_of
from simulator.services.redshift_data.run import Run
from simulator.services.redshift_data.slots import Slots
from simulator.services.redshift_data.statements import Statement, SubStatement
from simulator.sql.errors import LockUnavailable, SqlError

if TYPE_CHECKING:
    from simulator.sql.isolation import Wanted
    from simulator.sql.warehouse import Warehouse

# What PostgreSQL, and Redshift with it, tells a client whose server is being stopped.
_TERMINATED = "FATAL: terminating connection due to administrator command"
# The words are ours.
_TOO_LONG = "ERROR: the query exceeded the maximum duration of 24 hours and was ended"
# "TRUNCATE commits the transaction in which it is run" ("TRUNCATE", Amazon Redshift Database
# Developer Guide).
_COMMITTING = frozenset({"TRUNCATE"})
# What changes nothing: a cluster in classic resize is read-only ("Resizing clusters").
_READING = frozenset({"SELECT", "WITH", "SHOW", "EXPLAIN", "SET", "RESET", ""})


class Runner:
    """Moves every run of a simulation forward; asked by the service, driven by the scheduler."""

    def __init__(
        self,
        world: World,
        endpoints: Endpoints,
        *,
        changed: Callable[[Statement], None] = lambda _statement: None,
        concurrency: int = CONCURRENCY,
    ) -> None:
        self._world = world
        self._endpoints = endpoints
        # hears of each change of a status
        self._changed = changed
        self._concurrency = concurrency
        self._runs: dict[str, Run] = {}
        self._held: list[Run] = []
        self._locks: dict[Warehouse, LockQueue[Run]] = {}
        self._slots: dict[Warehouse, Slots[Run]] = {}
        endpoints.when_pausing(self._terminate_all)
        endpoints.when_available(self._let_go)

    def active(self, endpoint: Endpoint) -> int:
        """How many statements of an endpoint have not ended."""
        return sum(run.statement.login.endpoint == endpoint for run in self._runs.values())

    def submit(self, statement: Statement, warehouse: Warehouse) -> None:
        """Take a new statement; nothing runs yet."""
        run = Run(statement, warehouse)
        self._runs[statement.id] = run
        self._record(statement)
        scheduler, timing = self._world.scheduler, self._world.timing
        run.timer = scheduler.after(
            timing.statement_submitted_ms, self._guarded(run, lambda: self._pick(run))
        )

    def refuse(self, statement: Statement, warehouse: Warehouse, error: str) -> None:
        """Take a new statement that nobody can run: it has failed at once."""
        run = Run(statement, warehouse)
        self._runs[statement.id] = run
        self._record(statement)
        self._end(run, "FAILED", error)

    def cancel(self, statement: Statement) -> None:
        """Stop a statement that has not ended, and roll back what it did."""
        run = self._runs[statement.id]
        # In the words of the Database Developer Guide's page "CANCEL".
        query = f"Query ({run.sub.query_id})" if run.sub.query_id else "Query"
        self._end(run, "ABORTED", f"ERROR: {query} cancelled on user's request")

    def end_overdue(self) -> None:
        """End what has run too long. One that waits for a lock or is stuck has no timer, so that
        nobody who waits for nothing else waits a day for it: it ends when somebody asks."""
        for run in list(self._runs.values()):
            is_started = run.statement.started_ms is not None
            if is_started and self._latest_end_ms(run) <= self._world.scheduler.now_ms:
                self._end(run, "FAILED", _TOO_LONG)

    def close(self) -> None:
        """Give back every connection; what was open is rolled back."""
        for run in list(self._runs.values()):
            if run.transaction is not None:
                run.transaction.rollback()
            run.end_session()
        self._runs.clear()

    # The way of a run, in order.

    def _pick(self, run: Run) -> None:
        scheduler, timing = self._world.scheduler, self._world.timing
        self._advance(run, "PICKED")
        run.timer = scheduler.after(
            timing.statement_picked_ms,
            self._guarded(run, lambda: self._start(run)),
            rank=RANK_START,
        )

    def _start(self, run: Run) -> None:
        statement, world = run.statement, self._world
        login = statement.login
        run.timer = None
        reach = self._endpoints.reach_of(login.endpoint)
        if reach == "held":
            self._held.append(run)
            return
        if reach != "open":
            status = self._endpoints.state_of(login.endpoint)
            kind = "workgroup" if login.is_workgroup else "cluster"
            error = f"FATAL: {kind} {login.cluster} is not available: its status is {status}"
            self._end(run, "FAILED", error)
            return
        if not self._slots_of(run).take(run):
            # whoever leaves a slot to it starts it
            return
        if not self._begin(run):
            return
        count = len(statement.subs)
        picked = world.pick("statement", statement.name or "statement", options_of(count))
        run.outcome = outcome_of(picked, count)
        statement.started_ms = world.scheduler.now_ms
        self._advance(run, "STARTED")
        self._execute(run)

    def _latest_end_ms(self, run: Run) -> int:
        """When it is ended at the latest; with its session, where it has one."""
        assert run.statement.started_ms is not None
        latest_ms = run.statement.started_ms + MAX_DURATION_MS
        session = run.statement.session
        return latest_ms if session is None else min(latest_ms, session.last_ms)

    def _begin(self, run: Run) -> bool:
        """Begin a transaction; where that is refused the run has ended."""
        statement, warehouse = run.statement, run.warehouse
        login, session = statement.login, statement.session
        if login.is_iam:
            warehouse.ensure_user(login.db_user)
        try:
            if login.password is not None:
                warehouse.sign_in(login.db_user, login.password)
            run.transaction = warehouse.begin(
                login.database,
                login.db_user,
                now_ms=self._world.scheduler.now_ms,
                session=run.session,
            )
        except SqlError as refused:
            # Such as 'FATAL: user "IAM:dbUser" does not exist', which is what DescribeStatement
            # shows then (aws-tools-for-powershell issue 269).
            if session is not None:
                session.close(self._world.scheduler.now_ms)
            self._end(run, "FAILED", refused.message)
            return False
        self._locks_of(run).opened(run)
        place = statement.place
        statement.pid = 1_073_741_824 + self._number("pid", place, below=1 << 29)
        place = f"{place}:{run.index}" if run.index else place
        run.transaction.identify(pid=statement.pid, xid=1 + self._number("xid", place))
        return True

    def _execute(self, run: Run) -> None:
        """Run the SQL of the statement whose turn it is, or have it wait for a lock."""
        sub, now_ms = run.sub, self._world.scheduler.now_ms
        run.timer = None
        if sub.status == "SUBMITTED":
            sub.started_ms = now_ms
            sub.query_id = self._query_number(f"{run.statement.place}:{run.index}")
            self._advance_sub(run, sub, "STARTED")
        if run.transaction is None and not self._begin(run):
            return
        assert run.transaction is not None
        run.transaction.query_id = sub.query_id
        try:
            self._check_read_only(run)
            outcome = run.transaction.execute(
                sub.text, sub.parameters or None, now_ms=now_ms, queued=self._queued(run)
            )
        except LockUnavailable as refused:
            self._wait_for_lock(run, refused)
            return
        except SqlError as error:
            sub.query_id = run.transaction.query_id
            run.sub.detail = error.detail
            self._fail_later(run, error.message, error.sqlstate)
            return
        sub.query_id = run.transaction.query_id
        result = result_of(outcome)
        if result.size > MAX_RESULT_BYTES:
            self._fail_later(run, "ERROR: Database response exceeded size limit")
            return
        if run.is_at_last and run.outcome.name == STUCK:
            # It keeps its transaction, and whatever that locks, until it is cancelled or too old.
            self._release_yielding(run)
            return
        duration_ms = self._duration_ms(run, outcome.kind, outcome.rows_touched)
        commits = outcome.kind in _COMMITTING or (run.statement.auto_commits and sub.is_at_last)
        self._at_end(run, duration_ms, lambda: self._finish_sub(run, result, commits=commits))

    def _at_end(self, run: Run, duration_ms: int, end: Callable[[], None]) -> None:
        """Have `end` called when the statement's time is over, or end it where that is too long."""
        end_ms, latest_ms = self._world.scheduler.now_ms + duration_ms, self._latest_end_ms(run)
        if end_ms > latest_ms:
            end_ms, end = latest_ms, partial(self._end, run, "FAILED", _TOO_LONG)
        run.timer = self._world.scheduler.at(end_ms, self._guarded(run, end), rank=RANK_COMMIT)

    def _check_read_only(self, run: Run) -> None:
        kind = first_keyword(run.sub.text)
        if kind not in _READING and self._endpoints.is_read_only(run.statement.login.endpoint):
            message = f"ERROR: cannot execute {kind} in a read-only transaction"
            raise SqlError(message, sqlstate="25006")

    def _queued(self, run: Run) -> Callable[[Wanted], tuple[object, ...]] | None:
        """Who stands before a run in the queue for locks; None where nobody waits."""
        locks = self._locks_of(run)
        if locks.is_empty:
            return None
        return lambda wanted: tuple(other.transaction for other in locks.ahead(run, wanted))

    def _wait_for_lock(self, run: Run, refused: LockUnavailable) -> None:
        locks = self._locks_of(run)
        holders = [one for one in self._runs.values() if one.transaction in refused.holders]
        if locks.wait(run, holders, refused.wanted):
            self._release_yielding(run)
            return
        if locks.is_alone(run):
            reason = "ERROR: a lock is held outside of the Data API and nothing will release it"
            self._fail_later(run, reason)
        else:
            self._fail_later(run, "ERROR: deadlock detected", "40P01")

    def _fail_later(self, run: Run, error: str, sqlstate: str = "XX000") -> None:
        if sqlstate.startswith("42"):
            # It never became a query: the knowledge centre's example of a missing table ("How do I
            # identify errors related to the Data API") has RedshiftQueryId 0.
            run.sub.query_id = 0
        duration_ms = self._duration_ms(run, first_keyword(run.sub.text), 0)
        self._at_end(run, duration_ms, lambda: self._fail_sub(run, error))

    def _fail_sub(self, run: Run, error: str) -> None:
        """The statement whose turn it is has failed, and with it whatever shares its transaction.

        "If set to AUTO_COMMIT, each SQL statement is committed individually, and a failure of one
        statement does not affect the others" (API reference, BatchExecuteStatement). That the batch
        is FAILED then, with the first error, is assumed.
        """
        if run.first_error is None:
            run.first_error = self._told(run, "FAILED", error)
        if not run.statement.auto_commits or run.index == len(run.statement.subs) - 1:
            self._end(run, "FAILED", error)
            return
        self._roll_back(run)
        run.sub.error, run.sub.ended_ms = error, self._world.scheduler.now_ms
        self._advance_sub(run, run.sub, "FAILED")
        self._go_on(run)

    def _finish_sub(self, run: Run, result: Result, *, commits: bool) -> None:
        run.timer = None
        if run.sub.is_at_last and run.outcome.ends_at(run.index):
            who = run.statement.name or "statement"
            error = f"ERROR: injected: the source of choice picked {run.outcome.name} for {who!r}"
            if run.outcome.status == "FAILED":
                self._fail_sub(run, error)
            else:
                self._end(run, run.outcome.status, error)
            return
        if run.is_at_last:
            if run.outcome.name == YIELDED and self._has_neighbour(run):
                run.yielding = lambda: self._finish(run, result)
            else:
                self._finish(run, result)
            return
        if commits and not self._commit(run):
            return
        if run.sub.is_at_last:
            self._publish(run, result)
        self._go_on(run)

    def _go_on(self, run: Run) -> None:
        """The next statement starts where this one has ended."""
        if run.sub.is_at_last or run.sub.status == "FAILED":
            run.index += 1
        else:
            run.sub.part += 1
        scheduler = self._world.scheduler
        action = self._guarded(run, lambda: self._execute(run))
        run.timer = scheduler.at(scheduler.now_ms, action, rank=RANK_START)

    def _finish(self, run: Run, result: Result) -> None:
        if not self._commit(run):
            return
        self._publish(run, result)
        statement = run.statement
        statement.error = run.first_error
        statement.ended_ms = self._world.scheduler.now_ms
        self._advance(run, "FINISHED" if run.first_error is None else "FAILED")
        self._leave(run)

    def _commit(self, run: Run) -> bool:
        """Commit what was done so far; where that is refused the statement has failed."""
        assert run.transaction is not None
        try:
            run.transaction.commit()
        except SqlError as error:
            self._fail_sub(run, error.message)
            return False
        statement = run.statement
        self._world.trace.add(
            self._world.scheduler.now_ms,
            "Commit",
            statement.login.database,
            {"cluster": statement.login.cluster, "statement": statement.id},
        )
        self._release(run)
        return True

    def _roll_back(self, run: Run) -> None:
        if run.transaction is not None:
            run.transaction.rollback()
            self._release(run)

    def _release(self, run: Run) -> None:
        """Its transaction is over: those who waited for its locks ask again."""
        run.transaction = None
        scheduler = self._world.scheduler
        for waiting in self._locks_of(run).closed(run):
            action = self._guarded(waiting, partial(self._execute, waiting))
            waiting.timer = scheduler.at(scheduler.now_ms, action, rank=RANK_START)

    def _publish(self, run: Run, result: Result) -> None:
        run.sub.result = result
        run.sub.ended_ms = self._world.scheduler.now_ms
        self._advance_sub(run, run.sub, "FINISHED")

    def _end(self, run: Run, status: str, error: str) -> None:
        """End a run that did not succeed: its work is undone, the rest of the batch is ABORTED."""
        statement, now_ms = run.statement, self._world.scheduler.now_ms
        if run.timer is not None:
            run.timer.cancel()
        self._roll_back(run)
        run.sub.error = error
        run.sub.ended_ms = now_ms
        self._advance_sub(run, run.sub, status)
        for later in statement.subs[run.index + 1 :]:
            self._advance_sub(run, later, "ABORTED")
        failed_before = run.first_error if status == "FAILED" else None
        statement.error = failed_before or self._told(run, status, error)
        statement.ended_ms = now_ms
        self._advance(run, status)
        self._leave(run)

    @staticmethod
    def _told(run: Run, status: str, error: str) -> str:
        """A batch's Error reads "Query #2 failed with ERROR: ..." (seen in published logs)."""
        named = run.statement.is_batch and status == "FAILED" and error.startswith("ERROR")
        return f"Query #{run.index + 1} failed with {error}" if named else error

    def _leave(self, run: Run) -> None:
        """Forget the run; its slot is the next one's."""
        del self._runs[run.statement.id]
        if run in self._held:
            self._held.remove(run)
        following = self._slots_of(run).leave(run)
        if following is not None:
            self._start_soon(following)
        self._release(run)
        run.end_session()
        self._release_yielding(run)

    def _start_soon(self, run: Run) -> None:
        scheduler = self._world.scheduler
        action = self._guarded(run, lambda: self._start(run))
        run.timer = scheduler.at(scheduler.now_ms, action, rank=RANK_START)

    def _let_go(self, endpoint: Endpoint) -> None:
        """A cluster takes queries again: those that were held start."""
        for run in [one for one in self._held if one.statement.login.endpoint == endpoint]:
            self._held.remove(run)
            self._start_soon(run)

    def _has_neighbour(self, run: Run) -> bool:
        """Whether another one runs on the cluster that will go on by itself."""
        return any(
            other is not run
            and other.transaction is not None
            and other.timer is not None
            and other.warehouse is run.warehouse
            for other in self._runs.values()
        )

    def _release_yielding(self, neighbour: Run) -> None:
        """The neighbour has ended, or can't without others: those that yielded to it end now."""
        has_ended = neighbour.statement.id not in self._runs
        for run in list(self._runs.values()):
            finish = run.yielding
            if finish is None or run.warehouse is not neighbour.warehouse:
                continue
            if has_ended or not self._has_neighbour(run):
                run.yielding = None
                action = self._guarded(run, finish)
                run.timer = self._world.scheduler.after(1, action, rank=RANK_COMMIT)

    def _terminate_all(self, endpoint: Endpoint) -> None:
        for run in list(self._runs.values()):
            if run.statement.login.endpoint == endpoint and run.transaction is not None:
                self._end(run, "FAILED", _TERMINATED)

    # What these need.

    def _guarded(self, run: Run, action: Callable[[], None]) -> Callable[[], None]:
        """`action`, whose defects, which are ours, end the run (see `Defects`)."""

        def act() -> None:
            try:
                action()
            except Exception as error:  # noqa: BLE001 - nobody foresaw it
                told = self._world.defects.met(f"statement {run.statement.id}", error)
                if run.statement.id in self._runs:
                    self._end(run, "FAILED", f"ERROR: {told}")

        return act

    def _locks_of(self, run: Run) -> LockQueue[Run]:
        return self._locks.setdefault(run.warehouse, LockQueue())

    def _slots_of(self, run: Run) -> Slots[Run]:
        return self._slots.setdefault(run.warehouse, Slots(self._concurrency))

    def _duration_ms(self, run: Run, kind: str, rows_touched: int) -> int:
        duration_ms = statement_duration_ms(
            self._world, kind=kind, rows_touched=rows_touched, place=run.place
        )
        return duration_ms * (SLOW_FACTOR if run.outcome.name == SLOW else 1)

    def _query_number(self, place: str) -> int:
        """A query's number: the later, the higher, below 2**31; what it is goes by when and where
        it starts, not by how many came before."""
        scheduler = self._world.scheduler
        ticks = (scheduler.now_ms - scheduler.start_ms) >> 6
        return 1 + ((ticks << 6 | self._number("query", place, below=64)) & 0x7FFFFFFE)

    def _number(self, kind: str, place: str, *, below: int = 1 << 31) -> int:
        return int.from_bytes(self._world.identity.digest(kind, place, 1)[:8], "big") % below

    def _advance(self, run: Run, status: str) -> None:
        statement = run.statement
        advance(statement, status, self._world.scheduler.now_ms)
        self._record(statement)
        if is_final(status) and statement.session is not None:
            statement.session.end(statement.updated_ms)
        self._changed(statement)

    def _advance_sub(self, run: Run, sub: SubStatement, status: str) -> None:
        statement, now_ms = run.statement, self._world.scheduler.now_ms
        advance(sub, status, now_ms, NEXT_SUB_STATUS)
        if statement.is_batch:
            data = {"status": statement.status, "sub_id": sub.id, "sub_status": status}
            if sub.error is not None:
                data["error"] = sub.error
            self._world.trace.add(now_ms, "StatementStatus", statement.id, data)
        self._changed(statement)

    def _record(self, statement: Statement) -> None:
        data: dict[str, str] = {"status": statement.status, "caller": statement.caller}
        if statement.name is not None:
            data["name"] = statement.name
        if is_final(statement.status) and statement.error is not None:
            data["error"] = statement.error
        self._world.trace.add(self._world.scheduler.now_ms, "StatementStatus", statement.id, data)
