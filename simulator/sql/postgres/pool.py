"""Databases of the process's own PostgreSQL that are used again, each as if it were fresh.

Making one copies 14 MB of files and takes four times as long as emptying one. What users made is
dropped by its owner; then the catalogue must say of the database what it says of the template, or
it is thrown away. Catalogues grow by use, so a database serves a hundred times.
"""

from __future__ import annotations

import atexit
import itertools
import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import psycopg

from simulator.sql.lexer import quote_name
from simulator.sql.postgres import server

USES = 100
KEPT = 4
# of each database; more are made as they are needed, and closed with their warehouse
CONNECTIONS = 3

# What a fresh database consists of: how many objects of each kind, whose function is whose, who may
# do what. A row that was changed has a newer transaction than any of the template's, so functions
# are compared by their newest: their texts are long. Objects that temporary tables left behind are
# nobody's business.
_CONTENT = """
SELECT (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'),
  (SELECT string_agg(nspname || coalesce(nspacl::text, ''), ',' ORDER BY nspname)
     FROM pg_namespace WHERE nspname IN ('public', 'redshift', 'pg_catalog')),
  (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname !~ '^pg_(toast_)?temp_'),
  (SELECT coalesce(sum(pg_relation_size(oid)), 0) FROM pg_class
     WHERE relkind IN ('r', 'S') AND relnamespace = 'redshift'::regnamespace),
  (SELECT (count(*), age('3'::xid) - min(age(xmin)))::text FROM pg_proc),
  (SELECT count(*) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
     WHERE n.nspname !~ '^pg_(toast_)?temp_'),
  (SELECT count(*) FROM pg_operator), (SELECT count(*) FROM pg_cast),
  (SELECT count(*) FROM pg_constraint), (SELECT count(*) FROM pg_trigger),
  (SELECT count(*) FROM pg_rewrite), (SELECT count(*) FROM pg_description),
  (SELECT count(*) FROM pg_default_acl), (SELECT count(*) FROM pg_largeobject_metadata),
  (SELECT count(*) FROM pg_event_trigger), (SELECT count(*) FROM pg_extension),
  (SELECT count(*) FROM pg_language), (SELECT count(*) FROM pg_foreign_server),
  (SELECT coalesce(datacl, acldefault('d', datdba))::text || datdba
     FROM pg_database WHERE datname = current_database()),
  (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
     WHERE d.datname = current_database())
"""

# Before what roles own: DROP OWNED can't find default privileges of a schema that it has dropped.
_DROP_SCHEMAS = """
DO $$ DECLARE found text; BEGIN
  SELECT string_agg(quote_ident(nspname), ', ') INTO found FROM pg_namespace
    WHERE nspname NOT IN ('public', 'redshift', 'information_schema') AND nspname !~ '^pg_';
  IF found IS NOT NULL THEN EXECUTE 'DROP SCHEMA ' || found || ' CASCADE'; END IF;
END $$;
"""

Content = tuple[Any, ...]
Connection: TypeAlias = "psycopg.Connection[Any]"


class Pool:
    """The databases of one server that wait to be used again, and the connection that administers
    them."""

    def __init__(self, owner: server.Server) -> None:
        self.owner = owner
        self._numbers = itertools.count(1)
        # its name, how often it was used, and connections to it
        self._free: list[tuple[str, int, list[Connection]]] = []
        self._uses: dict[str, int] = {}
        self._fresh: Content | None = None
        self._admin: Connection | None = None

    @property
    def admin(self) -> Connection:
        """A superuser's connection, outside of the databases: every warehouse's."""
        if self._admin is None or self._admin.closed:
            self._admin = connect_admin(self.owner)
        return self._admin

    def take(self, admin: Connection, name: str) -> list[Connection]:
        """Have there be an empty database of this name; the connections to it that there are."""
        if self._free:
            kept, uses, connections = self._free.pop()
            _rename(admin, kept, name)
            self._uses[name] = uses
            return connections
        admin.execute(
            f"CREATE DATABASE {quote_name(name)} TEMPLATE {server.TEMPLATE} STRATEGY FILE_COPY"
        )
        self._uses[name] = 0
        return []

    def give(
        self, admin: Connection, name: str, connections: Sequence[Connection], roles: Sequence[str]
    ) -> bool:
        """Take a database back, with connections to it, after what these roles made there was
        dropped. False (and nothing is taken) where that does not make it as good as fresh."""
        uses = self._uses.pop(name, USES) + 1
        if uses >= USES or len(self._free) >= KEPT:
            return False
        kept = list(connections[:CONNECTIONS])
        try:
            for connection in kept:
                connection.execute("DISCARD ALL")
            owned = f"DROP OWNED BY {', '.join(map(quote_name, roles))} CASCADE" if roles else ""
            kept[0].execute(_DROP_SCHEMAS + owned)
            if self._content(kept[0]) != self._known():
                return False
            free = f"free_{next(self._numbers)}"
            _rename(admin, name, free)
        except psycopg.Error:
            return False
        for connection in connections[CONNECTIONS:]:
            connection.close()
        self._free.append((free, uses, kept))
        return True

    def close(self) -> None:
        """Give the connections up; in a process that was forked they are its parent's."""
        if self.owner.owner != os.getpid():
            return
        for _name, _uses, connections in self._free:
            for connection in connections:
                connection.close()
        self._free.clear()
        if self._admin is not None:
            self._admin.close()

    def _known(self) -> Content:
        """What the template consists of: asked once, while nobody copies it."""
        if self._fresh is None:
            place = {**self.owner.address, "dbname": server.TEMPLATE}
            with psycopg.connect(**place, autocommit=True) as connection:
                self._fresh = self._content(connection)
            _await_end(self.owner)
        return self._fresh

    @staticmethod
    def _content(connection: Connection) -> Content:
        found: Content | None = connection.execute(_CONTENT).fetchone()
        assert found is not None
        return found


def connect_admin(running: server.Server) -> Connection:
    """A new connection as the server's superuser, outside of every warehouse's databases."""
    place = {**running.address, "dbname": "postgres"}
    admin: Connection = psycopg.connect(**place, autocommit=True)
    admin.prepare_threshold = None
    return admin


def _rename(admin: Connection, old: str, new: str) -> None:
    """ALTER DATABASE wants nobody to be connected, and connecting anew costs more than emptying.
    A session knows its database by number, so a new name is nothing to it."""
    admin.execute("UPDATE pg_database SET datname = %s WHERE datname = %s", (new, old))


_pool: Pool | None = None


def current() -> Pool | None:
    """The pool of the process's server; None where that is somebody else's."""
    global _pool  # noqa: PLW0603 - one for each process
    running = server.current()
    if running.process is None:
        return None
    if _pool is None or _pool.owner is not running:
        if _pool is not None:
            _pool.close()
        _pool = Pool(running)
        atexit.register(_pool.close)
    return _pool


def _await_end(running: server.Server) -> None:
    """A database that somebody is connected to is no template to copy: wait until they are gone."""
    with psycopg.connect(**{**running.address, "dbname": "postgres"}, autocommit=True) as admin:
        for _ in range(100):
            query = "SELECT 1 FROM pg_stat_activity WHERE datname = %s"
            if admin.execute(query, (server.TEMPLATE,)).fetchone() is None:
                return
            admin.execute("SELECT pg_sleep(0.001)")
