"""What a statement's meaning asks of the catalogue: the columns of tables that it does not name.

PIVOT and UNPIVOT keep the columns that they don't mention, and a name in a SELECT list is a column
before it is the alias of an expression on its left. A statement that needs them is translated again
once they are known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from sqlglot import exp

from simulator.sql.lexer import quote_name

# The columns of tables by their names as PostgreSQL reads them; None before anybody asked.
Known = Mapping[str, list[str]] | None
# Told to the whole translation of one statement, whichever grammar reads it.
_KNOWN: ContextVar[Known] = ContextVar("known columns", default=None)


class ColumnsWanted(Exception):
    """The translation needs to know the columns of these tables."""

    def __init__(self, tables: list[str]) -> None:
        super().__init__(", ".join(tables))
        self.tables = tables


@contextmanager
def knowing(known: Known) -> Iterator[None]:
    """Translations inside know these columns."""
    token = _KNOWN.set(known)
    try:
        yield
    finally:
        _KNOWN.reset(token)


def table_name(table: exp.Table) -> str:
    """A table's name as PostgreSQL reads it."""
    name, schema = quote_name(table.name), table.db
    return f"{quote_name(schema)}.{name}" if schema else name


def columns_of(source: exp.Expr) -> list[str] | None:
    """The names of a source's columns; None where the statement leaves them open. Raises
    ColumnsWanted for a table that nobody asked for yet."""
    if isinstance(source, exp.Subquery):
        return _selected(source.this)
    if not isinstance(source, exp.Table):
        return None
    if not isinstance(source.this, exp.Identifier):
        # A function's, which its alias may tell.
        return [one.name for one in source.args["alias"].columns] if source.alias else None
    if not source.db:
        for cte in source.root().find_all(exp.CTE):
            if cte.alias == source.name:
                named = cte.args["alias"].args.get("columns")
                return [one.name for one in named] if named else _selected(cte.this)
    known = _KNOWN.get()
    if known is None:
        root = source.root()
        inner = {cte.alias for cte in root.find_all(exp.CTE)}
        raise ColumnsWanted(
            [
                table_name(one)
                for one in root.find_all(exp.Table)
                if isinstance(one.this, exp.Identifier) and (one.db or one.name not in inner)
            ]
        )
    return known.get(table_name(source), [])


def _selected(query: exp.Expr) -> list[str] | None:
    while isinstance(query, exp.SetOperation):
        query = query.this
    if not isinstance(query, exp.Select):
        return None
    names: list[str] = []
    for one in query.expressions:
        if isinstance(one, exp.Star) and not one.args.get("except_"):
            told = [columns_of(source) for source in _sources(query)]
            if None in told:
                return None
            names += [name for columns in told for name in columns or ()]
        else:
            names.append(one.alias_or_name)
    return names if all(names) and "*" not in names else None


def rewrite_stars(select: exp.Select, *, all_of_them: bool = False) -> None:
    """`* EXCLUDE (a, b)` as the list of the other columns, and with `all_of_them` each other star
    too, where the columns can be told. In place."""
    made: list[exp.Expr] = []
    for projection in select.expressions:
        star = projection.this if isinstance(projection, exp.Column) else projection
        left_out = star.args.get("except_") if isinstance(star, exp.Star) else None
        told = all_of_them and isinstance(star, exp.Star) and all(map(columns_of, _sources(select)))
        if not left_out and not told:
            made.append(projection)
            continue
        gone = {one.name for one in left_out or ()}
        table = projection.table if isinstance(projection, exp.Column) else ""
        for source in _sources(select):
            name = source.alias_or_name
            if table in ("", name):
                kept = [one for one in columns_of(source) or [] if one not in gone]
                made += [exp.column(one, table=name or None) for one in kept]
    select.set("expressions", made)


def rewrite_group(select: exp.Select, aggregates: frozenset[str]) -> None:
    """GROUP BY ALL: every selected expression without an aggregate. In place."""
    group = select.args.get("group")
    if group is None or not group.args.get("all"):
        return
    group.set("all", None)
    places = [
        exp.Literal.number(place)
        for place, one in enumerate(select.expressions, start=1)
        if not any(call.name.lower() in aggregates for call in one.find_all(exp.Anonymous))
    ]
    if places:
        group.set("expressions", places)
    else:
        select.set("group", None)


def rewrite_aliases(select: exp.Select) -> None:
    """Puts the expression in the place of an alias that the same SELECT list uses on its right,
    where no column of the sources has that name ("SELECT list"). In place."""
    aliases: dict[str, exp.Expr] = {}
    for projection in select.expressions:
        for column in list(projection.find_all(exp.Column)):
            name = column.name
            if name in aliases and not column.table and column.parent_select is select:
                if name in _source_columns(select):
                    continue
                value = exp.Paren(this=aliases[name].copy())
                if column is projection:
                    column.replace(exp.alias_(value, name, quoted=True))
                else:
                    column.replace(value)
        if isinstance(projection, exp.Alias):
            aliases[projection.alias] = projection.this
    for clause in ("where", "group", "having", "order"):
        if aliases and select.args.get(clause) is not None:
            _rewrite_clause(select, clause, aliases)


def _rewrite_clause(select: exp.Select, clause: str, aliases: Mapping[str, exp.Expr]) -> None:
    """The same in a clause, as Redshift's own SQLAlchemy dialect writes it. What PostgreSQL knows,
    an alias that is all of a grouping or sorting expression, stays."""
    for column in list(select.args[clause].find_all(exp.Column)):
        value = aliases.get(column.name)
        if value is None or column.table or column.parent_select is not select:
            continue
        if clause in ("group", "order") and isinstance(column.parent, (exp.Group, exp.Ordered)):
            continue
        # A column that its own alias is made of is there.
        if any(one.name == column.name for one in value.find_all(exp.Column)):
            continue
        if all(column.name not in names for names in _told(select)):
            column.replace(exp.Paren(this=value.copy()))


def _told(select: exp.Select) -> list[Collection[str]]:
    """The columns of each source; of one that the statement leaves open, any name."""
    found = [columns_of(source) for source in _sources(select)]
    return [_Any() if names is None else names for names in found]


class _Any(frozenset[str]):
    def __contains__(self, _name: object) -> bool:
        return True


def _source_columns(select: exp.Select) -> set[str]:
    names: set[str] = set()
    for source in _sources(select):
        names.update(columns_of(source) or [])
    return names


def _sources(select: exp.Select) -> list[exp.Expr]:
    origin = select.args.get("from_")
    if origin is None:
        return []
    first = origin.this
    joins = [*(select.args.get("joins") or []), *(first.args.get("joins") or [])]
    return [first, *(join.this for join in joins)]
