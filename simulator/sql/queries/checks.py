"""What of Redshift's tree the translation knows: a node, or an argument of one, that is not listed
here is refused by name, and so is what Redshift refuses itself.

sqlglot drops what a dialect lacks (PIVOT, IGNORE NULLS) without a word.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from sqlglot import exp

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.queries import databases
from simulator.sql.queries.correlations import check_correlations
from simulator.sql.queries.functions import AGGREGATES, COMPUTE_ONLY, ROWS
from simulator.sql.queries.paths import UNNEST, UNPIVOT
from simulator.sql.system.relations import located

_LEAVES = (
    exp.Column, exp.Identifier, exp.Star, exp.Literal, exp.Boolean, exp.Null, exp.Parameter,
    exp.Var, exp.DataType, exp.DataTypeParam, exp.CurrentDate, exp.CurrentTimestamp,
    exp.CurrentUser, exp.CurrentUserId, exp.SessionUser, exp.Alias, exp.IntervalSpan,
)  # fmt: skip
_OPERATORS = (
    exp.Paren, exp.Tuple, exp.Case, exp.If, exp.Cast, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod,
    exp.Neg, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is,
    exp.In, exp.Between, exp.Like, exp.ILike, exp.SimilarTo, exp.Escape, exp.RegexpLike,
    exp.RegexpILike, exp.Exists, exp.Any, exp.All, exp.DPipe, exp.Interval, exp.AtTimeZone,
    exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot, exp.BitwiseLeftShift,
    exp.BitwiseRightShift, exp.Extract, exp.Trim, exp.StrPosition, exp.Anonymous, exp.Distinct,
    exp.WithinGroup, exp.Window, exp.WindowSpec, exp.NullSafeEQ, exp.NullSafeNEQ, exp.TryCast,
    exp.Substring, exp.Pow, exp.IgnoreNulls, exp.RespectNulls, exp.Dot, exp.Bracket, exp.Pivot,
    exp.PivotAlias, exp.Connect, exp.Prior, exp.ObjectIdentifier,
)  # fmt: skip
_CLAUSES = (
    exp.Select, exp.From, exp.Join, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered,
    exp.Limit, exp.Offset, exp.Qualify, exp.Subquery, exp.Union, exp.Intersect, exp.Except,
    exp.With, exp.CTE, exp.TableAlias, exp.Table, exp.Values, exp.Schema, exp.Insert, exp.Update,
    exp.Delete, exp.Merge, exp.Whens, exp.When, exp.Rollup, exp.Cube, exp.GroupingSets,
    exp.Use,
)  # fmt: skip
_ALLOWED = frozenset((*_LEAVES, *_OPERATORS, *_CLAUSES)) - {exp.Use}

# The arguments that a clause may carry; a class that is not listed may carry any.
_ARGUMENTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: frozenset(
        "expressions from_ joins where group having order limit offset qualify distinct"
        " with_ connect".split()
    ),
    exp.Table: frozenset("this db catalog alias joins pivots".split()),
    exp.Subquery: frozenset("this alias with_ order limit offset joins pivots".split()),
    exp.Join: frozenset("this on using side kind method".split()),
    exp.Distinct: frozenset(("expressions",)),
    exp.Group: frozenset("expressions rollup cube grouping_sets all".split()),
    exp.Limit: frozenset("expression offset".split()),
    exp.Ordered: frozenset("this desc nulls_first".split()),
    exp.With: frozenset("expressions recursive".split()),
    exp.CTE: frozenset("this alias".split()),
    exp.Insert: frozenset("this expression with_ default".split()),
    exp.Update: frozenset("this expressions from_ where with_".split()),
    exp.Delete: frozenset("this using where with_".split()),
    exp.Merge: frozenset("this using on whens".split()),
    exp.When: frozenset("matched then".split()),
    exp.Window: frozenset("this partition_by order spec over".split()),
    exp.WindowSpec: frozenset("kind start start_side end end_side".split()),
    exp.Cast: frozenset("this to".split()),
}


def check(tree: exp.Expr) -> None:
    """Refuses by name what is not listed, and what Redshift refuses itself."""
    if not isinstance(tree, (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge)):
        raise NotSupported(_construct(tree))
    _shorten_columns(tree)
    # PostgreSQL's arrays are the leader node's, as the catalogue is.
    on_leader = any(map(_is_catalogue, tree.find_all(exp.Table)))
    for node in tree.walk():
        if type(node) not in _ALLOWED and not (on_leader and isinstance(node, exp.Array)):
            raise NotSupported(_construct(node))
        allowed = _ARGUMENTS.get(type(node))
        if allowed is not None:
            for name, value in node.args.items():
                if value and name not in allowed:
                    raise NotSupported(f"{_construct(node)} ... {name.strip('_').upper()}")
        _check_node(node)


def _check_node(node: exp.Expr) -> None:
    if isinstance(node, exp.Table):
        _check_table(node)
    elif isinstance(node, exp.Window):
        _check_window(node)
    elif isinstance(node, exp.Merge):
        _check_merge(node)
    elif isinstance(node, exp.Update):
        _check_update(node)
    elif isinstance(node, exp.Insert):
        _check_values(node)
    elif isinstance(node, exp.SetOperation):
        _check_sides(node)
    elif isinstance(node, exp.Identifier):
        check_name(node.name)
    elif isinstance(node, exp.Select):
        _check_select(node)
    elif isinstance(node, exp.Dot) and not isinstance(
        node.expression, (exp.Identifier, exp.Anonymous)
    ):
        raise NotSupported(node.sql().lower())


def _check_select(node: exp.Select) -> None:
    check_correlations(node)
    origin = node.args.get("from_")
    if origin is None:
        _check_without_tables(node)
    elif isinstance(origin.this, exp.Values) or isinstance(origin.this.this, exp.Values):
        # "VALUES list used as constant tables" ("Unsupported PostgreSQL features").
        raise SqlError('ERROR: syntax error at or near "values"', sqlstate="42601")


def _check_without_tables(node: exp.Select) -> None:
    """ "The function returns an error if the query doesn't reference a user-defined table."""
    for function in node.find_all(exp.Anonymous):
        if function.name.lower() in COMPUTE_ONLY and function.parent_select is node:
            message = (
                "ERROR: One or more of the used functions must be applied on at least one user"
                " created tables. Examples of user table only functions are LISTAGG, MEDIAN,"
                " PERCENTILE_CONT, etc"
            )
            raise SqlError(message, sqlstate="0A000")


