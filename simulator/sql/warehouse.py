"""A simulation's warehouse: its databases, users and transactions on the process's PostgreSQL.

Databases and users are global to a PostgreSQL server, so each warehouse prefixes its own with
`s<n>_`; what users see never shows it. A transaction has a connection of its own and never waits:
a lock that is held raises LockUnavailable.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg

from simulator.sql import server
from simulator.sql.copying import copy_objects
from simulator.sql.errors import LockUnavailable, NotSupported, SqlError
from simulator.sql.lake import Lake
from simulator.sql.lexer import quote_name, quote_text, split_statements, syntax_error, tokenize
from simulator.sql.outcome import Column, Origin, Outcome, describe, origins_asked, origins_from
from simulator.sql.translation import Translation
from simulator.sql.translations import translate
from simulator.sql.wording import sql_error

_PREFIX_MARK = "\x00"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_numbers = itertools.count(1)

_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"})
_USER_TABLES = (
    "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema',"
    " 'redshift') ORDER BY 1, 2"
)
_ORIGINS = (
    "SELECT c.oid::bigint, a.attnum, n.nspname, c.relname, a.attname, a.attnotnull"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.oid = ANY (%s)"
)


@dataclass(frozen=True, slots=True)
class User:
    """A database user that exists before the simulation starts."""

    name: str
    superuser: bool = False
    password: str | None = None


class Warehouse:
    """One simulation's Redshift. Nothing starts before the first `begin`."""

    def __init__(
        self,
        *,
        lake: Lake | None = None,
        databases: Sequence[str] = ("dev",),
        users: Sequence[User] = (User("awsuser", superuser=True),),
    ) -> None:
        self.lake = lake if lake is not None else Lake({})
        self.prefix = f"s{next(_numbers)}_"
        self._databases = tuple(databases)
        self._users = {user.name: user for user in users}
        self._idle: dict[str, list[psycopg.Connection[Any]]] = {}
        self._open: set[Transaction] = set()
        self._admin: psycopg.Connection[Any] | None = None

    def has_database(self, name: str) -> bool:
        """Whether there is a database of this name."""
        return name.lower() in self._databases

    def has_user(self, name: str) -> bool:
        """Whether there is a user of this name, declared or made by CREATE USER and committed."""
        folded = name.lower()
        if self._admin is None:
            return folded in self._users
        found = self._admin.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", (self.prefix + folded,)
        )
        return found.fetchone() is not None

    def begin(self, database: str, user: str, *, now_ms: int) -> Transaction:
        """An open transaction on a connection of its own. Raises SqlError for unknown names."""
        name, role = database.lower(), user.lower()
        if not self.has_database(name):
            raise SqlError(f'FATAL: database "{name}" does not exist', sqlstate="3D000")
        if not self.has_user(role):
            raise SqlError(f'FATAL: user "{role}" does not exist', sqlstate="28000")
        connection = self._connection(name)
        transaction = Transaction(self, connection, name, role, now_ms)
        self._open.add(transaction)
        return transaction

    def setup(self, sql_text: str, *, database: str, user: str, now_ms: int) -> None:
        """Runs and commits the statements of a text: what stands for "already exists"."""
        transaction = self.begin(database, user, now_ms=now_ms)
        try:
            for tokens in split_statements(sql_text):
                statement = sql_text[tokens[0].start : tokens[-1].end]
                transaction.execute(statement, None, now_ms=now_ms)
        except BaseException:
            transaction.rollback()
            raise
        transaction.commit()

    def table_counts(self) -> dict[str, int]:
        """Committed rows of every user table by name; "public." is dropped, and a database other
        than the first is named before its tables ("sales:schema.table")."""
        counts: dict[str, int] = {}
        if self._admin is None:
            return counts
        for index, database in enumerate(self._databases):
            head = f"{database}:" if index else ""
            connection = self._connection(database)
            try:
                counts.update(_count_tables(connection, head))
            finally:
                self._give_back(database, connection)
        return counts

    def close(self) -> None:
        """Ends open transactions and drops databases and users."""
        for transaction in list(self._open):
            transaction.rollback()
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()
        if self._admin is not None and not self._admin.closed:
            self._drop_all(self._admin)
            self._admin.close()
        self._admin = None

    def save(self, folder: Path) -> None:
        """Writes the whole content (users, rights, tables, counters) to a folder, replaced at
        once."""
        from simulator.sql.storage import save

        self._start()
        save(self, folder)

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        lake: Lake | None = None,
        databases: Sequence[str] = ("dev",),
        users: Sequence[User] = (User("awsuser", superuser=True),),
    ) -> Warehouse:
        """A warehouse with the content that `save` wrote. Databases and users given here that it
        does not hold are added."""
        from simulator.sql.storage import load

        warehouse = cls(lake=lake, databases=databases, users=users)
        load(warehouse, folder)
        return warehouse

    # What storage and transactions need of it.

    @property
    def databases(self) -> tuple[str, ...]:
        """The databases' names."""
        return self._databases

    def add_databases(self, names: Sequence[str]) -> None:
        """Databases that a saved warehouse holds besides; before the first `begin`."""
        assert self._admin is None
        self._databases = tuple(dict.fromkeys((*self._databases, *names)))

    def add_users(self, users: Sequence[User]) -> None:
        """Users that a saved warehouse holds besides; before the first `begin`."""
        assert self._admin is None
        self._users = {**self._users, **{user.name: user for user in users}}

    def _start(self) -> psycopg.Connection[Any]:
        """Creates databases and users; the connection that administers them."""
        if self._admin is not None:
            return self._admin
        address = server.current().address
        if server.current().process is None:
            # Other processes share a DSN's server.
            self.prefix = f"s{os.getpid()}x{self.prefix[1:]}"
        admin = psycopg.connect(**{**address, "dbname": "postgres"}, autocommit=True)
        admin.prepare_threshold = None
        self._admin = admin
        for database in self._databases:
            admin.execute(
                f"CREATE DATABASE {quote_name(self.prefix + database)}"  # noqa: S608 - quoted
                f" TEMPLATE {server.TEMPLATE} STRATEGY FILE_COPY"
            )
        roles = [
            f"CREATE ROLE {quote_name(self.prefix + user.name)}"
            + (" SUPERUSER" if user.superuser else "")
            for user in self._users.values()
        ]
        if roles:
            admin.execute(";".join(roles))
        return admin

    def _drop_all(self, admin: psycopg.Connection[Any]) -> None:
        for database in self._databases:
            name = quote_name(self.prefix + database)
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        for (role,) in admin.execute(
            "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)", (self.prefix,)
        ).fetchall():
            admin.execute(f"DROP ROLE {quote_name(role)}")

    def _connection(self, database: str) -> psycopg.Connection[Any]:
        self._start()
        idle = self._idle.setdefault(database, [])
        if idle:
            return idle.pop()
        connection: psycopg.Connection[Any] = psycopg.connect(
            **{**server.current().address, "dbname": self.prefix + database}, autocommit=True
        )
        connection.prepare_threshold = None
        return connection

    def _give_back(self, database: str, connection: psycopg.Connection[Any]) -> None:
        self._idle.setdefault(database, []).append(connection)

    def _ended(self, transaction: Transaction, *, reusable: bool) -> None:
        self._open.discard(transaction)
        if reusable:
            self._give_back(transaction.database, transaction.connection)
        else:
            transaction.connection.close()


