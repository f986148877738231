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
from typing import Any

import psycopg

from simulator.sql import results
from simulator.sql.errors import LockUnavailable, NotSupported, SqlError
from simulator.sql.isolation import SERIALIZABLE, SNAPSHOT, History
from simulator.sql.lexer import quote_name, split_statements
from simulator.sql.loading.lake import Lake
from simulator.sql.outcome import Column, Origin, Outcome
from simulator.sql.postgres import pool, server
from simulator.sql.session import Session
from simulator.sql.system.ledger import Ledger
from simulator.sql.transaction import Transaction
from simulator.sql.translation import GROUP, ROLE

_numbers = itertools.count(1)

# how long what DROP DATABASE would end by force may end by itself
_END_LIMIT_MS = 100

_USER_TABLES = (
    "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema',"
    " 'redshift') ORDER BY 1, 2"
)


# Roles with the search path that ALTER USER ... SET gave them.
_ROLES = (
    "SELECT rolname, coalesce((SELECT substr(one, 13) FROM pg_db_role_setting s,"
    " unnest(s.setconfig) one WHERE s.setrole = r.oid AND one LIKE 'search_path=%%'), '')"
    " FROM pg_authid r WHERE starts_with(rolname, %s)"
)
_PASSWORDS = (
    "SELECT one FROM pg_db_role_setting s JOIN pg_authid r ON r.oid = s.setrole,"
    " unnest(s.setconfig) one WHERE r.rolname = %s AND starts_with(one, 'asl.password=')"
)


