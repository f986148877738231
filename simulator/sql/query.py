"""SELECT, INSERT, UPDATE, DELETE and MERGE: Redshift's tree becomes PostgreSQL's text.

sqlglot is the grammar only: it is told of no function, so each call keeps its name and arguments
and is judged by `functions`. A node, or an argument of one, that is not listed here is refused by
name: sqlglot drops what a dialect lacks (PIVOT, IGNORE NULLS) without a word.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlglot import exp, parser
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ErrorLevel, ParseError, TokenError, UnsupportedError
from sqlglot.generators.postgres import PostgresGenerator
from sqlglot.parsers.redshift import RedshiftParser

from simulator.sql.calls import rewrite_call, rewrite_extract, rewrite_word
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.functions import AGGREGATES
from simulator.sql.lexer import Token, quote_name, quote_text
from simulator.sql.qualify import rewrite_qualify
from simulator.sql.translation import parameter_mark
from simulator.sql.types import postgres_type


class _Parser(RedshiftParser):
    FUNCTIONS = {}  # noqa: RUF012 - sqlglot's own shape
    FUNCTION_PARSERS = {  # noqa: RUF012 - sqlglot's own shape
        name: RedshiftParser.FUNCTION_PARSERS[name]
        for name in ("CAST", "CONVERT", "EXTRACT", "TRIM", "POSITION")
    }
    NO_PAREN_FUNCTION_PARSERS = {  # noqa: RUF012 - sqlglot's own shape
        "CASE": parser.Parser.NO_PAREN_FUNCTION_PARSERS["CASE"],
        "ANY": parser.Parser.NO_PAREN_FUNCTION_PARSERS["ANY"],
    }


class RedshiftGrammar(Redshift):
    """Redshift's grammar without sqlglot's functions; strings arrive in standard form."""

    Parser = _Parser

    class Tokenizer(Redshift.Tokenizer):
        STRING_ESCAPES = ["'"]  # noqa: RUF012 - sqlglot's own shape


class PostgresWriter(Postgres):
    """PostgreSQL's text; function names stay as they are written, parameters become marks."""

    class Generator(PostgresGenerator):
        TRANSFORMS = {  # noqa: RUF012 - sqlglot's own shape
            **PostgresGenerator.TRANSFORMS,
            exp.Parameter: lambda _self, node: parameter_mark(int(node.name)),
        }


_LEAVES = (
    exp.Column, exp.Identifier, exp.Star, exp.Literal, exp.Boolean, exp.Null, exp.Parameter,
    exp.Var, exp.DataType, exp.DataTypeParam, exp.CurrentDate, exp.CurrentTimestamp,
    exp.CurrentUser,
)  # fmt: skip
_OPERATORS = (
    exp.Paren, exp.Tuple, exp.Case, exp.If, exp.Cast, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod,
    exp.Neg, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is,
    exp.In, exp.Between, exp.Like, exp.ILike, exp.SimilarTo, exp.Escape, exp.RegexpLike,
    exp.RegexpILike, exp.Exists, exp.Any, exp.All, exp.DPipe, exp.Interval, exp.AtTimeZone,
    exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot, exp.BitwiseLeftShift,
    exp.BitwiseRightShift, exp.Extract, exp.Trim, exp.StrPosition, exp.Anonymous, exp.Distinct,
    exp.WithinGroup, exp.Window, exp.WindowSpec, exp.Alias, exp.NullSafeEQ, exp.NullSafeNEQ,
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
        " with_".split()
    ),
    exp.Table: frozenset("this db catalog alias joins".split()),
    exp.Subquery: frozenset("this alias with_ order limit offset joins".split()),
    exp.Join: frozenset("this on using side kind method".split()),
    exp.Distinct: frozenset(("expressions",)),
    exp.Group: frozenset("expressions rollup cube grouping_sets".split()),
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