def _count_tables(connection: psycopg.Connection[Any], head: str) -> dict[str, int]:
    tables = connection.execute(_USER_TABLES).fetchall()
    if not tables:
        return {}
    counted = " UNION ALL ".join(
        f"SELECT {index}, count(*) FROM {quote_name(schema)}.{quote_name(name)}"  # noqa: S608
        for index, (schema, name) in enumerate(tables)
    )
    rows = dict(connection.execute(counted).fetchall())
    return {
        head + (name if schema == "public" else f"{schema}.{name}"): rows[index]
        for index, (schema, name) in enumerate(tables)
    }


class Transaction:
    """An open transaction as one user. It is over at `commit` or `rollback`; after a SqlError only
    `rollback` is left."""

    def __init__(
        self,
        warehouse: Warehouse,
        connection: psycopg.Connection[Any],
        database: str,
        user: str,
        now_ms: int,
    ) -> None:
        self.connection = connection
        self.database = database
        self.user = user
        self._warehouse = warehouse
        self._prefix = warehouse.prefix
        self._begin: str | None = _begin_text(warehouse.prefix, database, user, now_ms)
        self._origins: dict[Any, Origin] = {}
        self._statements = 0
        self._alone = ""
        self._temporary = False
        self._done = False

    def execute(self, sql: str, parameters: Mapping[str, str] | None, *, now_ms: int) -> Outcome:
        """Runs one statement. Raises SqlError, or LockUnavailable after undoing it."""
        assert not self._done, "the transaction is over"
        translation = translate(sql)
        values = _values(sql, translation, parameters or {})
        self._check_alone(translation)
        head = self._head(now_ms)
        try:
            if translation.action == "copy":
                outcome = self._copy(translation, head)
            elif translation.action == "none" or not translation.sql:
                self.connection.execute(head)
                outcome = Outcome(translation.kind)
            else:
                outcome = self._run(translation, head, values)
        except psycopg.errors.LockNotAvailable:
            self.connection.execute("ROLLBACK TO SAVEPOINT asl")
            raise LockUnavailable(f"{translation.kind}: a lock is held elsewhere") from None
        except psycopg.Error as error:
            raise sql_error(error, self._prefix) from None
        self._statements += 1
        self._begin = None
        return outcome

    def commit(self) -> None:
        """Makes the transaction's changes visible to later ones."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Undoes the transaction."""
        self._end("ROLLBACK")

    def _end(self, verb: str) -> None:
        if self._done:
            return
        self._done = True
        reusable = not self.connection.closed
        if reusable and self.connection.info.transaction_status != 0:
            try:
                self.connection.execute(verb)
            except psycopg.Error as error:
                self._warehouse._ended(self, reusable=False)
                raise sql_error(error, self._prefix) from None
        # Temporary tables live as long as the session, and a session as long as its statement.
        self._warehouse._ended(self, reusable=reusable and not self._temporary)

    def _head(self, now_ms: int) -> str:
        """What goes before a statement, in the same message: transaction, savepoint, clock."""
        if self._begin is None:
            start = "RELEASE SAVEPOINT asl;SAVEPOINT asl;"
        elif self.connection.info.transaction_status != 0:
            # The first statement found a lock held and is asked again.
            start = "RELEASE SAVEPOINT asl;SAVEPOINT asl;"
        else:
            start = self._begin + "SAVEPOINT asl;"
        return f"{start}SET LOCAL asl.now = {quote_text(_timestamp(now_ms))};"

    def _check_alone(self, translation: Translation) -> None:
        """VACUUM wants a transaction of its own, and a batch is one transaction."""
        alone = self._alone or (
            "VACUUM" if translation.action == "vacuum" and self._statements else ""
        )
        if alone:
            message = f"ERROR: {alone} cannot run inside a transaction block"
            raise SqlError(message, sqlstate="25001")
        if translation.action == "vacuum":
            self._alone = "VACUUM"

    def _run(self, translation: Translation, head: str, values: list[str]) -> Outcome:
        text = self._filled(translation.sql)
        before = "".join(self._filled(one) + ";" for one in translation.before)
        after = [self._filled(one) for one in translation.after]
        if values:
            cursor = self._run_with_values(head + before, text, values, after)
        else:
            cursor = self.connection.cursor()
            tail = "".join(";" + one for one in after)
            cursor.execute(head + before + text + tail)
            _leave_only(cursor, len(after))
        if translation.kind in ("CREATE", "ALTER", "DROP"):
            self._origins.clear()
            self._temporary |= "TEMP TABLE" in translation.sql[:40]
        return self._outcome(translation, cursor)

    def _run_with_values(
        self, head: str, text: str, values: list[str], after: list[str]
    ) -> psycopg.Cursor[Any]:
        cursor = psycopg.RawCursor(self.connection)
        with self.connection.pipeline():
            for part in head.split(";"):
                if part:
                    self.connection.execute(part)
            cursor.execute(text, values)
            for part in after:
                self.connection.execute(part)
        return cursor

    def _filled(self, text: str) -> str:
        return text.replace(_PREFIX_MARK, self._prefix) if _PREFIX_MARK in text else text

    def _outcome(self, translation: Translation, cursor: psycopg.Cursor[Any]) -> Outcome:
        count = cursor.rowcount
        if not translation.has_rows:
            changed = count if translation.kind in _CHANGES else -1
            return Outcome(translation.kind, row_count=changed, rows_touched=max(changed, 0))
        rows = tuple(cursor.fetchall())
        return Outcome(
            translation.kind,
            columns=self._columns(cursor),
            rows=rows,
            row_count=len(rows),
            rows_touched=len(rows),
        )

    def _columns(self, cursor: psycopg.Cursor[Any]) -> tuple[Column, ...]:
        result = cursor.pgresult
        tables = origins_asked(result)
        missing = tables - {oid for oid, _number in self._origins}
        if missing:
            found = self.connection.execute(_ORIGINS, (sorted(missing),)).fetchall()
            self._origins.update(origins_from(found))
        return describe(result, "utf-8", self._origins)

    def _copy(self, translation: Translation, head: str) -> Outcome:
        assert translation.copy is not None
        # Dates are read year first: Redshift's COPY takes no other form unless told.
        self.connection.execute(head + "SET LOCAL datestyle = 'ISO, YMD'")
        count = copy_objects(self.connection, translation.copy, self._warehouse.lake, self._prefix)
        self.connection.execute("SET LOCAL datestyle = 'ISO, MDY'")
        return Outcome("COPY", row_count=count, rows_touched=count)