@dataclass(frozen=True, slots=True)
class User:
    """A database user that exists before the simulation starts; without a password any will do."""

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
        isolation: str = SNAPSHOT,
    ) -> None:
        self.lake = lake if lake is not None else Lake({})
        self.prefix = f"s{next(_numbers)}_"
        self._databases = tuple(databases)
        self._users = {user.name: user for user in users}
        self._idle: dict[str, list[psycopg.Connection[Any]]] = {}
        self._origins: dict[str, dict[Any, Origin]] = {}
        self.isolation = isolation
        self.ledger = Ledger()
        # Isolation is a database's own matter: no transaction spans two.
        self._histories = {name: History(isolation) for name in self._databases}
        # A dict, since a set's order isn't the same in every process.
        self._open: dict[Transaction, None] = {}
        # those that keep a connection, or did
        self._sessions: dict[Session, None] = {}
        self._admin: psycopg.Connection[Any] | None = None
        # every role of ours, with its search path; None: to be looked up
        self._roles: dict[str, str] | None = None

    def has_database(self, name: str) -> bool:
        """Whether there is a database of this name."""
        return name.lower() in self._databases

    def has_user(self, name: str) -> bool:
        """Whether there is a user of this name, declared or made by CREATE USER and committed."""
        folded = name.lower()
        if folded.startswith((GROUP, ROLE)):
            return False
        if self._admin is None:
            return folded in self._users
        return self.prefix + folded in self._all_roles(self._admin)

    def begin(
        self,
        database: str,
        user: str,
        *,
        now_ms: int,
        observes: bool = False,
        session: Session | None = None,
    ) -> Transaction:
        """An open transaction on a connection of its own, or on its session's. Raises SqlError for
        unknown names.

        One that only observes is none of Redshift's: it can't be part of a violation.
        """
        name, role = database.lower(), user.lower()
        if not self.has_database(name):
            raise SqlError(f'FATAL: database "{name}" does not exist', sqlstate="3D000")
        if not self.has_user(role):
            raise SqlError(f'FATAL: user "{role}" does not exist', sqlstate="28000")
        kept = session.connection if session is not None else None
        connection = self.connection(name) if kept is None else kept
        transaction = Transaction(
            connection,
            prefix=self.prefix,
            lake=self.lake,
            database=name,
            user=role,
            now_ms=now_ms,
            ended=self._ended,
            origins=self._origins.setdefault(name, {}),
            history=History() if observes else self._histories[name],
            peers=lambda: self._open,
            estate=self,
            session=session,
            ledger=None if observes else self.ledger,
            path=(self._roles or {}).get(self.prefix + role, ""),
        )
        self._open[transaction] = None
        return transaction

    def ensure_user(self, name: str) -> None:
        """Make a user without rights of its own, unless there is one of this name."""
        folded = name.lower()
        if self.has_user(folded):
            return
        if self._admin is None:
            self._users[folded] = User(folded)
            return
        self._admin.execute(f"CREATE ROLE {quote_name(self.prefix + folded)}")
        self._roles = None

    def sign_in(self, name: str, password: str) -> None:
        """Check a user's password. Raises SqlError where it is another; a user of whom no password
        was ever told has any."""
        from simulator.sql.commands import users

        folded = name.lower()
        declared = self._users.get(folded)
        kept = None
        if declared is not None and declared.password is not None:
            kept = users.kept_password(declared.password, folded)
        found = self.start().execute(_PASSWORDS, (self.prefix + folded,)).fetchone()
        if found is not None:
            kept = found[0].removeprefix(f"{users.PASSWORD}=")
        if kept is not None and not users.is_password(password, folded, kept):
            # PostgreSQL's words, and Redshift's
            message = f'FATAL: password authentication failed for user "{name}"'
            raise SqlError(message, sqlstate="28P01")

    def end_session(self, session: Session) -> None:
        """Close a session, with its temporary tables."""
        self._sessions.pop(session, None)
        session.close()

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
        than the first is named before its tables ("sales:schema.table"). Raises LockUnavailable
        while a transaction drops or alters one."""
        counts: dict[str, int] = {}
        if self._admin is None:
            return counts
        for index, database in enumerate(self._databases):
            head = f"{database}:" if index else ""
            connection = self.connection(database)
            try:
                counts.update(_count_tables(connection, head))
            except psycopg.errors.LockNotAvailable:
                raise LockUnavailable(f"{database}: a table is being changed") from None
            finally:
                self.give_back(database, connection)
        return counts

    def close(self) -> None:
        """Ends open transactions and drops databases and users."""
        for transaction in list(self._open):
            transaction.rollback()
        for session in self._sessions:
            session.close()
        self._sessions.clear()
        admin, shared = self._admin, pool.current()
        if admin is not None and not admin.closed:
            self._roles = None
            roles = sorted(self._all_roles(admin))
            given = () if shared is None else self._give_back_databases(admin, shared, roles)
            self._close_idle()
            self._drop_all(admin, given, roles)
            if shared is None or admin is not shared.admin:
                admin.close()
        self._close_idle()
        self._admin = self._roles = None

    def _close_idle(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    # What storage and transactions need of it.

    @property
    def databases(self) -> tuple[str, ...]:
        """The databases' names."""
        return self._databases

    @property
    def serializable_databases(self) -> str:
        """The databases whose transactions are serializable, as the system views read them."""
        found = [name for name, one in self._histories.items() if one.is_serializable]
        return f"/{'/'.join(found)}/" if found else ""

    def isolation_of(self, database: str) -> str:
        """The level of a database's transactions."""
        return SERIALIZABLE if self._histories[database].is_serializable else SNAPSHOT

    def add_databases(self, names: Mapping[str, str]) -> None:
        """Databases that a saved warehouse holds besides, with their levels of isolation (empty:
        this one's); before the first `begin`."""
        assert self._admin is None
        added = {name: level for name, level in names.items() if name not in self._databases}
        self._databases = (*self._databases, *added)
        for name, level in added.items():
            self._histories[name] = History(level or self.isolation)

    def add_users(self, users: Sequence[User]) -> None:
        """Users that a saved warehouse holds besides; before the first `begin`."""
        assert self._admin is None
        self._users = {**self._users, **{user.name: user for user in users}}

    def start(self) -> psycopg.Connection[Any]:
        """Creates databases and users; the connection that administers them."""
        if self._admin is not None:
            return self._admin
        shared = pool.current()
        if shared is None:
            # Other processes share a DSN's server.
            self.prefix = f"s{os.getpid()}x{self.prefix[1:]}"
            admin = pool.connect_admin(server.current())
            shared = pool.Pool(server.current())
        else:
            admin = shared.admin
        self._admin = admin
        for database in self._databases:
            self._idle.setdefault(database, []).extend(shared.take(admin, self.prefix + database))
        roles = [
            f"CREATE ROLE {quote_name(self.prefix + user.name)}"
            + (" SUPERUSER" if user.superuser else "")
            for user in self._users.values()
        ]
        if roles:
            admin.execute(";".join(roles))
        return admin

    def _give_back_databases(
        self, admin: psycopg.Connection[Any], shared: pool.Pool, roles: Sequence[str]
    ) -> tuple[str, ...]:
        """The databases that others may use: they are empty again, and have left this warehouse."""
        given = []
        for database, connections in self._idle.items():
            name = self.prefix + database
            if connections and shared.give(admin, name, connections, roles):
                given.append(name)
                connections.clear()
        return tuple(given)

    def _all_roles(self, admin: psycopg.Connection[Any]) -> dict[str, str]:
        """Every role of the warehouse's, with its search path."""
        if self._roles is None:
            self._roles = dict(admin.execute(_ROLES, (self.prefix,)).fetchall())
        return self._roles

    def _drop_all(
        self, admin: psycopg.Connection[Any], given: Sequence[str], roles: Sequence[str]
    ) -> None:
        names = [self.prefix + name for name in self._databases if self.prefix + name not in given]
        if names:
            _await_end_of_connections(admin, names)
        for name in names:
            admin.execute(f"DROP DATABASE IF EXISTS {quote_name(name)} WITH (FORCE)")
        if roles:
            admin.execute(f"DROP ROLE {', '.join(map(quote_name, roles))}")

    def change_databases(self, command: dict[str, Any]) -> None:
        """Makes or drops a database: a command of `commands.database`, which has been checked.
        Raises SqlError where another statement was faster."""
        name, admin = command["name"], self.start()
        if self.has_database(name) == (command["verb"] == "CREATE"):
            state = "already exists" if command["verb"] == "CREATE" else "does not exist"
            raise SqlError(f'ERROR: database "{name}" {state}', sqlstate="42P04")
        place = quote_name(self.prefix + name)
        if command["verb"] == "DROP":
            self._databases = tuple(one for one in self._databases if one != name)
            del self._histories[name]
            for connection in self._idle.pop(name, []):
                connection.close()
            _await_end_of_connections(admin, [self.prefix + name])
            admin.execute(f"DROP DATABASE {place} WITH (FORCE)")
            return
        shared = pool.current() or pool.Pool(server.current())
        self._idle[name] = list(shared.take(admin, self.prefix + name))
        self._databases = (*self._databases, name)
        self._histories[name] = History(command["isolation"] or self.isolation)
        self._origins.pop(name, None)
        admin.execute(
            f"ALTER DATABASE {place} OWNER TO {quote_name(self.prefix + command['owner'])}"
        )

    def connection(self, database: str) -> psycopg.Connection[Any]:
        """A connection as the server's own superuser; `give_back` returns it."""
        self.start()
        idle = self._idle.setdefault(database, [])
        if idle:
            return idle.pop()
        place = {**server.current().address, "dbname": self.prefix + database}
        try:
            connection: psycopg.Connection[Any] = psycopg.connect(**place, autocommit=True)
        except psycopg.OperationalError as error:
            if "too many" not in str(error):
                raise
            # Redshift has such a limit as well, of 500 ("Quotas and limits in Amazon Redshift").
            message = "FATAL: connection limit exceeded for non-bootstrap users"
            raise SqlError(message, sqlstate="53300", detail=str(error)) from None
        connection.prepare_threshold = None
        results.prepare(connection)
        return connection

    def give_back(self, database: str, connection: psycopg.Connection[Any]) -> None:
        """Keeps a connection for the next transaction."""
        self._idle.setdefault(database, []).append(connection)

    def _ended(self, transaction: Transaction, *, reusable: bool) -> None:
        self._open.pop(transaction, None)
        if transaction.changes_users:
            self._roles = None
        if transaction.kept_by is not None:
            self._sessions[transaction.kept_by] = None
            return
        if reusable:
            self.give_back(transaction.database, transaction.connection)
        else:
            transaction.connection.close()


def _await_end_of_connections(admin: psycopg.Connection[Any], databases: Sequence[str]) -> None:
    """Closed connections end within a millisecond or so; DROP DATABASE that meets one looks again
    after 100."""
    for _ in range(_END_LIMIT_MS):
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = ANY(%s) LIMIT 1"
        if admin.execute(query, (list(databases),)).fetchone() is None:
            return
        admin.execute("SELECT pg_sleep(0.001)")


def _count_tables(connection: psycopg.Connection[Any], head: str) -> dict[str, int]:
    tables = connection.execute(_USER_TABLES).fetchall()
    if not tables:
        return {}
    counted = " UNION ALL ".join(
        f"SELECT {index}, count(*) FROM {quote_name(schema)}.{quote_name(name)}"  # noqa: S608 - quoted names
        for index, (schema, name) in enumerate(tables)
    )
    rows = dict(connection.execute(counted).fetchall())
    return {
        head + (name if schema == "public" else f"{schema}.{name}"): rows[index]
        for index, (schema, name) in enumerate(tables)
    }


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
