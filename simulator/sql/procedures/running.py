"""A PL/pgSQL procedure at work: a generator that asks for what only a transaction can do.

It yields requests (see `requests`) and is sent their answers, so that a statement that has to wait
for a lock can be asked again later, and nothing in here touches a database. What runs here is what
runs other statements: blocks with their handlers, control flow, and calls of other procedures; the
rest is in `frame`, `statements` and `cursors`. Sources: "Supported PL/pgSQL statements" and
"Trapping errors" in Redshift's developer guide.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.procedures import cursors
from simulator.sql.procedures.arguments import call_parts, matching_routine, passed
from simulator.sql.procedures.frame import Frame
from simulator.sql.procedures.nodes import (
    Assign,
    Block,
    Case,
    Close,
    Diagnostics,
    Execute,
    Fetch,
    ForRange,
    ForRows,
    If,
    Leave,
    Loop,
    Null,
    Open,
    Raise,
    Return,
    Sql,
    Statement,
    Tokens,
)
from simulator.sql.procedures.parser import parse_body
from simulator.sql.procedures.requests import Asking, Enter, Exit, Routine, Say, Shared, Work
from simulator.sql.procedures.scope import Scope, Slot, Value
from simulator.sql.procedures.statements import execute, run_sql
from simulator.sql.procedures.values import formatted, sign, wrapped

# A loop without an end is named, not run for ever.
MAX_STEPS = 1_000_000
# "Maximum nesting level for procedures is 16" ("Limits for stored procedure support").
MAX_NESTING = 16


class _Left(Exception):
    """EXIT or CONTINUE on its way to its loop."""

    def __init__(self, word: str, label: str) -> None:
        super().__init__(word)
        self.word, self.label = word, label


class _Returned(Exception):
    """RETURN."""


def run(
    routine: Routine, values: Sequence[Value], shared: Shared, *, call: str = ""
) -> Asking[tuple[Value, ...]]:
    """Calls the procedure with the values of its input arguments; gives those of its output."""
    if shared.depth == MAX_NESTING:
        raise SqlError("ERROR: stored procedure nesting limit of 16 exceeded", sqlstate="54001")
    scope = _scope_of_arguments(routine, values)
    found = scope.add(Slot("found", "boolean", Value("false", "boolean")))
    running = _Run(Frame(routine, shared, found))
    shared.depth += 1
    yield Enter(routine, call)
    try:
        yield from running.outermost(parse_body(routine.body), scope)
    except SqlError:
        yield Exit(failed=True)
        raise
    finally:
        shared.depth -= 1
    yield Exit()
    return tuple(
        scope.slots[f"${number}"].value
        for number, argument in enumerate(routine.arguments, 1)
        if argument.mode != "IN"
    )


def _scope_of_arguments(routine: Routine, values: Sequence[Value]) -> Scope:
    """The arguments by their names and as `$1`, `$2`, ...; those that are only output are NULL."""
    scope = Scope(label=routine.name.rpartition(".")[2])
    given = iter(values)
    for number, argument in enumerate(routine.arguments, 1):
        value = Value(None, argument.type) if argument.mode == "OUT" else next(given)
        slot = Slot(argument.name or f"${number}", argument.type, Value(value.text, argument.type))
        scope.add(slot)
        scope.slots[f"${number}"] = slot
    return scope


class _Run:
    """One run of a procedure: blocks with their handlers, control flow, and calls of others."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.routine, self.shared = frame.routine, frame.shared
        self.caught: list[SqlError] = []

    def outermost(self, block: Block, scope: Scope) -> Work:
        """The whole of the procedure, up to its end or a RETURN."""
        try:
            yield from self.block(block, scope)
        except _Returned:
            pass
        except _Left as left:
            message = f"ERROR: {left.word} cannot be used outside a loop"
            raise SqlError(message, sqlstate="42601") from None

    def block(self, block: Block, outer: Scope) -> Work:
        scope = Scope(outer=outer, label=block.label)
        for variable in block.variables:
            yield from self.frame.declare(variable, scope)
        try:
            if block.handler is None:
                yield from self.body(block.body, scope)
            elif block.continues:
                yield from self._continued(block, scope)
            else:
                yield from self._guarded(block, scope)
        except _Left as left:
            # "When used with a BEGIN block ... a label must be used".
            if left.word != "EXIT" or not left.label or left.label != block.label:
                raise

    def _guarded(self, block: Block, scope: Scope) -> Work:
        """ "When entering the exception-handling block, the current transaction is rolled back and
        a new transaction is created to run the statements in the block. If the statements in the
        block run without error, the transaction is committed and the exception is re-thrown."
        """
        try:
            yield from self.body(block.body, scope)
        except SqlError as error:
            if isinstance(error, NotSupported):
                # Ours, no matter of the procedure's.
                raise
            yield from self._handle(block, scope, error)
            if not self.routine.nonatomic:
                raise

    def _continued(self, block: Block, scope: Scope) -> Work:
        """A CONTINUE handler runs the statement after the one that failed."""
        if not self.routine.nonatomic:
            message = "ERROR: CONTINUE_HANDLER is only supported in NONATOMIC procedures"
            raise SqlError(message, sqlstate="0A000")
        for statement in block.body:
            try:
                yield from self.body((statement,), scope)
            except NotSupported:
                raise
            except SqlError as error:
                yield from self._handle(block, scope, error)

    def _handle(self, block: Block, scope: Scope, error: SqlError) -> Work:
        yield from self.frame.end_transaction("ROLLBACK", explicit=False)
        self.frame.in_block = False
        inner = Scope(outer=scope)
        inner.add(Slot("sqlerrm", "varchar", Value(error.message.removeprefix("ERROR: "))))
        inner.add(Slot("sqlstate", "varchar", Value(error.sqlstate)))
        self.caught.append(error)
        try:
            yield from self.body(block.handler or (), inner)
        finally:
            self.caught.pop()
        yield from self.frame.end_transaction("COMMIT", explicit=False)

    def body(self, statements: Sequence[Statement], scope: Scope) -> Work:
        for statement in statements:
            self.shared.steps += 1
            if self.shared.steps > MAX_STEPS:
                raise NotSupported(f"a procedure of more than {MAX_STEPS} steps")
            try:
                yield from self._step(statement, scope)
            except SqlError as error:
                if not error.detail:
                    name = self.routine.name
                    error.detail = f'PL/pgSQL function "{name}" line {statement.line}'
                raise

    def _step(self, statement: Statement, scope: Scope) -> Work:  # noqa: C901 - one case for each kind of statement
        match statement:
            case Block():
                yield from self.block(statement, scope)
            case Assign():
                yield from self.frame.assign(statement.target, statement.value, scope)
            case If():
                yield from self._if(statement, scope)
            case Case():
                yield from self._case(statement, scope)
            case Loop():
                yield from self._loop(statement, scope)
            case ForRange():
                yield from self._for_range(statement, scope)
            case ForRows():
                yield from self._for_rows(statement, scope)
            case Leave():
                yield from self._leave(statement, scope)
            case Return():
                raise _Returned
            case Raise():
                yield from self._raise(statement, scope)
            case Sql():
                yield from run_sql(self.frame, statement, scope, call=self._call)
            case Execute():
                yield from execute(self.frame, statement, scope, call=self._call)
            case Open():
                yield from cursors.open_cursor(self.frame, statement, scope)
            case Fetch():
                yield from cursors.fetch(self.frame, statement, scope)
            case Close():
                cursors.close(self.frame, statement, scope)
            case Diagnostics():
                count = Value(str(self.frame.row_count), "bigint")
                yield from self.frame.store(statement.target, count, scope)
            case Null():
                pass

    # Control.

    def _if(self, statement: If, scope: Scope) -> Work:
        for condition, body in statement.branches:
            holds = not condition or (yield from self.frame.holds(condition, scope))
            if holds:
                yield from self.body(body, scope)
                return

    def _case(self, statement: Case, scope: Scope) -> Work:
        for values, body in statement.branches:
            for value in values:
                condition = value
                if statement.search:
                    condition = (*wrapped(statement.search), sign("="), *wrapped(value))
                if (yield from self.frame.holds(condition, scope)):
                    yield from self.body(body, scope)
                    return
        if statement.otherwise is None:
            message = "ERROR: case not found"
            raise SqlError(message, sqlstate="20000", detail="CASE statement is missing ELSE part.")
        yield from self.body(statement.otherwise, scope)

    def _iterate(self, label: str, body: tuple[Statement, ...], scope: Scope) -> Asking[bool]:
        """One turn of a loop; whether there may be another."""
        try:
            yield from self.body(body, scope)
        except _Left as left:
            if left.label and left.label != label:
                raise
            return left.word == "CONTINUE"
        return True

    def _loop(self, statement: Loop, scope: Scope) -> Work:
        inner = Scope(outer=scope, label=statement.label)
        while True:
            if statement.condition and not (
                yield from self.frame.holds(statement.condition, inner)
            ):
                return
            self.shared.steps += 1
            if not (yield from self._iterate(statement.label, statement.body, inner)):
                return
            if self.shared.steps > MAX_STEPS:
                raise NotSupported(f"a procedure of more than {MAX_STEPS} steps")

    def _for_range(self, statement: ForRange, scope: Scope) -> Work:
        bounds = []
        for tokens in (statement.first, statement.last, statement.step):
            value = Value("1", "integer")
            if tokens:
                value = yield from self.frame.evaluate(tokens, scope, "integer")
            if value.text is None:
                message = "ERROR: lower bound of FOR loop cannot be null"
                raise SqlError(message, sqlstate="22004")
            bounds.append(int(value.text))
        first, last, step = bounds
        if step < 1:
            message = "ERROR: BY value of FOR loop must be greater than zero"
            raise SqlError(message, sqlstate="22023")
        numbers = (
            range(first, last - 1, -step) if statement.reverse else range(first, last + 1, step)
        )
        inner = Scope(outer=scope, label=statement.label)
        slot = inner.add(Slot(statement.variable, "integer"))
        for number in numbers:
            slot.value = Value(str(number), "integer")
            if not (yield from self._iterate(statement.label, statement.body, inner)):
                break
        self.frame.find(holds=len(numbers) > 0)

    def _for_rows(self, statement: ForRows, scope: Scope) -> Work:
        rows = yield from cursors.open_loop(self.frame, statement, scope)
        inner = Scope(outer=scope, label=statement.label)
        self.shared.loops.append(rows.epoch)
        try:
            for row in rows.outcome.rows:
                self.shared.check_open(rows)
                yield from self.frame.receive(statement.targets, rows.outcome, row, inner)
                if not (yield from self._iterate(statement.label, statement.body, inner)):
                    break
        finally:
            self.shared.loops.pop()
        self.frame.find(holds=bool(rows.outcome.rows))

    def _leave(self, statement: Leave, scope: Scope) -> Work:
        if not statement.condition or (yield from self.frame.holds(statement.condition, scope)):
            raise _Left(statement.word, statement.label)

    def _raise(self, statement: Raise, scope: Scope) -> Work:
        if statement.format is None:
            if not self.caught or not self.routine.nonatomic:
                # "This statement is only valid in exception handling blocks of NONATOMIC mode
                # stored procedures" ("Supported PL/pgSQL statements").
                message = (
                    "ERROR: RAISE without parameters cannot be used outside an exception handler"
                    " of a NONATOMIC procedure"
                )
                raise SqlError(message, sqlstate="0Z002")
            raise self.caught[-1]
        values = yield from self.frame.evaluate_all(statement.arguments, scope)
        message = formatted(statement.format, values)
        yield Say(statement.level, message, statement.line)
        if statement.level == "EXCEPTION":
            raise SqlError(f"ERROR: {message}", sqlstate="P0001")

    # Calling.

    def _call(self, source: str, tokens: Tokens, scope: Scope) -> Work:
        schema, name, arguments = call_parts(source, tokens)
        values = yield from self.frame.evaluate_all(arguments, scope, source=source)
        routine = yield from matching_routine(schema, name, arguments, values)
        self._check_nested(routine)
        given = yield from passed(routine, values)
        places = " , ".join(f"${number}" for number in range(1, len(given) + 1))
        call = f"CALL {name}({f' {places} ' if given else ''})"
        results = iter((yield from run(routine, given, self.shared, call=call)))
        for argument, target in zip(routine.arguments, arguments, strict=True):
            if argument.mode == "INOUT":
                result = next(results)
                if scope.find(target[0].value):
                    yield from self.frame.store(target, result, scope)

    def _check_nested(self, routine: Routine) -> None:
        if routine.nonatomic != self.routine.nonatomic:
            message = "ERROR: nested procedures must be created in the same transaction mode"
            raise SqlError(message, sqlstate="0A000")
        if any(one.mode == "OUT" for one in routine.arguments):
            # "the inner procedure must define INOUT arguments ... OUT arguments aren't allowed"
            # ("CALL"). The words are ours.
            message = f"ERROR: OUT arguments are not allowed in a nested call: {routine.name}"
            raise SqlError(message, sqlstate="0A000", detail="Use INOUT arguments.")
