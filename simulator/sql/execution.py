"""How one statement runs on its transaction's connection: savepoint, clock, locks and text in one
message, and what its result says.

A lock that is held undoes the statement alone (LockUnavailable), so that the caller may ask again
when its holder has ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from simulator.sql import locks
from simulator.sql.acting import Acting
from simulator.sql.concurrency import Concurrency
from simulator.sql.cursor import qualified
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.late import MAX_TABLES, UNBOUND, WITHOUT_LEDGER, WITHOUT_ROWS, Late
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.loading.copying import LoadFailed, copy_objects, nonexistent_table
from simulator.sql.loading.lake import Lake
from simulator.sql.loading.unload_command import from_data
from simulator.sql.loading.unloading import check_destination, files_of, write_files
from simulator.sql.outcome import (
    Column,
    Origin,
    Outcome,
    Row,
    describe,
    origins_asked,
    origins_from,
)
from simulator.sql.postgres import exchange, plans
from simulator.sql.postgres.messages import (
    authorization_text,
    rows_counted,
    rows_read,
    timestamp_text,
    undefined_column,
)
from simulator.sql.postgres.wording import schema_of, sql_error
from simulator.sql.results import with_even_scales
from simulator.sql.system.journal import Journal
from simulator.sql.system.ledger import Ledger
from simulator.sql.translation import Translation, filled

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"})
_ORIGINS = (
    "SELECT c.oid::bigint, a.attnum, n.nspname, c.relname, a.attname, a.attnotnull"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.oid IN ({oids})"
)


class Execution:
    """One transaction's way of running its statements. `origins` is shared by the database's
    transactions: what the catalogue says of result columns."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        *,
        prefix: str,
        user: str,
        lake: Lake,
        acting: Acting,
        concurrency: Concurrency,
        journal: Journal,
        origins: dict[Any, Origin],
    ) -> None:
        self._connection = connection
        self._prefix = prefix
        self._lake = lake
        self._acting = acting
        self._concurrency = concurrency
        self._journal = journal
        # A transaction that changes definitions has its own.
        self._origins = self._shared_origins = origins
        self._authorization = authorization_text(prefix, user)
        self._late = Late(connection, lake, self._authorization)
        # The kinds of entries of the ledger that the statement before was shown.
        self._shown_kinds: set[str] = set()
        # What other systems see once the statement has ended: the files of UNLOAD.
        self._effects: list[Callable[[], None]] = []
        self.made_temporary_tables = False
        self.changed_users = False

    def take_effect(self) -> None:
        """The statement has ended: other systems see what it did."""
        effects, self._effects = self._effects, []
        for effect in effects:
            effect()

    def at_end(self, effect: Callable[[], None]) -> None:
        """Have this called when the statement has ended well."""
        self._effects.append(effect)

    def forget_effects(self) -> None:
        """The statement is undone."""
        self._effects.clear()

    def end_definitions(self) -> bool:
        """The transaction is over; whether it changed definitions, for the others too."""
        defined = self._origins is not self._shared_origins
        if defined:
            self._shared_origins.clear()
            self._origins = self._shared_origins
        return defined

    def look(self, sql: str, *, now_ms: int) -> list[Row]:
        """Rows of a query of ours about definitions, which takes no snapshot."""
        translation = Translation("SELECT", "sql", sql, has_rows=True)
        outcome = self.run(translation, [], now_ms)
        self._concurrency.note(translation)
        return list(outcome.rows)

    def run(self, translation: Translation, values: list[str], now_ms: int) -> Outcome:
        """Runs one statement; `values` are those of its parameters. Raises SqlError, or
        LockUnavailable after undoing it."""
        head = self._head(now_ms)
        if "redshift.pg_" in translation.sql:
            last = {**self._journal.last, "pid": self._concurrency.identity[0]}
            head += "".join(f"SET LOCAL asl.last_{name} = {one};" for name, one in last.items())
        ledger = self._journal.ledger
        if ledger is not None and translation.tables:
            head += ledger.settings_for(translation.tables, now_ms)
        lock = locks.lock_text(translation)
        try:
            try:
                return self._perform(translation, head + lock, values)
            except psycopg.errors.InsufficientPrivilege:
                if not lock:
                    raise
                # Who may only insert may not say LOCK; the statement itself is judged again.
                exchange.send(self._connection, "ROLLBACK TO SAVEPOINT asl")
                lock = f"RESET SESSION AUTHORIZATION;{lock}{self._authorization}"
                return self._perform(translation, self._head(now_ms) + lock, values)
            except psycopg.Error as error:
                # An external table without its rows, or a late-binding view that isn't bound.
                return self._provided(error, translation, head + lock, values, now_ms)
        except psycopg.errors.LockNotAvailable:
            raise self._concurrency.refused(translation) from None
        except psycopg.errors.SerializationFailure as error:
            told = sql_error(error, self._prefix).detail
            raise self._concurrency.conflict(translation, told) from None
        except psycopg.Error as error:
            raise self._told(error, translation) from None

    def _told(self, error: psycopg.Error, translation: Translation) -> SqlError:
        """Redshift's error. Of a table that is not there it names the schema, where that is not
        there either, as PostgreSQL's versions of its time do."""
        if isinstance(error, psycopg.errors.UndefinedColumn):
            return undefined_column(error, translation, self._prefix)
        told = sql_error(error, self._prefix)
        schema = schema_of(told.message)
        if not schema:
            return told
        exchange.send(self._connection, "ROLLBACK TO SAVEPOINT asl")
        asked = f"SELECT to_regnamespace({quote_text(quote_name(schema))}) IS NULL"
        if exchange.fetch(self._connection, asked) != ((True,),):
            return told
        message = f'ERROR: schema "{schema}" does not exist'
        return SqlError(message, sqlstate="3F000", detail=told.detail)

    def _provided(
        self,
        error: psycopg.Error,
        translation: Translation,
        head: str,
        values: list[str],
        now_ms: int,
    ) -> Outcome:
        """The statement again, with what it lacked; raises what it can't be given."""
        head = head.partition("SAVEPOINT asl;")[2]
        for _table in range(MAX_TABLES):
            if error.sqlstate == WITHOUT_LEDGER:
                self._connection.execute("ROLLBACK TO SAVEPOINT asl")
                kind = error.diag.message_primary or ""
                head += (self._journal.ledger or Ledger()).setting_of(kind, now_ms)
                self._shown_kinds.add(kind)
            elif not self._provide(error, translation):
                raise error
            try:
                return self._perform(translation, head, values)
            except psycopg.Error as next_error:
                error = next_error
        raise NotSupported(f"a statement over more than {MAX_TABLES} external tables")

    def _provide(self, error: psycopg.Error, translation: Translation) -> bool:
        if error.sqlstate == WITHOUT_ROWS:
            exchange.send(self._connection, "ROLLBACK TO SAVEPOINT asl")
            self._late.load(error)
            return True
        names = translation.tables
        if error.sqlstate == "55000" and translation.writes:
            self._connection.execute("ROLLBACK TO SAVEPOINT asl")
            asked = "SELECT redshift.is_external(to_regclass(%s))"
            if self._connection.execute(asked, translation.writes[:1]).fetchone() == (True,):
                raise NotSupported(f"{translation.kind} of an external table")
        if error.sqlstate != UNBOUND and not (names and error.sqlstate == "42703"):
            return False
        exchange.send(self._connection, "ROLLBACK TO SAVEPOINT asl")
        if self._late.bind():
            return True
        self._late.explain(names)
        return False

    def _perform(self, translation: Translation, head: str, values: list[str]) -> Outcome:
        if translation.action == "copy":
            return self._copy(translation, head)
        if translation.action == "none" or not translation.sql:
            exchange.send(self._connection, head)
            return Outcome(translation.kind)
        outcome = self._send(translation, head, values)
        if translation.kind == "EXPLAIN":
            return plans.shown(outcome)
        return self._unload(translation, outcome) if translation.action == "unload" else outcome

    def _unload(self, translation: Translation, outcome: Outcome) -> Outcome:
        """UNLOAD: the files are there when the statement has ended."""
        assert translation.command is not None
        command = from_data(translation.command)
        check_destination(command, self._lake)
        files = files_of(command, outcome)
        self._effects.append(lambda: write_files(command, self._lake, files))
        written = [
            (f"s3://{command.bucket}/{one.key}", one.rows, len(one.content)) for one in files
        ]
        self._journal.unloaded(written, command.file_format, outcome.row_count)
        return Outcome("UNLOAD", row_count=outcome.row_count, rows_touched=outcome.rows_touched)

    def _head(self, now_ms: int) -> str:
        """What goes before a statement, in the same message: transaction, savepoint, clock."""
        clock = f"SET LOCAL asl.now = {quote_text(timestamp_text(now_ms))};"
        clean = self._late.clean_text()
        # What the statement before was shown of the ledger is old by now.
        clean += "".join(f"SET LOCAL asl.ledger_{kind} = '';" for kind in self._shown_kinds)
        self._shown_kinds = set()
        return f"{self._concurrency.start_text}{clock}{clean}{self._acting.text}"

    def _send(self, translation: Translation, head: str, values: list[str]) -> Outcome:
        count = rows_read(translation)
        text = ";".join([*translation.before, *count, translation.sql, *translation.after])
        sent = head + filled(text, prefix=self._prefix, values=values)
        results = exchange.send(self._connection, sent)
        own = -1 - len(translation.after)
        read = 0
        if count:
            read = rows_counted(exchange.rows_of(self._connection, results[own - 1])[0])
        if translation.kind in ("CREATE", "ALTER", "DROP"):
            self._origins = {}
            self.made_temporary_tables |= "TEMP TABLE" in translation.sql[:40]
            self.changed_users |= " ROLE " in translation.sql[:12]
        return self._outcome(translation, results[own], read)

    def _outcome(self, translation: Translation, result: PGresult, read: int) -> Outcome:
        count = exchange.row_count(result)
        if not translation.has_rows:
            changed = count if translation.kind in _CHANGES else -1
            touched = read + max(changed, 0)
            return Outcome(translation.kind, row_count=changed, rows_touched=touched)
        rows = with_even_scales(result, exchange.rows_of(self._connection, result))
        return Outcome(
            translation.kind,
            # who only looks asks for rows
            columns=self._columns(result, rows) if self._journal.ledger is not None else (),
            rows=rows,
            row_count=len(rows),
            rows_touched=read + len(rows),
        )

    def _columns(self, result: PGresult, rows: Sequence[Row]) -> tuple[Column, ...]:
        tables = origins_asked(result)
        missing = tables - {oid for oid, _number in self._origins}
        if missing:
            oids = ", ".join(map(str, sorted(missing)))
            found = exchange.fetch(self._connection, _ORIGINS.replace("{oids}", oids))
            self._origins.update(origins_from(found))
        return describe(result, self._origins, rows)

    def _copy(self, translation: Translation, head: str) -> Outcome:
        assert translation.copy is not None
        self._journal.begin_copy()
        # Dates are read year first: Redshift's COPY takes no other form unless told.
        head += "SET LOCAL datestyle = 'ISO, YMD';"
        try:
            load = copy_objects(
                self._connection, translation.copy, self._lake, self._prefix, head=head
            )
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            raise nonexistent_table(translation.copy) from None
        except LoadFailed as failed:
            self._journal.failed_to_load(translation.copy, failed.errors)
            raise failed.error from None
        self._journal.loaded(translation.copy, load)
        count = load.count
        # Redshift keeps statistics by itself; without them PostgreSQL joins what was loaded row by
        # row. Nobody waits for a table that another transaction analyzes.
        table = qualified((translation.copy.schema, translation.copy.table))
        exchange.send(
            self._connection,
            f"SET LOCAL datestyle = 'ISO, MDY';ANALYZE (SKIP_LOCKED) {table}",
        )
        return Outcome("COPY", row_count=count, rows_touched=count)