def check_name(name: str) -> None:
    """Redshift takes names of 127 bytes; PostgreSQL would cut them at 63 without a word."""
    if len(name.encode()) > 63:
        raise NotSupported(f"names over 63 bytes, such as {name!r}")


def _construct(node: exp.Expr) -> str:
    names: dict[type[exp.Expr], str] = {
        exp.CurrentTime: "function current_time", exp.Localtimestamp: "function localtimestamp",
        exp.Localtime: "function localtime",
        exp.Filter: "FILTER",
        exp.OnConflict: "ON CONFLICT", exp.Returning: "RETURNING",
        exp.Array: "arrays", exp.Lateral: "LATERAL",
        exp.Command: f"statement {node.name.upper()}", exp.Into: "SELECT ... INTO",
    }  # fmt: skip
    return names.get(type(node), type(node).__name__.upper())


def _is_catalogue(table: exp.Table) -> bool:
    return table.db.lower() in ("", "pg_catalog") and table.name.lower().startswith("pg_")


def _check_table(node: exp.Table) -> None:
    if isinstance(node.this, exp.Func):
        if node.this.name.lower() in (UNNEST, UNPIVOT):
            return
        if node.this.name.lower() in ROWS:
            _name_columns(node)
            return
        raise NotSupported(f"function {node.this.name.lower()}(...) in FROM")
    if node.args.get("catalog"):
        here = databases.read(node.catalog, node.db, node.name)
        node.set("catalog", None)
        if here:
            if located(node.db.lower(), node.name.lower()) is not None:
                raise NotSupported("a system relation of another database")
            _relocate(node, databases.SCHEMA, here)
            return
    place = located(node.db.lower(), node.name.lower())
    if place is not None:
        _relocate(node, *place)


