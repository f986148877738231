"""A PL/pgSQL procedure at work: a generator that asks for what only a transaction can do.

It yields requests (`Ask`, `End`, `Find`, `Become`, `Say`) and is sent their answers, so that a
statement that has to wait for a lock can be asked again later, and nothing in here touches a
database. Sources: "Supported PL/pgSQL statements", "Managing transactions" and "Trapping errors" in
Redshift's developer guide.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import tokenize
from simulator.sql.outcome import Outcome
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
    Variable,
)
from simulator.sql.procedures.overloads import written_type
from simulator.sql.procedures.parser import parse_body
from simulator.sql.procedures.requests import (
    Ask,
    End,
    Enter,
    Exit,
    Find,
    Request,
    Routine,
    Rows,
    Say,
    Shared,
    Work,
)
from simulator.sql.procedures.scope import (
    NULL,
    Scope,
    Slot,
    Value,
    cast_type,
    filled,
    record_field,
    shown,
    value_of,
)
from simulator.sql.procedures.values import (
    UTILITY,
    assign,
    call_parts,
    declared_type,
    formatted,
    is_from_query,
    plain_value,
    query_text,
    sign,
    wrapped,
)

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
) -> Generator[Request, Any, tuple[Value, ...]]:
    """Calls the procedure with the values of its input arguments; gives those of its output."""
    shared.depth += 1
    if shared.depth > MAX_NESTING:
        raise SqlError("ERROR: stored procedure nesting limit of 16 exceeded", sqlstate="54001")
    scope = Scope(label=routine.name.rpartition(".")[2])
    given = iter(values)
    for number, argument in enumerate(routine.arguments, 1):
        value = Value(None, argument.type) if argument.mode == "OUT" else next(given)
        slot = Slot(argument.name or f"${number}", argument.type, Value(value.text, argument.type))
        scope.add(slot)
        scope.slots[f"${number}"] = slot
    found = scope.add(Slot("found", "boolean", Value("false", "boolean")))
    machine = _Machine(routine, shared, found)
    yield Enter(routine, call)
    try:
        yield from machine.block(parse_body(routine.body), scope)
    except _Returned:
        pass
    except _Left as left:
        raise SqlError(
            f"ERROR: {left.word} cannot be used outside a loop", sqlstate="42601"
        ) from None
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


class _Machine:
    """One procedure's run."""

    def __init__(self, routine: Routine, shared: Shared, found: Slot) -> None:
        self.routine = routine
        self.shared = shared
        self.found = found
        self.row_count = 0
        # NONATOMIC: whether a transaction was begun explicitly
        self.in_block = False
        self.caught: list[SqlError] = []

    def block(self, block: Block, outer: Scope) -> Work:
        scope = Scope(outer=outer, label=block.label)
        for variable in block.variables:
            yield from self._declare(variable, scope)
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
        yield from self._end("ROLLBACK", explicit=False)
        self.in_block = False
        inner = Scope(outer=scope)
        inner.add(Slot("sqlerrm", "varchar", Value(error.message.removeprefix("ERROR: "))))
        inner.add(Slot("sqlstate", "varchar", Value(error.sqlstate)))
        self.caught.append(error)
        try:
            yield from self.body(block.handler or (), inner)
        finally:
            self.caught.pop()
        yield from self._end("COMMIT", explicit=False)

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
                yield from self._assign(statement, scope)
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
                yield from self._sql(statement, scope)
            case Execute():
                yield from self._execute(statement, scope)
            case Open():
                yield from self._open(statement, scope)
            case Fetch():
                yield from self._fetch(statement, scope)
            case Close():
                del self.shared.cursors[self._portal(statement.cursor, scope)[0]]
            case Diagnostics():
                count = Value(str(self.row_count), "bigint")
                yield from self._store(statement.target, count, scope)
            case Null():
                pass

    # Variables.

    def _declare(self, variable: Variable, scope: Scope) -> Work:
        if variable.alias:
            slot = scope.find(variable.alias)
            if slot is None:
                message = f'ERROR: variable "{variable.alias}" does not exist'
                raise SqlError(message, sqlstate="42704")
            scope.slots[variable.name] = slot
            return
        kind = variable.type
        if kind.endswith("%rowtype") or kind.upper().endswith("%ROWTYPE"):
            yield from self._declare_row(variable, scope)
            return
        if kind.upper().endswith("%TYPE"):
            kind = yield from self._type_of(kind[:-5].strip(), scope)
        slot = Slot(variable.name, kind, Value(None, kind), is_record=kind.lower() == "record")
        slot.cursor, slot.parameters = variable.cursor, variable.parameters
        if variable.cursor:
            slot.value = Value(variable.name, "varchar")
        if variable.default:
            value = yield from self._evaluate(variable.default, scope, kind)
            assign(slot, value)
        slot.constant, slot.not_null = variable.constant, variable.not_null
        scope.add(slot)

    def _declare_row(self, variable: Variable, scope: Scope) -> Work:
        name = variable.type.rpartition("%")[0].strip()
        outcome = yield Ask(f"SELECT * FROM {name} LIMIT 0", {})  # noqa: S608 - the procedure's own text
        fields = {one.name: Value(None, declared_type(one)) for one in outcome.columns}
        scope.add(Slot(variable.name, "record", fields=fields, is_record=True))

    def _type_of(self, name: str, scope: Scope) -> Generator[Request, Any, str]:
        """`variable%TYPE` or `table.column%TYPE`."""
        slot = scope.find(name.lower())
        if slot is not None:
            return slot.type
        table, _, column = name.rpartition(".")
        outcome = yield Ask(f"SELECT {column} FROM {table} LIMIT 0", {})  # noqa: S608 - the procedure's own text
        return declared_type(outcome.columns[0])

    def _assign(self, statement: Assign, scope: Scope) -> Work:
        slot = self._slot(statement.target, scope)
        if slot.is_record and len(statement.target) == 1:
            raise NotSupported("assigning to a whole record")
        kind = slot.type if not slot.is_record else ""
        value = yield from self._evaluate(statement.value, scope, kind)
        yield from self._store(statement.target, value, scope)

    def _slot(self, target: Tokens, scope: Scope) -> Slot:
        name = target[0].value
        slot = scope.find(name)
        if slot is None and len(target) == 3:
            labelled = scope.labelled(name)
            slot = labelled.slots.get(target[2].value) if labelled is not None else None
        if slot is None:
            message = f'ERROR: "{name}" is not a known variable'
            raise SqlError(message, sqlstate="42601")
        return slot

    def _store(self, target: Tokens, value: Value, scope: Scope) -> Work:
        """Gives a variable, or a record's field, a value of another type perhaps."""
        slot = self._slot(target, scope)
        if slot.is_record and len(target) == 3:
            record_field(slot, target[2].value)
            assert slot.fields is not None
            slot.fields[target[2].value] = value
            return
        if value.text is not None and cast_type(value.type) != cast_type(slot.type):
            value = yield from self._cast(value, slot.type)
        assign(slot, Value(value.text, slot.type))

    def _cast(self, value: Value, kind: str) -> Generator[Request, Any, Value]:
        text = f"SELECT CAST(CAST(:p1 AS {cast_type(value.type)}) AS {cast_type(kind)})"
        outcome = yield Ask(text, {"p1": value.text or ""})
        return Value(shown(outcome.rows[0][0]), kind)

    def _evaluate(
        self, tokens: Tokens, scope: Scope, kind: str = "", *, source: str = ""
    ) -> Generator[Request, Any, Value]:
        """An expression's value, of a type where one is given."""
        plain = plain_value(tokens, scope, kind)
        if plain is not None:
            return plain
        statement = filled(source or self.routine.body, tokens, scope)
        expression = f"({statement.text})"
        if kind and kind.lower() != "record":
            expression = f"CAST({expression} AS {cast_type(kind)})"
        outcome = yield Ask(f"SELECT {expression}", statement.parameters)
        if len(outcome.rows) > 1:
            raise SqlError('ERROR: query "SELECT ..." returned more than one row', sqlstate="21000")
        if not outcome.rows:
            return Value(None, kind or "varchar")
        value = value_of(outcome.columns[0], outcome.rows[0][0])
        return Value(value.text, kind) if kind else value

    def _evaluate_all(
        self, expressions: Sequence[Tokens], scope: Scope
    ) -> Generator[Request, Any, list[Value]]:
        values = []
        for tokens in expressions:
            value = yield from self._evaluate(tokens, scope)
            values.append(value)
        return values

    def _holds(self, tokens: Tokens, scope: Scope) -> Generator[Request, Any, bool]:
        value = yield from self._evaluate(tokens, scope)
        return value.is_true

    # Control.

    def _if(self, statement: If, scope: Scope) -> Work:
        for condition, body in statement.branches:
            holds = not condition or (yield from self._holds(condition, scope))
            if holds:
                yield from self.body(body, scope)
                return

    def _case(self, statement: Case, scope: Scope) -> Work:
        for values, body in statement.branches:
            for value in values:
                condition = value
                if statement.search:
                    condition = (*wrapped(statement.search), sign("="), *wrapped(value))
                if (yield from self._holds(condition, scope)):
                    yield from self.body(body, scope)
                    return
        if statement.otherwise is None:
            message = "ERROR: case not found"
            raise SqlError(message, sqlstate="20000", detail="CASE statement is missing ELSE part.")
        yield from self.body(statement.otherwise, scope)

    def _iterate(
        self, label: str, body: tuple[Statement, ...], scope: Scope
    ) -> Generator[Request, Any, bool]:
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
            if statement.condition and not (yield from self._holds(statement.condition, inner)):
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
                value = yield from self._evaluate(tokens, scope, "integer")
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
        self._find(holds=len(numbers) > 0)

    def _for_rows(self, statement: ForRows, scope: Scope) -> Work:
        self.shared.open_cursor()
        outcome = yield from self._query(statement.query, statement.dynamic, scope)
        self.shared.portals += 1
        rows = Rows(outcome, self.shared.epoch)
        name = f"<unnamed portal {self.shared.portals}>"
        inner = Scope(outer=scope, label=statement.label)
        self.shared.loops.append(self.shared.epoch)
        try:
            for row in outcome.rows:
                self._check_open(rows, name)
                yield from self._receive(statement.targets, outcome, row, inner)
                if not (yield from self._iterate(statement.label, statement.body, inner)):
                    break
        finally:
            self.shared.loops.pop()
        self._find(holds=bool(outcome.rows))

    def _find(self, *, holds: bool) -> None:
        """Sets FOUND."""
        self.found.value = Value("true" if holds else "false", "boolean")

    def _query(
        self,
        tokens: Tokens,
        dynamic: bool,  # noqa: FBT001 - a field of the statement
        scope: Scope,
    ) -> Generator[Request, Any, Outcome]:
        if dynamic:
            value = yield from self._evaluate(tokens, scope)
            outcome: Outcome = yield Ask(query_text(value), {})
            return outcome
        statement = filled(self.routine.body, tokens, scope)
        outcome = yield Ask(statement.text, statement.parameters)
        return outcome

    def _check_open(self, rows: Rows, name: str) -> None:
        """ "Any cursor that is open (explicitly or implicitly) is closed automatically when a
        COMMIT, ROLLBACK, or TRUNCATE statement is processed"."""
        if rows.epoch != self.shared.epoch:
            raise SqlError(f'ERROR: cursor "{name}" does not exist', sqlstate="34000")

    def _receive(
        self,
        targets: tuple[Tokens, ...],
        outcome: Outcome,
        row: tuple[Any, ...] | None,
        scope: Scope,
    ) -> Work:
        """A row into variables, or into one record; None: NULLs."""
        raw = row if row is not None else (None,) * len(outcome.columns)
        values = [value_of(one, field) for one, field in zip(outcome.columns, raw, strict=True)]
        slot = self._slot(targets[0], scope)
        if slot.is_record and len(targets[0]) == 1:
            names = [one.name for one in outcome.columns]
            slot.fields = dict(zip(names, values, strict=True))
            return
        for target, value in zip(targets, [*values, *[NULL] * len(targets)], strict=False):
            yield from self._store(target, value, scope)

    def _leave(self, statement: Leave, scope: Scope) -> Work:
        if not statement.condition or (yield from self._holds(statement.condition, scope)):
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
        values = yield from self._evaluate_all(statement.arguments, scope)
        message = formatted(statement.format, values)
        yield Say(statement.level, message, statement.line)
        if statement.level == "EXCEPTION":
            raise SqlError(f"ERROR: {message}", sqlstate="P0001")

    # SQL.

    def _sql(self, statement: Sql, scope: Scope) -> Work:
        word = statement.tokens[0].keyword
        if word == "CALL":
            yield from self._call(self.routine.body, statement.tokens, scope)
        elif word in ("COMMIT", "ROLLBACK", "END", "ABORT") and len(statement.tokens) <= 2:
            self.in_block = False
            yield from self._end("COMMIT" if word in ("COMMIT", "END") else "ROLLBACK")
        elif word in ("BEGIN", "START"):
            if not self.routine.nonatomic:
                message = f"ERROR: {word} is only supported in NONATOMIC procedures"
                raise SqlError(message, sqlstate="0A000")
            self.in_block = True
        else:
            inline = word == "CREATE"
            tokens = statement.tokens
            if word in UTILITY or (inline and not is_from_query(tokens)):
                made = filled(self.routine.body, tokens, Scope())
            else:
                made = filled(self.routine.body, tokens, scope, inline=inline)
            yield from self._ask(made.text, made.parameters, statement.into, scope)

    def _execute(self, statement: Execute, scope: Scope) -> Work:
        text = query_text((yield from self._evaluate(statement.text, scope)))
        if (text.split(None, 1) or [""])[0].strip(";").upper() in ("COMMIT", "ROLLBACK"):
            # "You can't use COMMIT and ROLLBACK statements from within dynamic SQL".
            message = "ERROR: EXECUTE of transaction control commands is not supported"
            raise SqlError(message, sqlstate="0A000")
        if text.split(None, 1)[:1] and text.split(None, 1)[0].upper() == "CALL":
            tokens = tuple(one for one in tokenize(text) if one.value != ";")
            yield from self._call(text, tokens, Scope())
            return
        yield from self._ask(text, {}, statement.into, scope)

    def _ask(
        self, text: str, parameters: dict[str, str], into: tuple[Tokens, ...], scope: Scope
    ) -> Work:
        outcome: Outcome = yield Ask(text, parameters, logged=True)
        if outcome.row_count >= 0:
            self.row_count = outcome.row_count
            self._find(holds=bool(outcome.row_count))
        if into:
            row = outcome.rows[0] if outcome.rows else None
            yield from self._receive(into, outcome, row, scope)
        if outcome.ends:
            self.shared.epoch += 1
        elif self.routine.nonatomic and not self.in_block:
            yield from self._end("COMMIT", explicit=False)

    def _end(self, verb: str, *, explicit: bool = True) -> Work:
        yield End(verb, explicit)
        self.shared.epoch += 1
        self.shared.cursors.clear()

    def _call(self, source: str, tokens: Tokens, scope: Scope) -> Work:
        schema, name, arguments = call_parts(source, tokens)
        values = []
        for one in arguments:
            value = yield from self._evaluate(one, scope, source=source)
            values.append(value)
        types = tuple(map(written_type, arguments, values))
        routine: Routine = yield Find(schema, name, types)
        if routine.nonatomic != self.routine.nonatomic:
            message = "ERROR: nested procedures must be created in the same transaction mode"
            raise SqlError(message, sqlstate="0A000")
        if any(one.mode == "OUT" for one in routine.arguments):
            # "the inner procedure must define INOUT arguments ... OUT arguments aren't allowed"
            # ("CALL"). The words are ours.
            message = f"ERROR: OUT arguments are not allowed in a nested call: {name}"
            raise SqlError(message, sqlstate="0A000", detail="Use INOUT arguments.")
        taken = [one for one in routine.arguments if one.mode != "OUT"]
        given = []
        for argument, value in zip(taken, values, strict=True):
            cast = value if value.text is None else (yield from self._cast(value, argument.type))
            given.append(Value(cast.text, argument.type))
        shown = " , ".join(f"${number}" for number in range(1, len(given) + 1))
        call = f"CALL {name}({f' {shown} ' if given else ''})"
        results = iter((yield from run(routine, given, self.shared, call=call)))
        for argument, target in zip(routine.arguments, arguments, strict=True):
            if argument.mode == "INOUT":
                result = next(results)
                if scope.find(target[0].value):
                    yield from self._store(target, result, scope)

    # Cursors.

    def _portal(self, name: str, scope: Scope) -> tuple[str, Rows]:
        slot = scope.find(name)
        portal = slot.value.text if slot is not None and slot.value.text else name
        rows = self.shared.cursors.get(portal)
        if rows is None or rows.epoch != self.shared.epoch:
            raise SqlError(f'ERROR: cursor "{portal}" does not exist', sqlstate="34000")
        return portal, rows

    def _open(self, statement: Open, scope: Scope) -> Work:
        slot = scope.find(statement.cursor)
        if slot is None:
            message = f'ERROR: "{statement.cursor}" is not a known variable'
            raise SqlError(message, sqlstate="42601")
        if slot.value.text is None:
            self.shared.portals += 1
            slot.value = Value(f"<unnamed portal {self.shared.portals}>", "varchar")
        self.shared.open_cursor()
        inner = Scope(outer=scope)
        for name, tokens in zip(slot.parameters, statement.arguments, strict=True):
            value = yield from self._evaluate(tokens, scope)
            inner.add(Slot(name, value.type, value))
        query = statement.query or slot.cursor
        outcome = yield from self._query(query, statement.dynamic, inner)
        self.shared.cursors[slot.value.text or ""] = Rows(outcome, self.shared.epoch)

    def _fetch(self, statement: Fetch, scope: Scope) -> Work:
        _name, rows = self._portal(statement.cursor, scope)
        row = rows.outcome.rows[rows.at] if rows.at < len(rows.outcome.rows) else None
        rows.at += row is not None
        self._find(holds=row is not None)
        yield from self._receive(statement.targets, rows.outcome, row, scope)
