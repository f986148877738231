"""One transaction on a connection of its own: its beginning, its statements' order, its end.

How one of its statements runs is `execution`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from psycopg.pq import TransactionStatus

from simulator.sql import elsewhere
from simulator.sql.acting import Acting
from simulator.sql.commands.prepared import Plans
from simulator.sql.concurrency import Concurrency
from simulator.sql.elsewhere import Estate
from simulator.sql.errors import LockUnavailable, SqlError
from simulator.sql.execution import Execution
from simulator.sql.isolation import History, Wanted
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.loading.lake import Lake
from simulator.sql.outcome import (
    Origin,
    Outcome,
    Row,
)
from simulator.sql.postgres import exchange
from simulator.sql.postgres.messages import (
    begin_text,
    names_are_exact,
    parameter_values,
    query_group,
)
from simulator.sql.postgres.wording import sql_error
from simulator.sql.procedures.calling import Calls
from simulator.sql.procedures.requests import Routine
from simulator.sql.queries import databases
from simulator.sql.session import Session
from simulator.sql.system.journal import Journal
from simulator.sql.system.ledger import Ledger, Message
from simulator.sql.translation import LOCAL, Translation
from simulator.sql.translations import translate

if TYPE_CHECKING:
    pass

_COLUMNS = (
    "SELECT t.name, a.attname FROM unnest(ARRAY[{names}]) AS t (name)"
    " JOIN pg_attribute a ON a.attrelid = to_regclass(t.name) AND a.attnum > 0"
    " AND NOT a.attisdropped ORDER BY t.name, a.attnum"
)


class Ended(Protocol):
    """Hears of a transaction's end, and whether its connection serves another."""

    def __call__(self, transaction: Transaction, *, reusable: bool) -> None: ...


