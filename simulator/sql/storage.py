"""A warehouse in a folder and back: `pg_dump` writes the schema, PostgreSQL's binary COPY the rows.

Chosen among three: a physical copy would hold every warehouse of the process, and `pg_dump` with
its data needs psql's reader; this way owners, rights, defaults, views and comments come from
PostgreSQL's own tool in 40 ms, and rows at the speed of a file. Users and counters are ours.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from simulator.sql.errors import ServerError
from simulator.sql.lexer import quote_name, quote_text
from simulator.sql.postgres import binaries, server
from simulator.sql.warehouse import User, Warehouse

FORMAT = 3
_MANIFEST = "warehouse.json"
# What stands before a role's name in pg_dump's text: TO, FROM or ROLE. Tables are always
# qualified there, so nothing else can follow these words with our prefix.
_ROLE_PLACES = r'\b(TO|FROM|ROLE) ("?){prefix}'
_PLACEHOLDER = "asl_prefix_"
# Commands of psql's, and the overlay's casts, which belong to no schema.
_NOT_OURS = ("\\restrict", "\\unrestrict", "CREATE CAST", "COMMENT ON CAST")

_COLUMNS = (
    "SELECT n.nspname, c.relname, array_agg(a.attname::text ORDER BY a.attnum)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE c.relkind = 'r' AND n.nspname !~ '^pg_'"
    " AND n.nspname NOT IN ('information_schema', 'redshift') GROUP BY 1, 2 ORDER BY 1, 2"
)
# pg_dump leaves out what is granted on a database as a whole
_GRANTS = (
    "SELECT r.rolname, a.privilege_type FROM pg_database d, aclexplode(d.datacl) a"
    " JOIN pg_roles r ON r.oid = a.grantee"
    " WHERE d.datname = current_database() AND starts_with(r.rolname, %s) ORDER BY 1, 2"
)
_COUNTERS = (
    "SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
    " ORDER BY 1, 2"
)

# what views were made of; pg_dump leaves out the comments of their rules
_VIEWS = (
    "SELECT n.nspname, c.relname, redshift.view_text(c.oid) FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('v', 'm')"
    " AND redshift.view_text(c.oid) IS NOT NULL AND n.nspname !~ '^pg_' ORDER BY 1, 2"
)

# who belongs to which group or role, and whether as its administrator
_MEMBERS = (
    "SELECT g.rolname, m.rolname, bool_or(a.admin_option) FROM pg_auth_members a"
    " JOIN pg_roles g ON g.oid = a.roleid JOIN pg_roles m ON m.oid = a.member"
    " WHERE starts_with(g.rolname, %s) AND starts_with(m.rolname, %s) GROUP BY 1, 2 ORDER BY 1, 2"
)
_SETTINGS = (
    "SELECT r.rolname, one FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole,"
    " unnest(s.setconfig) one WHERE s.setdatabase = 0 AND starts_with(r.rolname, %s) ORDER BY 1, 2"
)


def save(warehouse: Warehouse, folder: Path) -> None:
    """Writes the warehouse's committed content (users, rights, tables, counters); an older folder
    is replaced at once."""
    warehouse.start()
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        databases = {name: _save_database(warehouse, name, made) for name in warehouse.databases}
        manifest = {
            "format": FORMAT,
            "postgresql": _version(warehouse),
            "users": _users(warehouse),
            "members": _members(warehouse),
            "settings": _settings(warehouse),
            "databases": databases,
        }
        (made / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        _replace(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _replace(made: Path, folder: Path) -> None:
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        folder.rename(old / "old")
        made.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    else:
        made.rename(folder)
    folder.chmod(0o755)


def _version(warehouse: Warehouse) -> int:
    # The files' format is stable within a major version.
    return warehouse.start().info.server_version // 10000


def _users(warehouse: Warehouse) -> list[dict[str, Any]]:
    rows = warehouse.start().execute(
        "SELECT rolname, rolsuper FROM pg_roles WHERE starts_with(rolname, %s) ORDER BY 1",
        (warehouse.prefix,),
    )
    return [{"name": n.removeprefix(warehouse.prefix), "superuser": s} for n, s in rows]


def _members(warehouse: Warehouse) -> list[list[Any]]:
    prefix = warehouse.prefix
    rows = warehouse.start().execute(_MEMBERS, (prefix, prefix)).fetchall()
    return [[g.removeprefix(prefix), m.removeprefix(prefix), admin] for g, m, admin in rows]


def _settings(warehouse: Warehouse) -> list[list[str]]:
    """What ALTER USER ... SET, and a password, left with a user: name and setting."""
    prefix = warehouse.prefix
    rows = warehouse.start().execute(_SETTINGS, (prefix,)).fetchall()
    return [[user.removeprefix(prefix), setting] for user, setting in rows]


def _load_members(warehouse: Warehouse, manifest: dict[str, Any]) -> None:
    admin, prefix = warehouse.start(), warehouse.prefix
    for group, member, administers in manifest["members"]:
        ending = " WITH ADMIN OPTION" if administers else ""
        to = quote_name(prefix + member)
        admin.execute(f"GRANT {quote_name(prefix + group)} TO {to}{ending}")
    for user, setting in manifest["settings"]:
        name, _, value = setting.partition("=")
        # The list of a search path is kept as SET takes it.
        shown = value if name == "search_path" else quote_text(value)
        admin.execute(f"ALTER ROLE {quote_name(prefix + user)} SET {name} TO {shown}")


def _save_database(warehouse: Warehouse, database: str, made: Path) -> dict[str, Any]:
    schema = _dump_schema(warehouse, database)
    (made / f"{database}.sql").write_text(schema, encoding="utf-8")
    connection = warehouse.connection(database)
    tables = []
    try:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for index, (space, name, columns) in enumerate(connection.execute(_COLUMNS).fetchall()):
            file = f"{database}.{index}.rows"
            source = f"{quote_name(space)}.{quote_name(name)} ({_listed(columns)})"
            with (
                (made / file).open("wb") as output,
                connection.cursor() as cursor,
                cursor.copy(f"COPY {source} TO STDOUT (FORMAT binary)") as copy,
            ):
                for block in copy:
                    output.write(block)
            tables.append({"schema": space, "name": name, "columns": columns, "file": file})
        counters = [list(row) for row in connection.execute(_COUNTERS).fetchall()]
        views = [list(row) for row in connection.execute(_VIEWS).fetchall()]
        granted = connection.execute(_GRANTS, (warehouse.prefix,)).fetchall()
        grants = [[role.removeprefix(warehouse.prefix), right] for role, right in granted]
    finally:
        connection.execute("ROLLBACK")
        warehouse.give_back(database, connection)
    return {
        "schema": f"{database}.sql",
        "tables": tables,
        "counters": counters,
        "grants": grants,
        "views": views,
        "isolation": warehouse.isolation_of(database),
        "owner": _owner(warehouse, database),
    }


def _owner(warehouse: Warehouse, database: str) -> str:
    """Who made the database; "" where it was there before."""
    asked = "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = %s"
    row = warehouse.start().execute(asked, (warehouse.prefix + database,)).fetchone()
    owner = str(row[0]) if row else ""
    return owner.removeprefix(warehouse.prefix) if owner.startswith(warehouse.prefix) else ""


def _listed(columns: list[str]) -> str:
    return ", ".join(map(quote_name, columns))


def _dump_schema(warehouse: Warehouse, database: str) -> str:
    address = server.current().address
    command = [
        str(binaries.installation() / "bin" / "pg_dump"),
        "--schema-only",
        "--exclude-schema=redshift",
        "--no-security-labels",
        f"--dbname={psycopg.conninfo.make_conninfo(**address, dbname=warehouse.prefix + database)}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own binary and arguments
    if done.returncode != 0:
        raise ServerError(f"pg_dump: expected it to succeed, got {done.stderr.strip()}")
    lines = [one for one in done.stdout.splitlines() if not one.startswith(_NOT_OURS)]
    places = re.compile(_ROLE_PLACES.format(prefix=re.escape(warehouse.prefix)))
    return places.sub(rf"\1 \2{_PLACEHOLDER}", "\n".join(lines))


def load(folder: Path, **options: Any) -> Warehouse:
    """A warehouse with the content that `save` wrote; `options` are those of Warehouse, whose
    databases and users are added where the content does not hold them. Raises ServerError."""
    warehouse = Warehouse(**options)
    _fill(warehouse, folder)
    return warehouse


def _fill(warehouse: Warehouse, folder: Path) -> None:
    manifest = _manifest(folder)
    saved_databases = manifest["databases"]
    levels = {name: one.get("isolation", "") for name, one in saved_databases.items()}
    warehouse.add_databases(levels)
    warehouse.add_users([User(one["name"], one["superuser"]) for one in manifest["users"]])
    found = _version(warehouse)
    if manifest["postgresql"] != found:
        warehouse.close()
        raise ServerError(
            f"{folder}: expected tables saved by PostgreSQL {found}, got"
            f" {manifest['postgresql']!r}; run once without --continue"
        )
    _load_members(warehouse, manifest)
    for database, saved in saved_databases.items():
        if owner := saved.get("owner"):
            named, to = (quote_name(warehouse.prefix + one) for one in (database, owner))
            warehouse.start().execute(f"ALTER DATABASE {named} OWNER TO {to}")
        connection = warehouse.connection(database)
        try:
            _load_database(connection, folder, saved, warehouse.prefix)
            for role, right in saved["grants"]:
                named = quote_name(warehouse.prefix + database)
                to = quote_name(warehouse.prefix + role)
                connection.execute(f"GRANT {right} ON DATABASE {named} TO {to}")
            connection.execute("DISCARD ALL")
        finally:
            warehouse.give_back(database, connection)


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ServerError(f"{folder}: expected a saved warehouse, got {error}") from None
    if manifest.get("format") != FORMAT:
        raise ServerError(
            f"{folder}: expected a warehouse of format {FORMAT}, got {manifest.get('format')!r}"
        )
    return manifest


def _load_database(
    connection: psycopg.Connection[Any], folder: Path, saved: dict[str, Any], prefix: str
) -> None:
    schema = (folder / saved["schema"]).read_text(encoding="utf-8")
    places = re.compile(_ROLE_PLACES.format(prefix=_PLACEHOLDER))
    connection.execute(places.sub(rf"\1 \2{prefix}", schema))
    for table in saved["tables"]:
        target = f"{quote_name(table['schema'])}.{quote_name(table['name'])}"
        with connection.cursor() as cursor:
            into = f"COPY {target} ({_listed(table['columns'])}) FROM STDIN (FORMAT binary)"
            with cursor.copy(into) as copy:
                copy.write((folder / table["file"]).read_bytes())
    for space, name, said in saved.get("views", ()):
        view = f"{quote_name(space)}.{quote_name(name)}"
        connection.execute(f'COMMENT ON RULE "_RETURN" ON {view} IS {quote_text(said)}')
    for space, name, value in saved["counters"]:
        counter = quote_text(f"{quote_name(space)}.{quote_name(name)}")
        connection.execute(f"SELECT setval({counter}, {int(value)})")
