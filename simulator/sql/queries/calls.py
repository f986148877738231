"""How single function calls are written for PostgreSQL, where their structure changes."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from simulator.sql import settings
from simulator.sql.errors import NotSupported, SqlError
from simulator.sql.lexer import quote_name
from simulator.sql.queries.aggregates import call, cast, rewrite_aggregate, wanted
from simulator.sql.queries.casts import cast_text, special_moment
from simulator.sql.queries.functions import (
    AGGREGATES,
    COUNTED,
    DATE_PARTS,
    DOUBLE,
    INTERVALS,
    KNOWN_LATER,
    LATER_PREFIXES,
    LEADER_ONLY,
    MOMENTS,
    NATIVE,
    OVERLAY,
    RENAMED,
    REWRITTEN,
    ROWS,
    SYSTEM_SCHEMAS,
    TRUNCATED,
)
from simulator.sql.queries.paths import KEEP, SET


def rewrite_call(node: exp.Anonymous) -> None:
    """Replaces a call by PostgreSQL's; refuses what is not on the allow list."""
    name = str(node.name).lower()
    if name.startswith("redshift."):
        return
    if isinstance(node.parent, exp.Dot) and node is node.parent.expression:
        _user_function(node.parent, node)
        return
    name = RENAMED.get(name, name)
    if name in LEADER_ONLY:
        _check_leader(node)
    if rewrite_aggregate(node, name) is None:
        _rewrite_named(node, name)


def _rewrite_named(node: exp.Anonymous, name: str) -> None:
    if name in _REWRITES:
        node.replace(_REWRITES[name](node, list(node.expressions)))
    elif name in DOUBLE:
        node.set("this", name)
        node.set("expressions", [_in_double(one) for one in node.expressions])
    elif name in OVERLAY:
        node.set("this", f"redshift.{name}")
        if name in MOMENTS:
            node.set("expressions", [_moment(name, one) for one in node.expressions])
    elif name in NATIVE:
        node.set("this", name)
    elif name in ROWS:
        _rows_of(node, name)
    elif name in KNOWN_LATER or name in REWRITTEN or name.startswith(LATER_PREFIXES):
        raise NotSupported(f"function {name}(...)")
    else:
        # A function of the user's, or one that does not exist: never one of PostgreSQL's own.
        node.set("this", f"public.{quote_name(name)}")


def _rows_of(node: exp.Anonymous, name: str) -> None:
    """A function that gives rows, whose text they are among the columns."""
    node.set("this", ROWS[name])
    if not isinstance(node.parent, exp.Table):
        node.replace(cast(node, "varchar"))


def _user_function(dot: exp.Dot, function: exp.Anonymous) -> None:
    """`schema.function(...)`"""
    schema = dot.this.name.lower() if isinstance(dot.this, (exp.Identifier, exp.Column)) else ""
    if schema == "pg_catalog":
        plain = function.copy()
        dot.replace(plain)
        rewrite_call(plain)
        return
    if not schema or schema in SYSTEM_SCHEMAS:
        raise NotSupported(f"function {dot.sql().lower()}")
    made = exp.Anonymous(
        this=f"{quote_name(schema)}.{quote_name(function.name.lower())}",
        expressions=[one.copy() for one in function.expressions],
    )
    dot.replace(made)


def _in_double(value: exp.Expr) -> exp.Expr:
    return cast(exp.Paren(this=value.copy()), "double precision")


def _moment(name: str, value: exp.Expr) -> exp.Expr:
    """A string that stands for a moment, among the arguments of a date function; the name of a
    zone, of a day or of a format stays."""
    if not (isinstance(value, exp.Literal) and value.is_string):
        return value
    index = value.index or 0
    if (name == "timezone" and index == 0) or (name in ("next_day", "to_char") and index == 1):
        return value
    return _at(value)


def date_part(node: exp.Expr) -> str:
    """The canonical name of a date part, given as a word or a string."""
    if isinstance(node, exp.Literal) and not node.is_string:
        raise SqlError(f"ERROR: invalid date part {node.sql()}", sqlstate="22023")
    word = str(node.name).lower()
    if word not in DATE_PARTS:
        raise SqlError(f'ERROR: timestamp units "{word}" not recognized', sqlstate="22023")
    return DATE_PARTS[word]


