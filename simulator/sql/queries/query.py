"""SELECT, INSERT, UPDATE, DELETE and MERGE: Redshift's tree becomes PostgreSQL's text.

sqlglot is the grammar only: it is told of no function, so each call keeps its name and arguments
and is judged by `functions`, as each node is by `checks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from sqlglot import exp, parser
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import ErrorLevel, ParseError, TokenError, UnsupportedError
from sqlglot.generators.postgres import PostgresGenerator
from sqlglot.parsers.redshift import RedshiftParser
from sqlglot.tokenizer_core import TokenType
from sqlglot.transforms import eliminate_join_marks

from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import Token, quote_name, quote_text
from simulator.sql.queries.calls import (
    rewrite_call,
    rewrite_extract,
    rewrite_position,
    rewrite_substring,
    rewrite_trim,
    rewrite_word,
    rewrite_zone,
    trim_name,
)
from simulator.sql.queries.casts import (
    INTERNAL_NAMES,
    prepare_intervals,
    rewrite_cast,
    rewrite_comparison,
    rewrite_interval,
    rewrite_literal,
    rewrite_membership,
    rewrite_power,
    rewrite_try_cast,
)
from simulator.sql.queries.checks import check, refuse_system_relation
from simulator.sql.queries.columns import rewrite_aliases, rewrite_group, rewrite_stars
from simulator.sql.queries.decimals import decimal_shape, rewrite_choice, rewrite_quotient
from simulator.sql.queries.functions import AGGREGATES, LABELS
from simulator.sql.queries.hierarchy import rewrite_hierarchies
from simulator.sql.queries.merges import rewrite_merge, without_duplicates
from simulator.sql.queries.paths import navigate, prepare
from simulator.sql.queries.pivots import rewrite_pivots
from simulator.sql.queries.qualify import rewrite_qualify
from simulator.sql.queries.signs import prepare_signs
from simulator.sql.queries.updates import rewrite_update
from simulator.sql.translation import parameter_mark


class _Parser(RedshiftParser):
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: RedshiftParser.FUNCTION_PARSERS[name]
        for name in ("CAST", "CONVERT", "EXTRACT", "TRIM", "POSITION", "SUBSTRING", "TRY_CAST")
    }
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        "CASE": parser.Parser.NO_PAREN_FUNCTION_PARSERS["CASE"],
        "ANY": parser.Parser.NO_PAREN_FUNCTION_PARSERS["ANY"],
    }


class RedshiftGrammar(Redshift):
    """Redshift's grammar without sqlglot's functions; strings arrive in standard form."""

    Parser = _Parser
    # Arrays in FROM are told by `paths`, which keeps the name of their index.
    SUPPORTS_IMPLICIT_UNNEST = False

    class Tokenizer(Redshift.Tokenizer):
        STRING_ESCAPES: ClassVar[list[str]] = ["'"]
        # Names with this sign arrive in quotes; bare it is an operator.
        SINGLE_TOKENS: ClassVar[dict[str, TokenType]] = {
            **Redshift.Tokenizer.SINGLE_TOKENS,
            "#": TokenType.HASH,
        }


class PostgresWriter(Postgres):
    """PostgreSQL's text; function names stay as they are written, parameters become marks."""

    class Generator(PostgresGenerator):
        TRANSFORMS: ClassVar[dict[type[exp.Expr], Any]] = {
            **PostgresGenerator.TRANSFORMS,
            exp.Parameter: lambda _self, node: parameter_mark(int(node.name)),
        }


class Query(NamedTuple):
    """PostgreSQL's text of a query or change, the tables that it names, and the one that it
    changes."""

    sql: str
    tables: list[str]
    written: tuple[str, ...]


def translate_query(tokens: Sequence[Token]) -> Query:
    """The translation of a query or change. Raises ColumnsWanted where its meaning depends on
    columns that are not known."""
    tokens = prepare(prepare_signs(prepare_intervals(_without_approximate(tokens))))
    tokens, removes_duplicates = without_duplicates(tokens)
    tree = parse_tree(render(tokens))
    check(tree)
    tables, written = _tables(tree), _written(tree)
    tree = _without_join_marks(tree)
    if isinstance(tree, exp.Merge):
        tree = rewrite_merge(tree, removes_duplicates=removes_duplicates)
    elif isinstance(tree, exp.Update):
        rewrite_update(tree)
    rewrite(tree)
    return Query(write(tree), tables, written)


def _without_join_marks(tree: exp.Expr) -> exp.Expr:
    """Outer joins in the form `a.id = b.id(+)` ("Oracle-style outer joins in the WHERE clause")."""
    if not any(column.args.get("join_mark") for column in tree.find_all(exp.Column)):
        return tree
    before = sum(1 for _ in tree.find_all(exp.Table))
    made = eliminate_join_marks(tree)
    if sum(1 for _ in made.find_all(exp.Table)) != before:
        raise NotSupported("outer joins with (+) in this order", "use LEFT JOIN")
    return made