_SYSTEM_PREFIXES = ("pg_", "svv_", "svl_", "svcs_", "stl_", "stv_", "stcs_", "sys_")
_SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema", "redshift", "pg_internal"})

_RANKING = frozenset({"rank", "dense_rank", "row_number", "ntile", "percent_rank", "cume_dist"})


class Query(NamedTuple):
    """PostgreSQL's text of a query or change, the tables that it names, and the one that it
    changes."""

    sql: str
    tables: list[str]
    written: tuple[str, ...]


def translate_query(tokens: Sequence[Token]) -> Query:
    """The translation of a query or change."""
    tree = parse_tree(render(tokens))
    check(tree)
    tables, written = _tables(tree), _written(tree)
    rewrite(tree)
    return Query(write(tree), tables, written)


def translate_expression(tokens: Sequence[Token]) -> str:
    """PostgreSQL's text of one expression, such as a column's default."""
    tree = parse_tree("SELECT " + render(tokens))
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or tree.args.get("from_"):
        raise SqlError("ERROR: syntax error in expression", sqlstate="42601")
    check(tree)
    rewrite(tree)
    found = tree.expressions[0]
    return write(found.this if isinstance(found, exp.Alias) else found)


def render(tokens: Sequence[Token]) -> str:
    """Text that the grammar reads: no comments, strings in standard form, `:name` already `$n`."""
    return " ".join(map(_render_one, tokens))


def _render_one(token: Token) -> str:
    if token.kind == "string":
        return quote_text(token.value)
    if token.kind == "quoted" or (token.kind == "word" and token.value.startswith("#")):
        return quote_name(token.value)
    if token.kind == "dollar":
        raise NotSupported("dollar-quoted strings")
    return token.value


def parse_tree(text: str) -> exp.Expr:
    """The tree of one statement; SqlError where it is no SQL."""
    try:
        trees = RedshiftGrammar().parse(text)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        near = first.get("highlight") or "end of input"
        context = (str(first.get("start_context") or "")[-24:]) + near
        message = f'ERROR: syntax error at or near "{near}" in context "{context}"'
        raise SqlError(message, sqlstate="42601", detail=str(error)) from None
    except TokenError as error:
        raise SqlError(f"ERROR: syntax error: {error}", sqlstate="42601") from None
    if len(trees) != 1 or trees[0] is None:
        raise SqlError("ERROR: syntax error at end of input", sqlstate="42601")
    return trees[0]


def write(tree: exp.Expr) -> str:
    """PostgreSQL's text; what its generator can't say is refused."""
    try:
        return str(
            tree.sql(
                dialect=PostgresWriter,
                unsupported_level=ErrorLevel.RAISE,
                normalize_functions=False,
                comments=False,
            )
        )
    except UnsupportedError as error:
        raise NotSupported(str(error)) from None


def check(tree: exp.Expr) -> None:
    """Refuses by name what is not listed, and what Redshift refuses itself."""
    if not isinstance(tree, (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge)):
        raise NotSupported(_construct(tree))
    for node in tree.walk():
        if type(node) not in _ALLOWED:
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
    elif isinstance(node, exp.Identifier):
        check_name(node.name)


def check_name(name: str) -> None:
    """Redshift takes names of 127 bytes; PostgreSQL would cut them at 63 without a word."""
    if len(name.encode()) > 63:
        raise NotSupported(f"names over 63 bytes, such as {name!r}")


def _construct(node: exp.Expr) -> str:
    if isinstance(node, exp.Dot):
        return f"{node.sql().lower()}" if node.find(exp.Anonymous) else "navigation with dots"
    names: dict[type[exp.Expr], str] = {
        exp.CurrentTime: "function current_time", exp.Localtimestamp: "function localtimestamp",
        exp.Localtime: "function localtime",
        exp.Pivot: "PIVOT or UNPIVOT", exp.IgnoreNulls: "IGNORE NULLS", exp.Filter: "FILTER",
        exp.OnConflict: "ON CONFLICT", exp.Returning: "RETURNING",
        exp.RespectNulls: "RESPECT NULLS",
        exp.Bracket: "subscripts", exp.Array: "arrays", exp.Lateral: "LATERAL",
        exp.Command: f"statement {node.name.upper()}", exp.Into: "SELECT ... INTO",
    }  # fmt: skip
    return names.get(type(node), type(node).__name__.upper())


