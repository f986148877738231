"""CALL: finds a procedure, runs it, and answers what it asks of its transaction.

A statement inside that has to wait for a lock stops the whole call where it stands: the next
attempt asks that statement again, and nothing that came before is repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from simulator.sql.errors import LockUnavailable, SqlError
from simulator.sql.isolation import Wanted
from simulator.sql.lexer import quote_text, tokenize
from simulator.sql.outcome import Outcome
from simulator.sql.procedures.arguments import call_parts, matching_routine, passed
from simulator.sql.procedures.overloads import best_fitting, plain_type
from simulator.sql.procedures.requests import (
    HEADER,
    Argument,
    Ask,
    End,
    Enter,
    Exit,
    Find,
    Request,
    Routine,
    Say,
    Shared,
    Work,
)
from simulator.sql.procedures.running import run
from simulator.sql.procedures.scope import Scope, Slot, Value, filled, value_of
from simulator.sql.translation import Translation

Queued = Callable[[Wanted], tuple[object, ...]] | None


class Host(Protocol):
    """The transaction that a procedure runs in."""

    def perform(
        self, sql: str, parameters: Mapping[str, str], *, now_ms: int, queued: Queued
    ) -> Outcome: ...
    def perform_inside(
        self, sql: str, parameters: Mapping[str, str], *, now_ms: int, queued: Queued
    ) -> Outcome: ...
    def renew(self, verb: str, *, now_ms: int) -> None: ...
    def enter(self, routine: Routine, call: str, *, now_ms: int) -> None: ...
    def leave(self, *, failed: bool) -> None: ...
    def say(self, level: str, text: str, line: int, *, now_ms: int) -> None: ...
    def look(self, sql: str, *, now_ms: int) -> list[tuple[Any, ...]]: ...

    in_block: bool


class Call:
    """One CALL at work. `text` is the statement that it is."""

    def __init__(self, host: Host, text: str, parameters: dict[str, str], shared: Shared) -> None:
        self.text = text
        self.shared = shared
        self._host = host
        self._work = self._begin(text, parameters)
        self._pending: Request | None = None
        self._started = False
        self._touched = 0
        # Whether it may not end its transaction: called in a block, or inside of a procedure that
        # SETs something.
        self._in_block = host.in_block
        self._entered: list[Routine] = []
        self._result: Outcome | None = None

    def go_on(self, *, now_ms: int, queued: Queued) -> Outcome:
        """Runs it to its end. Raises SqlError, or LockUnavailable: ask again later."""
        answer: Any = None
        failure: SqlError | None = None
        while True:
            if self._pending is None:
                try:
                    request = self._advance(answer, failure)
                except StopIteration:
                    assert self._result is not None
                    return self._result
                self._pending = request
            answer, failure = None, None
            try:
                answer = self._answer(self._pending, now_ms, queued)
            except LockUnavailable:
                raise
            except SqlError as error:
                failure = error
            self._pending = None

    def _advance(self, answer: Any, failure: SqlError | None) -> Request:
        if failure is not None:
            return self._work.throw(failure)
        if not self._started:
            self._started = True
            return next(self._work)
        return self._work.send(answer)

    def _answer(self, request: Request, now_ms: int, queued: Queued) -> Any:
        match request:
            case Ask():
                return self._ask(request, now_ms, queued)
            case End():
                self._check_atomic(request.verb, explicit=request.explicit)
                self._host.renew(request.verb, now_ms=now_ms)
            case Find():
                return self._find(request, now_ms)
            case Enter():
                self._entered.append(request.routine)
                self._host.enter(request.routine, request.call or self.text, now_ms=now_ms)
            case Exit():
                self._entered.pop()
                self._host.leave(failed=request.failed)
            case Say():
                self._host.say(request.level, request.text, request.line, now_ms=now_ms)
        return None

    def _ask(self, request: Ask, now_ms: int, queued: Queued) -> Outcome:
        ask = self._host.perform_inside if request.logged else self._host.perform
        outcome = ask(request.text, request.parameters, now_ms=now_ms, queued=queued)
        self._touched += outcome.rows_touched
        if outcome.ends:
            self._check_atomic(outcome.kind, explicit=True)
            self._host.renew(outcome.ends, now_ms=now_ms)
        return outcome

    def _check_atomic(self, verb: str, *, explicit: bool) -> None:
        if explicit and (self._in_block or any(one.settings for one in self._entered)):
            raise SqlError(
                f"ERROR: {verb} cannot be invoked from a procedure that is executing in an atomic"
                " context.",
                sqlstate="2D000",
                detail="Try calling the procedure as a top-level call i.e. not from within an"
                " explicit transaction block. Or, if this procedure (or one of its ancestors in"
                " the call chain) was created with SET config options, recreate the procedure"
                " without them.",
            )

    def _find(self, request: Find, now_ms: int) -> Routine:
        wanted = quote_text(request.name)
        schema = quote_text(request.schema)
        rows = self._host.look(
            f"SELECT * FROM redshift.procedures_named({schema}, {wanted})",  # noqa: S608 - literals
            now_ms=now_ms,
        )
        found = best_fitting(
            [_routine(request.name, row) for row in rows if row[0] == len(request.types)],
            request.types,
        )
        shown = f"{request.name}({', '.join(map(plain_type, request.types))})"
        if not found:
            raise SqlError(f"ERROR: procedure {shown} does not exist", sqlstate="42883")
        if len(found) > 1:
            raise SqlError(f"ERROR: procedure {shown} is not unique", sqlstate="42725")
        allowed = {row[1]: row[3] for row in rows}
        routine = found[0]
        if not allowed[_source_of(routine, rows)]:
            message = f"ERROR: permission denied for procedure {request.name}"
            raise SqlError(message, sqlstate="42501")
        return routine

    def _begin(self, text: str, parameters: dict[str, str]) -> Work:
        tokens = tuple(token for token in tokenize(text) if token.value != ";")
        schema, name, arguments = call_parts(text, tokens)
        values: list[Value] = []
        for one in arguments:
            made = filled(text, one, Scope())
            used = {key: value for key, value in parameters.items() if f":{key}" in made.text}
            outcome = yield Ask(f"SELECT {made.text}", used)
            values.append(value_of(outcome.columns[0], outcome.rows[0][0]))
        routine = yield from matching_routine(schema, name, arguments, values)
        given = yield from passed(routine, values)
        results = yield from run(routine, given, self.shared)
        outputs = [one for one in routine.arguments if one.mode != "IN"]
        if not outputs:
            self._result = Outcome("CALL", rows_touched=self._touched)
            return
        scope = Scope()
        parts = []
        for number, (argument, value) in enumerate(zip(outputs, results, strict=True), 1):
            slot = scope.add(Slot(f"o{number}", argument.type, Value(value.text, argument.type)))
            label = argument.name or f"column{number}"
            parts.append(f'{slot.name} AS "{label}"')
        select = "SELECT " + ", ".join(parts)
        made = filled(select, tuple(tokenize(select)), scope)
        outcome = yield Ask(made.text, made.parameters)
        self._result = Outcome(
            "CALL", outcome.columns, outcome.rows, outcome.row_count, rows_touched=self._touched
        )


class Calls:
    """The calls and cursors of one transaction."""

    def __init__(self, host: Host) -> None:
        self.shared = Shared()
        self._host = host
        self._waiting: Call | None = None

    def go_on(self, sql: str, *, now_ms: int, queued: Queued) -> Outcome | None:
        """Goes on with a call that had to wait; None where this statement is none."""
        call, self._waiting = self._waiting, None
        if call is None or call.text != sql:
            return None
        return self._run(call, now_ms=now_ms, queued=queued)

    def start(
        self, sql: str, parameters: Mapping[str, str], *, now_ms: int, queued: Queued
    ) -> Outcome:
        """Runs a CALL to its end. Raises SqlError, or LockUnavailable: `go_on` later."""
        call = Call(self._host, sql, dict(parameters), self.shared)
        return self._run(call, now_ms=now_ms, queued=queued)

    def _run(self, call: Call, *, now_ms: int, queued: Queued) -> Outcome:
        try:
            return call.go_on(now_ms=now_ms, queued=queued)
        except LockUnavailable:
            self._waiting = call
            raise

    def cursor(
        self,
        translation: Translation,
        parameters: Mapping[str, str],
        *,
        now_ms: int,
        queued: Queued,
    ) -> Outcome:
        """DECLARE, FETCH and CLOSE: a cursor's rows are kept when it is declared, as the leader
        node keeps them."""
        command = translation.command or {}
        name = str(command["name"])
        if translation.kind == "DECLARE":
            self.shared.check_no_cursor()
            query = str(command["query"])
            outcome = self._host.perform(query, dict(parameters), now_ms=now_ms, queued=queued)
            self.shared.keep(name, outcome)
            return Outcome("DECLARE", rows_touched=outcome.rows_touched)
        rows = self.shared.cursor(name)
        if translation.kind == "CLOSE":
            del self.shared.cursors[name]
            return Outcome("CLOSE")
        count = command["count"]
        end = len(rows.outcome.rows) if count is None else rows.at + int(count)
        taken = rows.outcome.rows[rows.at : end]
        rows.at += len(taken)
        return Outcome("FETCH", rows.outcome.columns, taken, len(taken), len(taken))

    def forget_cursors(self) -> None:
        """The transaction ended, and its cursors with it."""
        self.shared.end_transaction()


def _routine(name: str, row: tuple[Any, ...]) -> Routine:
    _count, source, owner, _allowed = row
    header, _, body = source.partition("\n")
    kept = json.loads(header.removeprefix(HEADER))
    arguments = tuple(Argument(*one) for one in kept["arguments"])
    return Routine(name, arguments, body, kept["nonatomic"], owner or "", tuple(kept["settings"]))


def _source_of(routine: Routine, rows: list[tuple[Any, ...]]) -> str:
    return next(str(row[1]) for row in rows if row[1].endswith("\n" + routine.body))