def _without_approximate(tokens: Sequence[Token]) -> Sequence[Token]:
    """APPROXIMATE COUNT and APPROXIMATE PERCENTILE_DISC may be off by some percent; here they are
    exact, which is one of the answers that Redshift may give."""
    return [
        token
        for token, following in zip(tokens, [*tokens[1:], None], strict=True)
        if token.keyword != "APPROXIMATE"
        or following is None
        or following.keyword not in ("COUNT", "PERCENTILE_DISC")
    ]


def column_shapes(tokens: Sequence[Token]) -> list[tuple[str, str, str]]:
    """What a query says of its columns' decimals, for the table that is made of it: name, and SQL
    for precision and scale. Columns that a star stands for are left out."""
    tree = parse_tree(render(prepare(prepare_signs(prepare_intervals(tokens)))))
    members: list[exp.Select] = []
    pending: list[exp.Expr] = [tree]
    while pending:
        query = pending.pop()
        if isinstance(query, exp.SetOperation):
            pending += [query.expression, query.this]
        elif isinstance(query, exp.Subquery):
            pending.append(query.this)
        elif isinstance(query, exp.Select):
            members.append(query)
    if len(members) > 1:
        # What a star stands for has a size of its own, unless a set operation unites it.
        for one in members:
            rewrite_stars(one, all_of_them=True)
    if not members or len({len(one.expressions) for one in members}) > 1:
        return []
    places = [_tables_by_name(one) for one in members]
    shapes = []
    for column in zip(*(one.expressions for one in members), strict=True):
        if any(one.is_star for one in column):
            continue
        values = [one.this if isinstance(one, exp.Alias) else one for one in column]
        name = column[0].alias if isinstance(column[0], exp.Alias) else implicit_name(column[0])
        size, scale = decimal_shape(list(zip(values, places, strict=True)))
        shapes.append((name, write(size), write(scale)))
    return shapes


def translate_expression(tokens: Sequence[Token]) -> str:
    """PostgreSQL's text of one expression, such as a column's default."""
    tree = parse_tree("SELECT " + render(prepare_signs(prepare_intervals(tokens))))
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
    if token.kind in ("string", "dollar"):
        return quote_text(token.value)
    if token.kind == "quoted" or (token.kind == "word" and token.value.startswith("#")):
        return quote_name(token.value)
    return token.value


def parse_tree(text: str) -> exp.Expr:
    """The tree of one statement; SqlError where it is no SQL."""
    try:
        trees = RedshiftGrammar().parse(text)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        near = first.get("highlight") or "end of input"
        unfinished = str(first.get("description") or "").startswith("Required keyword")
        if unfinished and text.rstrip().endswith(near):
            message = "ERROR: syntax error at end of input"
            raise SqlError(message, sqlstate="42601", detail=str(error)) from None
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


def _tables(tree: exp.Expr) -> list[str]:
    inner = {cte.alias for cte in tree.find_all(exp.CTE)}
    named: dict[str, None] = {}
    for table in tree.find_all(exp.Table):
        if table.db or table.name not in inner:
            named[_qualified(table)] = None
    return list(named)


def _written(tree: exp.Expr) -> tuple[str, ...]:
    if not isinstance(tree, (exp.Insert, exp.Update, exp.Delete, exp.Merge)):
        return ()
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    return (_qualified(target),)


def _qualified(table: exp.Table) -> str:
    name, schema = quote_name(table.name), table.db
    return f"{quote_name(schema)}.{name}" if schema else name


def rewrite(tree: exp.Expr) -> None:
    """Turns Redshift's tree into PostgreSQL's, in place."""
    for select in list(tree.find_all(exp.Select)):
        rewrite_stars(select)
        rewrite_group(select, AGGREGATES)
        _name_projections(select)
        rewrite_aliases(select)
    rewrite_hierarchies(tree)
    rewrite_pivots(tree)
    for select in list(tree.find_all(exp.Select)):
        if select.args.get("qualify"):
            rewrite_qualify(select)
    navigate(tree)
    in_query = tree.find(exp.From) is not None
    tables = _tables_by_name(tree)
    # Innermost first, so that a rewritten call holds rewritten arguments; quotients before them,
    # while what they divide can still be told.
    for quotient in reversed(list(tree.find_all(exp.Div))):
        rewrite_quotient(quotient, tables)
    for choice in reversed(list(tree.find_all(exp.Case, exp.Anonymous))):
        if isinstance(choice, (exp.Case, exp.Anonymous)):
            rewrite_choice(choice, tables)
    for node in reversed(list(tree.walk())):
        _rewrite_node(node, in_query=in_query)
    for name in list(tree.find_all(exp.Identifier)):
        # The lexer has folded what Redshift folds.
        name.set("quoted", value=True)