def _check_table(node: exp.Table) -> None:
    if isinstance(node.this, exp.Func):
        raise NotSupported(f"function {node.this.name.lower()}(...) in FROM")
    if node.args.get("catalog"):
        raise NotSupported(f"three-part name {node.catalog}.{node.db}.{node.name}")
    refuse_system_relation(node.db.lower(), node.name.lower())


def refuse_system_relation(schema: str, name: str) -> None:
    """System tables and views are not simulated yet."""
    if schema in _SYSTEM_SCHEMAS or schema.startswith("pg_") or name.startswith(_SYSTEM_PREFIXES):
        shown = f"{schema}.{name}" if schema else name
        raise NotSupported(f"system relation {shown}")


def _check_update(node: exp.Update) -> None:
    """SET takes single columns: PostgreSQL's row assignment is not Redshift's."""
    for assigned in node.expressions:
        if not (isinstance(assigned, exp.EQ) and isinstance(assigned.this, exp.Column)):
            raise NotSupported("UPDATE ... SET (a, b) = ...")


def _check_merge(node: exp.Merge) -> None:
    """Redshift's MERGE has one WHEN MATCHED and one WHEN NOT MATCHED, in this order."""
    whens = node.args["whens"].expressions
    if [bool(when.args.get("matched")) for when in whens] != [True, False]:
        message = "ERROR: MERGE needs WHEN MATCHED and then WHEN NOT MATCHED, once each"
        raise SqlError(message, sqlstate="42601")


def _check_window(node: exp.Window) -> None:
    """Redshift wants a frame for an aggregate with ORDER BY, where PostgreSQL takes a default."""
    if node.args.get("over") not in (None, "OVER"):
        raise NotSupported(f"{node.args['over']} of a window")
    function = node.this
    name = function.name.lower() if isinstance(function, exp.Anonymous) else ""
    if name in AGGREGATES and node.args.get("order") and not node.args.get("spec"):
        raise SqlError(
            "ERROR: Aggregate window functions with an ORDER BY clause require a frame clause",
            sqlstate="42601",
        )
    if name in _RANKING and not node.args.get("order") and name not in ("row_number", "ntile"):
        raise SqlError(
            f"ERROR: window function {name} requires an ORDER BY clause", sqlstate="42601"
        )


def _tables(tree: exp.Expr) -> list[str]:
    inner = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    named: dict[str, None] = {}
    for table in tree.find_all(exp.Table):
        if table.db or table.name.lower() not in inner:
            named[_qualified(table)] = None
    return list(named)


def _written(tree: exp.Expr) -> tuple[str, ...]:
    if not isinstance(tree, (exp.Insert, exp.Update, exp.Delete, exp.Merge)):
        return ()
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    return (_qualified(target),)


def _qualified(table: exp.Table) -> str:
    name, schema = quote_name(table.name.lower()), table.db.lower()
    return f"{quote_name(schema)}.{name}" if schema else name


def rewrite(tree: exp.Expr) -> None:
    """Turns Redshift's tree into PostgreSQL's, in place."""
    for select in list(tree.find_all(exp.Select)):
        _name_projections(select)
    for select in list(tree.find_all(exp.Select)):
        if select.args.get("qualify"):
            rewrite_qualify(select)
    in_query = tree.find(exp.From) is not None
    # Innermost first, so that a rewritten call holds rewritten arguments.
    for node in reversed(list(tree.walk())):
        _rewrite_node(node, in_query=in_query)
    for name in list(tree.find_all(exp.Identifier)):
        # Redshift folds quoted names too.
        name.set("this", name.name.lower())
        name.set("quoted", True)  # noqa: FBT003 - sqlglot's or the caller's own shape