def _leave_only(cursor: psycopg.Cursor[Any], after: int) -> None:
    """Moves to the result before the last `after` ones: the statement's own."""
    total = 1
    probe = cursor
    while probe.nextset():
        total += 1
    if after:
        cursor.set_result(total - 1 - after)


def _begin_text(prefix: str, database: str, user: str, now_ms: int) -> str:
    # SET takes no snapshot, so the first statement does, as on Redshift.
    settings = {
        "asl.started": _timestamp(now_ms),
        "asl.db_user": user,
        "asl.db_name": database,
    }
    shown = "".join(f"SET LOCAL {name} = {quote_text(value)};" for name, value in settings.items())
    return (
        "BEGIN ISOLATION LEVEL REPEATABLE READ;"
        f"SET LOCAL SESSION AUTHORIZATION {quote_name(prefix + user)};"
        f"SET LOCAL search_path TO {quote_name(user)}, public;{shown}"
    )


def _timestamp(now_ms: int) -> str:
    return (_EPOCH + timedelta(milliseconds=now_ms)).strftime("%Y-%m-%d %H:%M:%S.%f")


def _values(sql: str, translation: Translation, parameters: Mapping[str, str]) -> list[str]:
    """The values of `:name` parameters, in order; what has none is a syntax error on AWS too."""
    for name in translation.parameters:
        if name not in parameters:
            place = next(t for t in tokenize(sql) if t.kind == "parameter" and t.value == name)
            raise syntax_error(sql, place.start, ":")
    return [parameters[name] for name in translation.parameters]


__all__ = [
    "Column",
    "Lake",
    "LockUnavailable",
    "NotSupported",
    "Outcome",
    "SqlError",
    "Transaction",
    "User",
    "Warehouse",
]