def _tables_by_name(tree: exp.Expr) -> dict[str, str]:
    """Each table of the statement that is one of the database, by what its columns are told by."""
    inner = {cte.alias for cte in tree.root().find_all(exp.CTE)}
    return {
        table.alias_or_name: _qualified(table)
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier) and (table.db or table.name not in inner)
    }


_REWRITES: dict[type[exp.Expr], Any] = {
    exp.Anonymous: rewrite_call,
    exp.Extract: rewrite_extract,
    exp.AtTimeZone: rewrite_zone,
    exp.Trim: rewrite_trim,
    exp.StrPosition: rewrite_position,
    exp.Substring: rewrite_substring,
    exp.Cast: rewrite_cast,
    exp.TryCast: rewrite_try_cast,
    exp.Interval: rewrite_interval,
    exp.Literal: rewrite_literal,
    exp.EQ: rewrite_comparison,
    exp.NEQ: rewrite_comparison,
    exp.In: rewrite_membership,
    exp.Pow: rewrite_power,
}


_WORD_NODES = (
    exp.CurrentDate, exp.CurrentTimestamp, exp.CurrentUser, exp.CurrentUserId, exp.SessionUser,
)  # fmt: skip


def _rewrite_node(node: exp.Expr, *, in_query: bool) -> None:
    rewritten = _REWRITES.get(type(node))
    if rewritten is not None:
        rewritten(node)
    elif isinstance(node, _WORD_NODES):
        rewrite_word(node, in_query=in_query)
    elif isinstance(node, exp.Column):
        _rewrite_column(node, in_query=in_query)


def _rewrite_column(node: exp.Column, *, in_query: bool) -> None:
    if not node.table and isinstance(node.this, exp.Identifier) and not node.this.quoted:
        if node.name.lower() == "default" and isinstance(node.parent, exp.EQ):
            # SET column = DEFAULT
            node.replace(exp.Var(this="DEFAULT"))
            return
        rewrite_word(node, in_query=in_query)


def _name_projections(select: exp.Select) -> None:
    """Gives each unnamed result column the name that Redshift gives it, before rewriting."""
    for projection in list(select.expressions):
        if isinstance(projection, (exp.Column, exp.Star, exp.Alias)):
            if isinstance(projection, exp.Column) and projection.name.lower() == "sysdate":
                # Its page shows a column named after its type.
                projection.replace(exp.alias_(projection.copy(), "timestamp", quoted=True))
            continue
        name = implicit_name(projection) or "?column?"
        projection.replace(exp.alias_(projection.copy(), name, quoted=True))


def implicit_name(node: exp.Expr) -> str:
    """A result column's name where the statement gives none: PostgreSQL 8's rule."""
    return _named(node)[0]


def _named(node: exp.Expr) -> tuple[str, bool]:
    """The name, and whether it is more than that of a type or of CASE, which give way to it."""
    inner = (exp.Window, exp.WithinGroup, exp.Paren, exp.IgnoreNulls, exp.RespectNulls, exp.Bracket)
    if isinstance(node, inner):
        return _named(node.this)
    if isinstance(node, exp.Anonymous):
        name = str(node.name).lower()
        if name == "nullif" and node.expressions:
            # "The default column name of the NULLIF result is that of the first expression."
            found, strong = _named(node.expressions[0])
            return (found, True) if strong else (name, True)
        return LABELS.get(name, name), True
    if isinstance(node, exp.Trim):
        return trim_name(node), True
    if isinstance(node, exp.Dot):
        return str(node.expression.name), True
    if isinstance(node, exp.Column):
        return str(node.name), True
    if isinstance(node, exp.Cast):
        name, strong = _named(node.this)
        kind = node.to.this
        plain = kind.value if isinstance(kind, exp.DType) else "INTERVAL"
        return (name, True) if strong else (INTERNAL_NAMES.get(plain, ""), False)
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        name, strong = _named(default) if default is not None else ("", False)
        return (name, True) if strong else ("case", False)
    return _SPECIAL_NAMES.get(type(node), ""), type(node) in _SPECIAL_NAMES


_SPECIAL_NAMES: dict[type[exp.Expr], str] = {
    exp.Extract: "date_part", exp.Exists: "?column?", exp.CurrentDate: "date",
    exp.CurrentUser: "current_user", exp.SessionUser: "session_user",
    exp.CurrentUserId: "current_user_id", exp.StrPosition: "position",
    exp.Substring: "substring", exp.AtTimeZone: "timezone",
}  # fmt: skip


__all__ = [
    "Query", "column_shapes", "refuse_system_relation", "translate_expression", "translate_query",
]  # fmt: skip
