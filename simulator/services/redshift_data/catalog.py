"""ListDatabases, ListSchemas, ListTables and DescribeTable, answered from what is committed.

They connect like a statement, so a database or user that is not there is a
DatabaseConnectionException, and a cluster that holds its queries a QueryTimeoutException.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.redshift_data.endpoints import Endpoints
from simulator.services.redshift_data.kept_session import Login
from simulator.services.redshift_data.limits import MAX_CATALOG_PAGE
from simulator.services.redshift_data.logins import Logins
from simulator.services.redshift_data.results import offset_of, token_of
from simulator.sql.errors import SqlError

if TYPE_CHECKING:
    from simulator.sql.system.catalog import ListedColumn
    from simulator.sql.warehouse import Warehouse

Request = Mapping[str, Any]
Answer = dict[str, Any]


class Catalog:
    """The four operations, with one login each."""

    def __init__(self, logins: Logins, endpoints: Endpoints) -> None:
        self._logins = logins
        self._endpoints = endpoints

    def databases(self, request: Request, caller: Caller) -> Answer:
        """The cluster's databases."""
        warehouse, _database = self._connected(request, caller)
        return _page("Databases", sorted(warehouse.databases), request)

    def schemas(self, request: Request, caller: Caller) -> Answer:
        """A database's schemas, those of the system too."""
        from simulator.sql.system import catalog

        warehouse, database = self._connected(request, caller)
        found = catalog.schemas(warehouse, database, request.get("SchemaPattern") or "%")
        return _page("Schemas", found, request)

    def tables(self, request: Request, caller: Caller) -> Answer:
        """A database's tables and views, without those of the system."""
        from simulator.sql.system import catalog

        warehouse, database = self._connected(request, caller)
        schema, table = request.get("SchemaPattern") or "%", request.get("TablePattern") or "%"
        _refuse_system(schema, "ListTables")
        found = catalog.tables(warehouse, database, schema, table)
        shown = [{"name": one.name, "schema": one.schema, "type": one.kind} for one in found]
        return _page("Tables", shown, request)

    def columns(self, request: Request, caller: Caller) -> Answer:
        """A table's columns; of all tables that Schema and Table leave open."""
        from simulator.sql.system import catalog

        warehouse, database = self._connected(request, caller)
        schema, table = request.get("Schema") or None, request.get("Table") or None
        _refuse_system(schema or "", "DescribeTable")
        found = catalog.columns(warehouse, database, schema, table)
        answer = _page("ColumnList", [_shown(one) for one in found], request)
        return {**answer, "TableName": table} if table else answer

    def _connected(self, request: Request, caller: Caller) -> tuple[Warehouse, str]:
        """The warehouse, and the database that is listed. Raises what a connection ends with.

        "If ConnectedDatabase is not specified, this is also the database to connect to" (API
        reference, ListTables, Database).
        """
        connected = request.get("ConnectedDatabase") or request.get("Database")
        login, warehouse = self._logins.of({**request, "Database": connected}, caller)
        self._check_reach(login)
        database = str(request.get("Database") or connected)
        try:
            for name in dict.fromkeys((login.database, database)):
                _connect(warehouse, name, login)
        except SqlError as refused:
            raise ServiceError("DatabaseConnectionException", refused.message, status=500) from None
        return warehouse, database.lower()

    def _check_reach(self, login: Login) -> None:
        reach = self._endpoints.reach_of(login.endpoint)
        told = f"{login.cluster} is {self._endpoints.state_of(login.endpoint)}."
        if reach == "held":
            raise ServiceError("QueryTimeoutException", f"The query timed out: cluster {told}")
        if reach == "down":
            message = f"Connection to the database failed: cluster {told}"
            raise ServiceError("DatabaseConnectionException", message, status=500)


def _connect(warehouse: Warehouse, database: str, login: Login) -> None:
    if login.is_iam:
        warehouse.ensure_user(login.db_user)
    if login.password is not None:
        warehouse.sign_in(login.db_user, login.password)
    warehouse.begin(database, login.db_user, now_ms=0).rollback()


def _refuse_system(schema: str, operation: str) -> None:
    if schema in ("information_schema", "pg_catalog", "pg_internal"):
        raise NotModelled(
            f"redshift-data {operation}: the system tables of {schema} are not listed"
        )


def _page(member: str, found: Sequence[Any], request: Request) -> Answer:
    token = request.get("NextToken")
    start = 0 if token is None else offset_of(token, len(found))
    end = start + (request.get("MaxResults") or MAX_CATALOG_PAGE)
    answer: Answer = {member: list(found[start:end])}
    if end < len(found):
        answer["NextToken"] = token_of(end)
    return answer


def _shown(column: ListedColumn) -> Answer:
    """A column as the guide's example ("Describe a table") shows one: sizes in `length` and in
    `precision`, no label, and none of the three flags."""
    shown: Answer = {
        "isCaseSensitive": False,
        "isCurrency": False,
        "isSigned": False,
        "length": column.size,
        "name": column.name,
        "nullable": int(column.is_nullable),
        "precision": column.size,
        "scale": column.scale,
        "schemaName": column.schema,
        "tableName": column.table,
        "typeName": column.type_name,
    }
    if column.default is not None:
        shown["columnDefault"] = column.default
    return shown