def _at(node: exp.Expr) -> exp.Expr:
    """A date argument; an untyped one is a timestamp."""
    special = special_moment(node)
    if special is not None:
        return special
    untyped = isinstance(node, exp.Parameter) or (isinstance(node, exp.Literal) and node.is_string)
    return cast(node, "timestamp") if untyped else node.copy()


def _dateadd(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    wanted("dateadd", arguments, 3)
    part = date_part(arguments[0])
    if part not in INTERVALS:
        raise SqlError(f'ERROR: dateadd: date part "{part}" not supported', sqlstate="22023")
    at = _at(arguments[2])
    if part == "year":
        return call("redshift.add_years", at, cast(exp.Paren(this=arguments[1].copy()), "bigint"))
    step = exp.Interval(this=exp.Literal.string(INTERVALS[part]))
    count = cast(exp.Paren(this=arguments[1].copy()), "bigint")
    distance = exp.Mul(this=exp.Paren(this=count), expression=step)
    return exp.Paren(this=exp.Add(this=exp.Paren(this=at), expression=distance))


def _datediff(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    wanted("datediff", arguments, 3)
    part = date_part(arguments[0])
    if part not in COUNTED:
        raise SqlError(f'ERROR: datediff: date part "{part}" not supported', sqlstate="22023")
    return call("redshift.datediff", exp.Literal.string(part), *map(_at, arguments[1:]))


def _date_trunc(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    wanted("date_trunc", arguments, 2)
    part = date_part(arguments[0])
    if part not in TRUNCATED:
        raise SqlError(f'ERROR: timestamp units "{part}" not supported', sqlstate="22023")
    return call("redshift.date_trunc", exp.Literal.string(part), _at(arguments[1]))


def _date_part(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    wanted("date_part", arguments, 2)
    return call("redshift.date_part", exp.Literal.string(date_part(arguments[0])),
                _at(arguments[1]))  # fmt: skip


def rewrite_extract(node: exp.Extract) -> None:
    """EXTRACT gives an INTEGER, for a TIMESTAMPTZ a DOUBLE PRECISION (its page)."""
    part = exp.Literal.string(date_part(node.this))
    node.replace(call("redshift.extract", part, _at(node.expression)))


def rewrite_zone(node: exp.AtTimeZone) -> None:
    """AT TIME ZONE, with the zones that Redshift reads."""
    node.replace(call("redshift.timezone", node.args["zone"], node.this))


def rewrite_trim(node: exp.Trim) -> None:
    """TRIM in its forms: BOTH, LEADING, TRAILING, and the two arguments of BTRIM."""
    more = [node.expression] if node.expression else []
    node.replace(call(f"redshift.{trim_name(node)}", node.this, *more))


def trim_name(node: exp.Trim) -> str:
    """The function that a TRIM is."""
    names = {"LEADING": "ltrim", "TRAILING": "rtrim"}
    return names.get(str(node.args.get("position") or "").upper(), "btrim")


def rewrite_position(node: exp.StrPosition) -> None:
    """POSITION(part IN whole)."""
    node.replace(call("redshift.strpos", node.this, node.args["substr"]))


def rewrite_substring(node: exp.Substring) -> None:
    """SUBSTRING(x FROM start FOR length), or with commas."""
    more = [node.args[one] for one in ("start", "length") if node.args.get(one)]
    node.replace(call("redshift.substring", node.this, *more))


def _decode(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """Two NULLs are equal in DECODE."""
    if len(arguments) < 3:
        raise SqlError("ERROR: DECODE must have at least 3 parameters", sqlstate="42883")
    value, pairs = arguments[0], arguments[1:]
    default = pairs.pop() if len(pairs) % 2 else None
    cases = []
    for search, result in zip(pairs[::2], pairs[1::2], strict=True):
        same = exp.NullSafeEQ(this=value.copy(), expression=search.copy())
        cases.append(exp.If(this=exp.Paren(this=same), true=result.copy()))
    return exp.Case(ifs=cases, default=default.copy() if default else None)


def _nvl(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    return call("coalesce", *arguments)


def _nvl2(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """Of a string and a number the first one's type is the result's ("NVL2 function")."""
    wanted("nvl2", arguments, 3)
    if all(isinstance(one, exp.Literal) for one in arguments[1:]):
        kind = "varchar" if arguments[1].is_string else ""
        if kind and not arguments[2].is_string:
            arguments = [arguments[0], *(cast(one, kind) for one in arguments[1:])]
    given = exp.Not(this=exp.Is(this=exp.Paren(this=arguments[0].copy()), expression=exp.Null()))
    then = exp.If(this=given, true=arguments[1].copy())
    return exp.Case(ifs=[then], default=arguments[2].copy())


def _collate(node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """COLLATE "won't change its output value": what is compared without regard to case is all in
    lower case, on both sides."""
    wanted("collate", arguments, 2)
    name = arguments[1].name.lower() if isinstance(arguments[1], exp.Literal) else ""
    if name not in ("case_sensitive", "case_insensitive"):
        raise SqlError(f'ERROR: collation "{name}" not supported', sqlstate="22023")
    value = exp.Paren(this=arguments[0].copy())
    beside = node.parent
    if name == "case_sensitive" or isinstance(beside, (exp.Select, exp.Alias)):
        return value
    if isinstance(beside, exp.Ordered):
        return call("redshift.lower", arguments[0])
    if not isinstance(beside, (exp.Predicate, exp.In, exp.Between)):
        raise NotSupported("COLLATE case_insensitive outside a comparison")
    for side in list(beside.iter_expressions()):
        if isinstance(side, exp.Query):
            raise NotSupported("COLLATE case_insensitive with a subquery")
        if side.arg_key != node.arg_key or side.index != node.index:
            side.replace(call("redshift.lower", side))
    return call("redshift.lower", arguments[0])


def _log(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    wanted("log", arguments, 1, 2)
    values = [_in_double(one) for one in arguments]
    return call("log" if len(values) == 1 else "redshift.log", *values)


def _interval(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """A literal with a fractional precision, as `prepare_intervals` writes it."""
    return cast_text(arguments[0].name, f"INTERVAL {arguments[1].name}")


def _charindex(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    wanted("charindex", arguments, 2)
    return call("redshift.strpos", arguments[1], arguments[0])


def _octetindex(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    wanted("octetindex", arguments, 2)
    return call("redshift.octetindex", arguments[1], arguments[0])


def _json_path(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """The text, up to five elements of the path, and perhaps whether invalid JSON is NULL."""
    lenient: exp.Expr = exp.Boolean(this=False)
    if isinstance(arguments[-1], exp.Boolean):
        lenient = arguments[-1]
        arguments = arguments[:-1]
    if len(arguments) < 2:
        wanted("json_extract_path_text", arguments, 2)
    path = exp.Array(expressions=[cast(one, "text") for one in arguments[1:]])
    return call("redshift.json_extract_path_text", arguments[0], path, lenient)


def _members(name: str, arguments: list[exp.Expr]) -> exp.Expr:
    """ARRAY(...) and OBJECT(...): each member as a SUPER."""
    members: list[exp.Expr] = [
        _NO_SUPER.copy()
        if isinstance(one, exp.Null)
        else call("redshift.member", one, exp.Literal.string(name.upper()))
        for one in arguments
    ]
    return call(f"redshift.{name}", *members)


def _object(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    return _members("object", arguments)


def _array(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    return _members("array", arguments)


def _search(node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """ARRAY_CONTAINS and its like: what is searched for becomes a SUPER."""
    name = str(node.name).lower()
    wanted(name, arguments, 2, 3)
    sought = arguments[1]
    member = _NO_SUPER.copy() if isinstance(sought, exp.Null) else call("redshift.to_super", sought)
    return call(f"redshift.{name}", arguments[0], member, *arguments[2:])


def _object_transform(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """The input, then the paths to keep, then paths and values in turn, apart by marks of
    `paths`."""
    parts: dict[str, list[exp.Expr]] = {KEEP: [], SET: []}
    part = ""
    for argument in arguments[1:]:
        if isinstance(argument, exp.Literal) and argument.name in parts:
            part = argument.name
        elif not part:
            raise SqlError("ERROR: OBJECT_TRANSFORM needs KEEP or SET", sqlstate="42601")
        else:
            parts[part].append(argument)
    changes = parts[SET]
    if len(changes) % 2:
        message = "ERROR: SET of OBJECT_TRANSFORM needs a value for each path"
        raise SqlError(message, sqlstate="42601")
    values: list[exp.Expr] = [
        _NO_SUPER.copy() if isinstance(one, exp.Null) else call("redshift.to_super", one)
        for one in changes[1::2]
    ]
    kept = _array_of(parts[KEEP], "text")
    paths, given = _array_of(changes[::2], "text"), _array_of(values, "super")
    return call("redshift.object_transform", arguments[0], kept, paths, given)


def _array_of(members: list[exp.Expr], kind: str) -> exp.Expr:
    made = exp.Array(expressions=[one.copy() for one in members])
    return exp.Cast(this=made, to=exp.Var(this=f"{kind}[]"))


_NO_SUPER = exp.Cast(this=exp.Null(), to=exp.Var(this="super"))


def _now(node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """NOW runs on the leader node only."""
    wanted("now", arguments, 0)
    if node.root().find(exp.From) is not None:
        raise _leader_only()
    return exp.Anonymous(this="redshift.now", expressions=[])


def _leader_only() -> SqlError:
    message = (
        "ERROR: Specified types or functions (one per INFO message) not supported on Redshift"
        " tables."
    )
    return SqlError(message, sqlstate="0A000")


def _check_leader(node: exp.Expr) -> None:
    """Refuses what runs on the leader node only beside a table of the user's."""
    inner = {cte.alias for cte in node.root().find_all(exp.CTE)}
    for table in node.root().find_all(exp.Table):
        is_name = isinstance(table.this, exp.Identifier)
        if is_name and table.db != "redshift" and (table.db or table.name not in inner):
            raise _leader_only()


def _current_schema(node: exp.Anonymous, _arguments: list[exp.Expr]) -> exp.Expr:
    _check_leader(node)
    return exp.Anonymous(this="current_schema", expressions=[])


def _current_setting(_node: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Expr:
    """CURRENT_SETTING('name' [, error_if_undefined ]), the latter for context variables only."""
    wanted("current_setting", arguments, 1, 2)
    name, needed = arguments[0], arguments[1] if len(arguments) > 1 else exp.true()
    if not (isinstance(name, exp.Literal) and name.is_string and isinstance(needed, exp.Boolean)):
        raise NotSupported("current_setting(...) of anything but constants")
    return sqlglot.parse_one(
        settings.shown(name.name.lower(), needed=bool(needed.this)), read="postgres"
    )


_REWRITES = {
    "asl_interval": _interval,
    "dateadd": _dateadd, "date_add": _dateadd, "datediff": _datediff, "date_diff": _datediff,
    "date_trunc": _date_trunc, "date_part": _date_part, "decode": _decode, "nvl": _nvl,
    "isnull": _nvl, "collate": _collate, "log": _log, "nvl2": _nvl2, "charindex": _charindex,
    "octetindex": _octetindex, "json_extract_path_text": _json_path, "object": _object,
    "array": _array, "asl_array": _array, "array_position": _search, "array_positions": _search,
    "array_contains": _search, "object_transform": _object_transform,
    "current_schema": _current_schema, "current_setting": _current_setting, "now": _now,
}  # fmt: skip

# Words that are calls without parentheses.
_WORDS = {
    "sysdate": "redshift.sysdate", "current_date": "redshift.current_date",
    "current_timestamp": "redshift.now", "current_user": "redshift.current_user",
    "current_user_id": "redshift.current_user_id",
    "session_user": "redshift.session_user", "user": "redshift.current_user",
}  # fmt: skip
_POSTGRES_WORDS = frozenset({"localtime", "localtimestamp", "current_time", "current_catalog"})


def rewrite_word(node: exp.Expr, *, in_query: bool) -> None:
    """SYSDATE, CURRENT_DATE and the like; CURRENT_TIMESTAMP runs on the leader node only."""
    names: dict[type[exp.Expr], str] = {
        exp.CurrentDate: "current_date",
        exp.CurrentTimestamp: "current_timestamp",
        exp.CurrentUser: "current_user",
        exp.SessionUser: "session_user",
        exp.CurrentUserId: "current_user_id",
    }
    word = names.get(type(node)) or str(node.name).lower()
    if word in _POSTGRES_WORDS:
        raise NotSupported(f"function {word}")
    if word == "current_timestamp" and in_query:
        raise _leader_only()
    if word in _WORDS:
        node.replace(exp.Anonymous(this=_WORDS[word], expressions=[]))


__all__ = [
    "AGGREGATES", "rewrite_call", "rewrite_extract", "rewrite_position", "rewrite_substring",
    "rewrite_trim", "rewrite_word", "rewrite_zone", "trim_name",
]  # fmt: skip
