"""PartiQL's paths through SUPER values: dots and brackets, and arrays in FROM.

What a name means depends on the tables of its query: `c.o.p` is the attribute `p` of the column `o`
of `c` where `c` is a table of it, and a column of a table of a schema where that is one. Source:
"Querying semistructured data".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from simulator.sql.errors import NotSupported
from simulator.sql.lexer import Token

UNNEST = "asl_unnest"
UNPIVOT = "asl_unpivot"
# What stands for the words KEEP and SET among the arguments of OBJECT_TRANSFORM.
KEEP = "\x01keep"
SET = "\x01set"
_CLAUSE_ENDS = frozenset(
    {"WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "QUALIFY", "UNION", "INTERSECT",
     "EXCEPT", "MINUS", "WHEN", "CONNECT", "START", "SET"}
)  # fmt: skip
_ITEM_ENDS = _CLAUSE_ENDS | {"ON", "USING", "JOIN", "LEFT", "RIGHT", "FULL", "INNER", "CROSS",
                             "NATURAL", "PIVOT", "UNPIVOT"}  # fmt: skip


def prepare(tokens: Sequence[Token]) -> list[Token]:
    """FROM's arrays in a form that the grammar reads: `c.a[0] AS x AT i` becomes a function's
    call, `asl_unnest(c.a[0]) AS x(x, i)`; the clauses of OBJECT_TRANSFORM become arguments."""
    if any(token.keyword == "OBJECT_TRANSFORM" for token in tokens):
        tokens = _with_marks(tokens)
    if not any(token.value in ("[", ".") or token.keyword == "AT" for token in tokens):
        return list(tokens)
    tokens = _with_indexed_arrays(tokens)
    sources = _Sources(tokens)
    made = sources.rewritten()
    # A subquery of the SELECT list stands before the FROM that names what it reads.
    later = sources.missed & sources.named
    return _Sources(tokens, later).rewritten() if later else made


def _with_indexed_arrays(tokens: Sequence[Token]) -> list[Token]:
    """`ARRAY(1, 2)[0]` by another name: the grammar would take the index for the array."""
    made = list(tokens)
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind != "operator":
            continue
        if token.value == "(":
            opened.append(at)
        elif token.value == ")" and opened:
            before = opened.pop() - 1
            follows = tokens[at + 1].value if at + 1 < len(tokens) else ""
            if follows == "[" and before >= 0 and tokens[before].keyword == "ARRAY":
                made[before] = replace(tokens[before], value="asl_array")
    return made


def _with_marks(tokens: Sequence[Token]) -> list[Token]:
    made: list[Token] = []
    calls: list[bool] = []
    for at, token in enumerate(tokens):
        mark = {"KEEP": KEEP, "SET": SET}.get(token.keyword, "")
        if mark and calls and calls[-1]:
            comma = replace(token, kind="operator", value=",")
            made += [comma, replace(token, kind="string", value=mark), comma]
            continue
        if token.kind == "operator" and token.value == "(":
            calls.append(at > 0 and tokens[at - 1].keyword == "OBJECT_TRANSFORM")
        elif token.kind == "operator" and token.value == ")" and calls:
            calls.pop()
        made.append(token)
    return made


class _Sources:
    """Finds the items of FROM; one frame for each open parenthesis says whether it is in one."""

    def __init__(self, tokens: Sequence[Token], outer: set[str] | None = None) -> None:
        self._tokens = tokens
        # every name that an item has, and those that paths begin with which none had yet
        self.named: set[str] = set()
        self.missed: set[str] = set()
        self._written: list[Token] = []
        # what names an array's elements
        self._elements: set[str] = set()
        self._outer = outer or set()
        # for each parenthesis: in FROM, and the names that its items have so far
        self._frames: list[tuple[bool, set[str]]] = [(False, set(self._outer))]

    def rewritten(self) -> list[Token]:
        at = 0
        while at < len(self._tokens):
            token = self._tokens[at]
            self._follow(token, at)
            self._written.append(token)
            at += 1
            if self._starts_item(token):
                at = self._item(at)
        return self._written

    def _follow(self, token: Token, at: int) -> None:
        inside, names = self._frames[-1]
        if token.value == "(" and token.kind == "operator":
            self._frames.append((False, set(names)))
        elif token.value == ")" and token.kind == "operator" and len(self._frames) > 1:
            self._frames.pop()
        elif token.keyword == "FROM":
            # EXTRACT and TRIM have a FROM of their own; their frames hold no item worth a name.
            self._frames[-1] = (True, names)
        elif inside and token.keyword in _CLAUSE_ENDS:
            self._frames[-1] = (False, names)
        if inside and at and self._ends_item(token):
            last = self._tokens[at - 1]
            if last.kind in ("word", "quoted"):
                names.add(last.value)
                self.named.add(last.value)

    @staticmethod
    def _ends_item(token: Token) -> bool:
        return token.keyword in _ITEM_ENDS or (token.kind == "operator" and token.value in ",)")

    def _starts_item(self, token: Token) -> bool:
        return self._frames[-1][0] and (token.keyword in ("FROM", "JOIN") or token.value == ",")

    def _item(self, at: int) -> int:
        """Writes a path that stands as an item; returns where to go on."""
        function = UNNEST
        start = at
        following = self._peek(at + 1)
        if self._keyword(at) == "UNPIVOT" and following is not None and following.value != "(":
            function, at = UNPIVOT, at + 1
        end = self._path_end(at)
        path = self._tokens[at:end]
        first = path[0].value if path else ""
        names = self._frames[-1][1]
        is_path = any(token.value == "[" for token in path) or (first in names and len(path) > 1)
        is_element = len(path) == 1 and first in self._elements
        if function == UNNEST and not is_path and not is_element:
            if len(path) > 1:
                self.missed.add(first)
            return start
        here = self._tokens[start]
        self._word(here, function)
        self._sign(here, "(")
        self._written.extend(path)
        self._sign(here, ")")
        return self._alias(end, here)

    def _alias(self, at: int, here: Token) -> int:
        if self._keyword(at) == "AS":
            at += 1
        name = self._peek(at)
        if name is None or name.kind not in ("word", "quoted") or name.keyword in _ITEM_ENDS:
            raise NotSupported("an array in FROM without a name for its elements")
        self._frames[-1][1].add(name.value)
        self.named.add(name.value)
        self._elements.add(name.value)
        self._word(here, "as")
        self._written.append(name)
        self._sign(here, "(")
        self._written.append(name)
        at += 1
        if self._keyword(at) == "AT":
            index = self._peek(at + 1)
            if index is None:
                return at
            self._sign(here, ",")
            self._written.append(index)
            at += 2
        self._sign(here, ")")
        return at

    def _path_end(self, at: int) -> int:
        token = self._peek(at)
        if token is None or token.kind not in ("word", "quoted"):
            return at
        at += 1
        while (token := self._peek(at)) is not None and token.kind == "operator":
            if token.value == ".":
                at += 2
            elif token.value == "[":
                while (inner := self._peek(at)) is not None and inner.value != "]":
                    at += 1
                at += 1
            else:
                break
        return at

    def _peek(self, at: int) -> Token | None:
        return self._tokens[at] if at < len(self._tokens) else None

    def _keyword(self, at: int) -> str:
        token = self._peek(at)
        return token.keyword if token else ""

    def _word(self, here: Token, word: str) -> None:
        self._written.append(replace(here, kind="word", value=word))

    def _sign(self, here: Token, sign: str) -> None:
        self._written.append(replace(here, kind="operator", value=sign))


def navigate(tree: exp.Expr) -> None:
    """Turns paths into calls of the overlay, in place."""
    names = _names(tree)
    elements = {
        table.alias for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Anonymous)
    }
    for column in list(tree.find_all(exp.Column)):
        _navigate_column(column, names, elements, tree)
    for node in reversed(list(tree.find_all(exp.Dot, exp.Bracket))):
        if isinstance(node, exp.Bracket):
            node.replace(_element(node))
        elif isinstance(node.expression, exp.Identifier):
            node.replace(_attribute(node.this, node.expression.name))
    for table in list(tree.find_all(exp.Table)):
        if isinstance(table.this, exp.Anonymous):
            _source(table)


def _names(tree: exp.Expr) -> set[str]:
    """Every name that a table of the statement goes by."""
    names = {one.alias for one in tree.find_all(exp.Subquery, exp.CTE) if one.alias}
    for table in tree.find_all(exp.Table):
        names.update(name for name in (table.alias, table.name) if name)
    return names


def _navigate_column(
    column: exp.Column, names: set[str], elements: set[str], tree: exp.Expr
) -> None:
    parts = [part.name for part in column.parts]
    if len(parts) < 2 or isinstance(column.this, exp.Star):
        return
    first = parts[0]
    if first in elements:
        held = 1
    elif first in names and not (len(parts) > 2 and _is_schema(tree, first, parts[1])):
        held = 2
    elif _is_schema(tree, first, parts[1]):
        held = 3
    else:
        held = 1
    if len(parts) <= held:
        return
    table = parts[0] if held > 1 else None
    if held == 1:
        made: exp.Expr = exp.column(parts[0], table=parts[0] if first in elements else None)
    else:
        made = exp.column(parts[held - 1], table=table if held == 2 else parts[1])
    for part in parts[held:]:
        made = _attribute(made, part)
    if isinstance(column.parent, exp.Select) and column.arg_key == "expressions":
        made = exp.alias_(made, parts[-1], quoted=True)
    column.replace(made)


def _is_schema(tree: exp.Expr, schema: str, table: str) -> bool:
    return any(one.db == schema and one.name == table for one in tree.find_all(exp.Table))


def _attribute(value: exp.Expr, name: str) -> exp.Anonymous:
    return exp.Anonymous(
        this="redshift.attribute",
        expressions=[value.copy(), exp.Literal.string(name)],
    )


def _element(node: exp.Bracket) -> exp.Anonymous:
    if len(node.expressions) != 1 or isinstance(node.expressions[0], exp.Slice):
        raise NotSupported("slices of arrays")
    return exp.Anonymous(
        this="redshift.element", expressions=[node.this.copy(), node.expressions[0].copy()]
    )


def _source(table: exp.Table) -> None:
    name = str(table.this.name).lower()
    columns = table.args["alias"].args.get("columns") if table.args.get("alias") else None
    if name == UNNEST:
        wanted = "redshift.unnest_at" if columns and len(columns) > 1 else "redshift.unnest"
    elif name == UNPIVOT:
        wanted = "redshift.unpivot"
    else:
        return
    table.this.set("this", wanted)
    (value,) = table.this.expressions
    if isinstance(value, exp.Column) and value.table == "" and columns:
        # an element of an array before: FROM t, t.a AS x, x AS y
        value.replace(exp.column(value.name, table=value.name))