class Transaction:
    """An open transaction as one user. It is over at `commit` or `rollback`; after a SqlError only
    `rollback` is left."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        *,
        prefix: str,
        lake: Lake,
        database: str,
        user: str,
        now_ms: int,
        ended: Ended,
        origins: dict[Any, Origin],
        history: History,
        peers: Callable[[], Iterable[Transaction]],
        estate: Estate,
        session: Session | None = None,
        ledger: Ledger | None = None,
        path: str = "",
    ) -> None:
        self.connection = connection
        # Where its statements are remembered; None: it only looks.
        last = {} if session is None else session.last
        self._journal = Journal(ledger, user=user, database=database, last=last)
        self._session = session
        self.database = database
        self.user = user
        self._prefix = prefix
        self._peers, self._estate = peers, estate
        # Called once at the end, with whether the connection may serve another transaction.
        self._ended = ended
        self._acting = Acting(prefix, user, path, session.speaker if session is not None else "")
        # What it SETs outlives it in a session, where it is committed; what it SETs LOCAL does not.
        self._settings = self._current_settings = ""
        self._concurrency = Concurrency(connection, self._begin_text(now_ms), history, peers)
        self._execution = Execution(
            connection,
            prefix=prefix,
            user=user,
            lake=lake,
            acting=self._acting,
            concurrency=self._concurrency,
            journal=self._journal,
            origins=origins,
        )
        self._statements = 0
        self._alone = ""
        self._failed = False
        self._done = False
        self._plans = Plans() if session is None else session.plans
        # COMMIT or ROLLBACK where the last statement ends the transaction: at its virtual end,
        # which is where the next one starts.
        self._ends = ""
        # After COMMIT or ROLLBACK each statement is a transaction of its own, until BEGIN.
        self._commits_each = False
        # Whether somebody began a transaction block, in which procedures may not end it.
        self.in_block = False
        self._calls: Calls = Calls(self)
        # The number that the last statement has in the system views; before a statement, the number
        # that it is to have, if that is free.
        self.query_id = 0

    def execute(
        self,
        sql: str,
        parameters: Mapping[str, str] | None,
        *,
        now_ms: int,
        queued: Callable[[Wanted], tuple[object, ...]] | None = None,
    ) -> Outcome:
        """Runs one statement. Raises SqlError, or LockUnavailable after undoing it.

        `queued` tells which transactions wait for a lock that stops the statement's and were there
        before: it stands behind them.
        """
        assert not self._done, "the transaction is over"
        self._settle(now_ms)
        pid, xid = self._concurrency.identity
        label = query_group(self._all_settings)
        self._journal.begin(sql, now_ms, number=self.query_id, pid=pid, xid=xid, label=label)
        if self._journal.query is not None:
            self.query_id = self._journal.query.query
        try:
            outcome = self._calls.go_on(sql, now_ms=now_ms, queued=queued)
            if outcome is None:
                outcome = self.perform(sql, parameters or {}, now_ms=now_ms, queued=queued)
        except LockUnavailable:
            self._journal.refuse(sql)
            raise
        except SqlError as error:
            self._failed = True
            self._journal.fail(error.message)
            raise
        self._journal.succeed(outcome)
        self._statements += 1
        self._ends = outcome.ends or ("COMMIT" if self._commits_each else "")
        return outcome

    def perform(
        self,
        sql: str,
        parameters: Mapping[str, str],
        *,
        now_ms: int,
        queued: Callable[[Wanted], tuple[object, ...]] | None = None,
    ) -> Outcome:
        """Runs one statement, of the client's or of a procedure's. Raises as `execute`."""
        translation = self._translated(sql, now_ms)
        databases.check(translation.databases, used=self.database)
        values = parameter_values(sql, translation, parameters)
        if translation.action == "call":
            return self._calls.start(sql, parameters, now_ms=now_ms, queued=queued)
        if translation.action == "prepared":
            plan = self._plans.read(translation.command or {}, inside=bool(self._acting.entered))
            if plan:
                return self.perform(plan, {}, now_ms=now_ms, queued=queued)
            return Outcome(translation.kind)
        if translation.action == "authorization":
            return self._authorize(str((translation.command or {})["user"]), now_ms)
        if translation.action == "cursor":
            return self._calls.cursor(translation, parameters, now_ms=now_ms, queued=queued)
        if translation.kind in ("SET", "RESET") and '"$user"' in translation.sql:
            own = translation.sql.replace('"$user"', quote_name(self._acting.speaker))
            translation = replace(translation, sql=own)
        self._check_alone(translation)
        self._concurrency.check(translation)
        if queued is not None:
            self._concurrency.stand_behind(translation, queued)
        outcome = self._run(translation, values, now_ms)
        self._concurrency.note(translation)
        kept = translation.sql if translation.kind in ("SET", "RESET") else translation.kept
        if kept:
            self._current_settings += f"{kept};"
            if translation.command != LOCAL:
                self._settings += f"{kept};"
        self._control(translation)
        return replace(outcome, ends=translation.ends) if translation.ends else outcome

    def _run(self, translation: Translation, values: list[str], now_ms: int) -> Outcome:
        """Runs a statement in SQL, with what the cluster's other databases have part in it."""
        if not translation.foreign:
            outcome = self._execution.run(translation, values, now_ms)
            if translation.action == "database":
                self._change_databases(translation.command or {})
            return outcome
        provided = elsewhere.provided(translation, **self._elsewhere(now_ms))
        return elsewhere.named(self._execution.run(provided, values, now_ms), translation)

    def _change_databases(self, command: dict[str, Any]) -> None:
        """The statement's end makes or drops a database. Raises SqlError where one is in use."""
        name = command["name"]
        if command["verb"] == "DROP" and any(one.database == name for one in self._peers()):
            message = f'ERROR: database "{name}" is being accessed by other users'
            raise SqlError(message, sqlstate="55006")
        made = {**command, "owner": command.get("owner") or self._acting.speaker}
        self._execution.at_end(lambda: self._estate.change_databases(made))

    def perform_inside(
        self,
        sql: str,
        parameters: Mapping[str, str],
        *,
        now_ms: int,
        queued: Callable[[Wanted], tuple[object, ...]] | None = None,
    ) -> Outcome:
        """A statement of a procedure's own, with a number of its own. Raises as `execute`."""
        call, outcome, waits = self._journal.begin_inside(sql, now_ms), None, False
        try:
            outcome = self.perform(sql, parameters, now_ms=now_ms, queued=queued)
        except LockUnavailable:
            waits = True
            raise
        except SqlError as error:
            self._journal.fail(error.message)
            raise
        finally:
            self._journal.end_inside(call, outcome, waits=waits)
        return outcome

    def _authorize(self, name: str, now_ms: int) -> Outcome:
        """SET SESSION AUTHORIZATION, which a superuser may; empty: the user's own again."""
        roles = ", ".join(quote_text(self._prefix + one) for one in (self.user, name))
        query = f"SELECT rolname, rolsuper FROM pg_roles WHERE rolname IN ({roles})"  # noqa: S608 - quoted
        found: dict[Any, Any] = dict(self.look(query, now_ms=now_ms))
        if name and self._prefix + name not in found:
            raise SqlError(f'ERROR: user "{name}" does not exist', sqlstate="42704")
        if name not in ("", self.user) and not found[self._prefix + self.user]:
            message = "ERROR: permission denied to set session authorization"
            raise SqlError(message, sqlstate="42501")
        self._acting.speak_as(name, self._all_settings)
        self._settings += self._acting.text
        self._current_settings += self._acting.text
        return Outcome("SET")

    def _control(self, translation: Translation) -> None:
        """BEGIN opens a block; COMMIT and ROLLBACK close it, and each statement after them is a
        transaction of its own, as for a client with autocommit."""
        if translation.kind == "BEGIN":
            self.in_block, self._commits_each = True, False
        elif translation.kind in ("COMMIT", "ROLLBACK"):
            self.in_block, self._commits_each = False, True

    def _settle(self, now_ms: int) -> None:
        """What the statement before left for its end."""
        self._journal.close(now_ms)
        self._execution.take_effect()
        if self._ends:
            verb, self._ends = self._ends, ""
            self.renew(verb, now_ms=now_ms)

    def renew(self, verb: str, *, now_ms: int) -> None:
        """Ends the transaction by COMMIT or ROLLBACK and begins another in its place. Raises
        SqlError where it can't be committed."""
        if self.connection.info.transaction_status != TransactionStatus.IDLE:
            try:
                exchange.send(self.connection, verb)
            except psycopg.Error as error:
                raise sql_error(error, self._prefix) from None
        defined = self._execution.end_definitions()
        self._current_settings = self._settings
        begin = self._begin_text(now_ms)
        self._concurrency.renew(begin, committed=verb == "COMMIT", defined=defined)
        self._statements = 0
        self._alone = ""
        self._calls.forget_cursors()

    @property
    def changes_users(self) -> bool:
        """Whether it makes or drops users."""
        return self._execution.changed_users

    def look(self, sql: str, *, now_ms: int) -> list[Row]:
        """Rows of a query of ours about definitions, which takes no snapshot."""
        return self._execution.look(sql, now_ms=now_ms)

    @property
    def messages(self) -> Sequence[Message]:
        """What its procedures said with RAISE, errors aside."""
        return self._journal.messages

    @property
    def _all_settings(self) -> str:
        """The SETs of its session and its own."""
        own = self._session.settings if self._session is not None else ""
        return own + self._current_settings

    def _begin_text(self, now_ms: int) -> str:
        path = self._acting.path
        begin = begin_text(self._prefix, self.database, self.user, now_ms, path)
        if serializable := self._estate.serializable_databases:
            begin += f"SET LOCAL asl.isolation = {quote_text(serializable)};"
        return begin + self._all_settings

    def enter(self, routine: Routine, call: str, *, now_ms: int) -> None:
        """Statements that follow are a procedure's."""
        self._acting.enter(routine, self._all_settings)
        self._journal.enter(call, now_ms)

    def leave(self, *, failed: bool) -> None:
        """The procedure that was entered last is over."""
        self._acting.leave(self._all_settings)
        self._journal.leave(failed=failed)

    def say(self, level: str, text: str, line: int, *, now_ms: int) -> None:
        """A procedure's RAISE."""
        lowest = self._acting.lowest_level(self._all_settings)
        self._journal.say(Message(level, text), line, lowest=lowest, now_ms=now_ms)

    def _translated(self, sql: str, now_ms: int) -> Translation:
        """The statement's translation, which may ask for the columns of its tables first."""
        exact = names_are_exact(self._all_settings)
        translation, used = translate(sql, exact=exact), ""
        if set(translation.databases) - {self.database}:
            used = self.database
            translation = translate(sql, exact=exact, used=used)
        if translation.action != "describe":
            return translation
        names = ", ".join(map(quote_text, translation.tables))
        found = self.look(_COLUMNS.replace("{names}", names), now_ms=now_ms)
        columns: dict[str, list[str]] = {name: [] for name in translation.tables}
        for name, column in found:
            columns[name].append(column)
        if translation.foreign:
            columns.update(elsewhere.columns_of(translation, **self._elsewhere(now_ms)))
        return translate(sql, columns, exact=exact, used=used)

    def _elsewhere(self, now_ms: int) -> dict[str, Any]:
        return {"estate": self._estate, "user": self._acting.speaker, "now_ms": now_ms}

    @property
    def kept_by(self) -> Session | None:
        """The session that keeps the connection; None where it may serve another."""
        session = self._session
        return session if session is not None and session.connection is self.connection else None

    def identify(self, *, pid: int, xid: int) -> None:
        """The numbers of its process and of itself that error 1023 shows."""
        self._concurrency.identify(pid=pid, xid=xid)

    def commit(self, now_ms: int | None = None) -> None:
        """Makes the transaction's changes visible to later ones; `now_ms` is when its last
        statement ended, for the system views. Raises SqlError where a statement
        failed before: PostgreSQL would roll back without a word."""
        broken = self.connection.info.transaction_status == TransactionStatus.INERROR
        if broken or self._failed:
            self.rollback()
            raise SqlError("ERROR: current transaction is aborted", sqlstate="25P02")
        self._journal.close(now_ms)
        self._execution.take_effect()
        self._end("ROLLBACK" if self._ends == "ROLLBACK" else "COMMIT")

    def rollback(self, now_ms: int | None = None) -> None:
        """Undoes the transaction, but for what a statement that has not ended yet would commit."""
        self._journal.abort(now_ms)
        self._execution.forget_effects()
        self._end("ROLLBACK")

    def _end(self, verb: str) -> None:
        if self._done:
            return
        self._done = True
        reusable = not self.connection.closed
        if reusable and self.connection.info.transaction_status != TransactionStatus.IDLE:
            try:
                exchange.send(self.connection, verb)
            except psycopg.Error as error:
                self._concurrency.end(committed=False, defined=False)
                self._ended(self, reusable=False)
                raise sql_error(error, self._prefix) from None
        defined = self._execution.end_definitions()
        self._concurrency.end(committed=verb == "COMMIT", defined=defined)
        committed = verb == "COMMIT"
        if self._session is not None:
            self._keep_session(self._session, committed=committed and reusable)
        # Temporary tables live as long as the session, and a session as long as its statement
        # unless it is kept.
        is_clean = reusable and not self._execution.made_temporary_tables
        self._ended(self, reusable=is_clean)

    def _keep_session(self, session: Session, *, committed: bool) -> None:
        if committed:
            session.committed(self._settings, self._acting.speaker)
            if self._execution.made_temporary_tables:
                session.connection = self.connection
        if self.connection.closed:
            session.connection = None

    def _check_alone(self, translation: Translation) -> None:
        """VACUUM and some others want a transaction of their own, and a batch is one."""
        wanted = "VACUUM" if translation.action == "vacuum" else translation.alone
        if wanted and self._acting.entered:
            # "Any SQL command that requires its own transaction context isn't supported inside a
            # stored procedure" ("Stored procedure limitations"); PostgreSQL 8.0's words.
            message = f"ERROR: {wanted} cannot be executed from a function"
            raise SqlError(message, sqlstate="25001")
        alone = self._alone or (wanted if wanted and (self._statements or self.in_block) else "")
        if alone:
            message = f"ERROR: {alone} cannot run inside a transaction block"
            raise SqlError(message, sqlstate="25001")
        self._alone = wanted