def _rewrite_node(node: exp.Expr, *, in_query: bool) -> None:
    if isinstance(node, exp.Anonymous):
        rewrite_call(node)
    elif isinstance(node, exp.Extract):
        rewrite_extract(node)
    elif isinstance(node, (exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentUser)):
        rewrite_word(node, in_query=in_query)
    elif isinstance(node, exp.Column):
        _rewrite_column(node, in_query=in_query)
    elif isinstance(node, exp.Cast):
        _rewrite_cast(node)


def _rewrite_column(node: exp.Column, *, in_query: bool) -> None:
    if not node.table and isinstance(node.this, exp.Identifier) and not node.this.quoted:
        rewrite_word(node, in_query=in_query)


def _name_projections(select: exp.Select) -> None:
    """Gives each unnamed result column the name that Redshift gives it, before rewriting."""
    for projection in list(select.expressions):
        if isinstance(projection, (exp.Column, exp.Star, exp.Alias)):
            if isinstance(projection, exp.Column) and projection.name.lower() == "sysdate":
                projection.replace(exp.alias_(projection.copy(), "sysdate", quoted=True))
            continue
        name = implicit_name(projection)
        if name:
            projection.replace(exp.alias_(projection.copy(), name, quoted=True))


def implicit_name(node: exp.Expr) -> str:
    """A result column's name where the statement gives none: PostgreSQL 8's rule."""
    if isinstance(node, (exp.Window, exp.WithinGroup, exp.Paren)):
        return implicit_name(node.this)
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.Cast):
        return implicit_name(node.this) or _INTERNAL_NAMES.get(node.to.this.value, "")
    special: dict[type[exp.Expr], str] = {
        exp.Case: "case", exp.Extract: "date_part", exp.Trim: "btrim", exp.Exists: "?column?",
        exp.CurrentDate: "date", exp.CurrentUser: "current_user", exp.StrPosition: "strpos",
    }  # fmt: skip
    if isinstance(node, exp.Column):
        return str(node.name).lower()
    return special.get(type(node), "")


def _rewrite_cast(node: exp.Cast) -> None:
    """Type names in PostgreSQL's spelling; VARCHAR(n) cuts by bytes."""
    kind = node.to
    if kind.this == exp.DType.INTERVAL:
        raise NotSupported("CAST to INTERVAL")
    name = _TYPE_NAMES.get(kind.this.value, kind.this.value)
    written = postgres_type(
        name, tuple(str(argument.name) for argument in kind.expressions), in_table=False
    )
    this = node.this
    if written.startswith("varchar(") and not isinstance(this, (exp.Null, exp.Parameter)):
        text = exp.Cast(this=this.copy(), to=exp.DataType.build("text", dialect="postgres"))
        length = exp.Literal.number(written[len("varchar(") : -1])
        this = exp.Anonymous(this="redshift.fit", expressions=[text, length])
    target = exp.DataType.build(written, dialect="postgres")
    node.replace(exp.Cast(this=this.copy(), to=target))


_INTERNAL_NAMES = {
    "INT": "int4", "BIGINT": "int8", "SMALLINT": "int2", "DECIMAL": "numeric", "FLOAT": "float4",
    "DOUBLE": "float8", "BOOLEAN": "bool", "CHAR": "bpchar", "VARCHAR": "varchar", "DATE": "date",
    "TEXT": "varchar", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamptz", "TIME": "time",
}  # fmt: skip
_TYPE_NAMES = {
    "FLOAT": "REAL", "DOUBLE": "DOUBLE PRECISION", "TIMESTAMPNTZ": "TIMESTAMP",
    "TEXT": "VARCHAR", "UNKNOWN": "unknown", "DECIMAL": "NUMERIC",
}  # fmt: skip