def _shorten_columns(tree: exp.Expr) -> None:
    """`dev.public.t.a` where the table is `dev.public.t`, else it is a path into a SUPER; and
    `pg_catalog.pg_class.relname`: a system relation has its bare name here."""
    tables = {(one.catalog, one.db, one.name) for one in tree.find_all(exp.Table) if one.catalog}
    for column in tree.find_all(exp.Column):
        if (column.catalog, column.db, column.table) in tables:
            column.set("catalog", None)
        if column.db.lower() in ("pg_catalog", "information_schema"):
            column.set("db", None)


def _name_columns(node: exp.Table) -> None:
    """`f() AS t(a int, b text)`: names only, since the function says the types itself."""
    alias = node.args.get("alias")
    for column in alias.args.get("columns") or [] if alias is not None else []:
        if isinstance(column, exp.ColumnDef):
            column.replace(column.this.copy())


def _relocate(node: exp.Table, schema: str, name: str) -> None:
    """Leads a system relation's name to where it is, and keeps it for its columns' sake."""
    if not node.alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name)))
    node.set("this", exp.to_identifier(name))
    node.set("db", exp.to_identifier(schema))


def refuse_system_relation(schema: str, name: str) -> None:
    """System tables and views are asked, and nothing else is done to them."""
    if located(schema, name) is not None:
        shown = f"{schema}.{name}" if schema else name
        raise NotSupported(f"changing the system relation {shown}")


def _check_update(node: exp.Update) -> None:
    """SET takes single columns: PostgreSQL's row assignment is not Redshift's."""
    for assigned in node.expressions:
        if not (isinstance(assigned, exp.EQ) and isinstance(assigned.this, exp.Column)):
            raise NotSupported("UPDATE ... SET (a, b) = ...")


def _check_values(node: exp.Insert) -> None:
    values = node.expression
    if isinstance(values, exp.Values) and len(values.expressions) > 1 and values.find(exp.Select):
        message = "ERROR: can't use subqueries in multi-row VALUES"
        raise SqlError(message, sqlstate="0A000")


def _check_sides(node: exp.SetOperation) -> None:
    """ "INTERSECT ALL, EXCEPT ALL, and MINUS ALL aren't supported" ("UNION")."""
    if not isinstance(node, exp.Union) and node.args.get("distinct") is False:
        message = f"ERROR: {type(node).__name__.upper()} ALL is not supported"
        raise SqlError(message, sqlstate="0A000")
    for side in (node.this, node.expression):
        held = side.this if isinstance(side, exp.Subquery) else side
        if any(one.args.get("limit") or one.args.get("offset") for one in (side, held)):
            message = "ERROR: LIMIT may not be used within input to set operations."
            raise SqlError(message, sqlstate="0A000")


def _check_merge(node: exp.Merge) -> None:
    """Redshift's MERGE has one WHEN MATCHED and one WHEN NOT MATCHED, in this order."""
    whens = node.args["whens"].expressions
    if [bool(when.args.get("matched")) for when in whens] != [True, False]:
        message = "ERROR: MERGE needs WHEN MATCHED and then WHEN NOT MATCHED, once each"
        raise SqlError(message, sqlstate="42601")
    names = {one.alias_or_name for one in (node.this, node.args["using"])}
    deep = (len(one.parts) > 2 and one.parts[0].name in names
            for one in node.find_all(exp.Column))  # fmt: skip
    if any(deep) or any(not one.find_ancestor(exp.Subquery) for one in node.find_all(exp.Bracket)):
        message = "ERROR: Partial reference of SUPER column is not supported in MERGE statement."
        raise SqlError(message, sqlstate="0A000")


def _check_window(node: exp.Window) -> None:
    """Redshift wants a frame for an aggregate with ORDER BY, where PostgreSQL takes a default."""
    if node.args.get("over") not in (None, "OVER"):
        raise NotSupported(f"{node.args['over']} of a window")
    function = node.this
    while isinstance(function, (exp.IgnoreNulls, exp.RespectNulls)):
        function = function.this
    name = function.name.lower() if isinstance(function, exp.Anonymous) else ""
    if name in AGGREGATES and node.args.get("order") and not node.args.get("spec"):
        raise SqlError(
            "ERROR: Aggregate window functions with an ORDER BY clause require a frame clause",
            sqlstate="42601",
        )
