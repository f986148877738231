"""SUPER and Redshift's JSON functions in PostgreSQL's SQL.

A SUPER is a type of its own over a text: a string is itself, anything else is JSON after a byte 1.
So a literal compared with or stored in a SUPER is a string, as in Redshift, attributes keep their
order, and PostgreSQL needs no library. Source: "SUPER type", "Querying semistructured data" and the
functions' pages in Redshift's developer guide.
"""

# ruff: noqa: E501 - SQL, one function a line where it fits
from __future__ import annotations

from simulator.sql.overlay.arrays import ARRAYS

_TYPE = """
CREATE TYPE pg_catalog.super;
CREATE FUNCTION redshift.super_in(cstring) RETURNS super LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textin';
CREATE FUNCTION redshift.super_out(super) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textout';
CREATE FUNCTION redshift.super_recv(internal) RETURNS super LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textrecv';
CREATE FUNCTION redshift.super_send(super) RETURNS bytea LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'textsend';
CREATE TYPE pg_catalog.super (INPUT = redshift.super_in, OUTPUT = redshift.super_out, RECEIVE = redshift.super_recv,
  SEND = redshift.super_send, LIKE = text);
-- The text as it is stored, and back: textsend copies a value.
CREATE FUNCTION redshift.super_raw(super) RETURNS text LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textsend';
CREATE FUNCTION redshift.super_of(text) RETURNS super LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'textsend';

CREATE FUNCTION redshift.super_json(x super) RETURNS json LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN starts_with(redshift.super_raw(x), chr(1)) THEN substr(redshift.super_raw(x), 2)::json ELSE to_json(redshift.super_raw(x)) END $$;
CREATE FUNCTION redshift.super_kind(x super) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN starts_with(redshift.super_raw(x), chr(1)) THEN json_typeof(substr(redshift.super_raw(x), 2)::json) ELSE 'string' END $$;
CREATE FUNCTION redshift.json_super(x json) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.super_of(CASE WHEN json_typeof(x) = 'string' THEN x #>> '{}' ELSE chr(1) || x::text END) $$;
-- JSON without blanks between its tokens.
CREATE FUNCTION redshift.compact(x json) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF x::text !~ '\\s' THEN RETURN x::text; END IF;
  RETURN CASE json_typeof(x)
    WHEN 'object' THEN '{' || coalesce((SELECT string_agg(to_json(key)::text || ':' || redshift.compact(value), ',' ORDER BY place)
      FROM json_each(x) WITH ORDINALITY AS e (key, value, place)), '') || '}'
    WHEN 'array' THEN '[' || coalesce((SELECT string_agg(redshift.compact(value), ',' ORDER BY place)
      FROM json_array_elements(x) WITH ORDINALITY AS e (value, place)), '') || ']'
    WHEN 'string' THEN to_json(x #>> '{}')::text
    ELSE btrim(x::text, E' \\t\\n\\r') END;
END $$;
CREATE FUNCTION redshift.json_parse(x text) RETURNS super LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF NOT pg_input_is_valid(x, 'json') THEN
    RAISE EXCEPTION 'JSON parsing error' USING ERRCODE = '22032', DETAIL = 'invalid JSON: ' || x;
  END IF;
  RETURN redshift.json_super(redshift.compact(x::json)::json);
END $$;
CREATE FUNCTION redshift.can_json_parse(x text) RETURNS boolean LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_input_is_valid(x, 'json') $$;
-- What tells a floating-point number from a decimal is its exponent; "e0" is only ours.
CREATE FUNCTION redshift.shown(x text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN strpos(x, 'e0') = 0 THEN x ELSE regexp_replace(x, '("(?:[^"\\\\]|\\\\.)*")|e0(?![0-9])', '\\1', 'g') END $$;
CREATE FUNCTION redshift.json_serialize(x super) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.shown(redshift.super_json(x)::text) $$;
CREATE FUNCTION redshift.json_serialize_to_varbyte(x super) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT convert_to(redshift.json_serialize(x), 'UTF8') $$;
CREATE FUNCTION redshift.json_typeof(x super) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.super_kind(x) $$;
CREATE FUNCTION redshift.json_size(x super) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT octet_length(redshift.json_serialize(x))::bigint $$;

CREATE FUNCTION redshift.to_super(x super) RETURNS super LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.to_super(x text) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.super_of(x) $$;
CREATE FUNCTION redshift.to_super(x anynonarray) RETURNS super LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.super_of(x::text) $$;
"""

_SCALARS = ("smallint", "integer", "bigint", "numeric", "real", "double precision", "boolean")

_FLOATS = ("real", "double precision")
_FLOAT_TEXT = "CASE WHEN x::text ~ 'e' THEN x::text ELSE x::text || 'e0' END"

_FROM_SCALARS = "".join(
    f"CREATE FUNCTION redshift.to_super(x {kind}) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS"
    f" $$ SELECT redshift.super_of(chr(1) || {written}) $$;\n"
    f"CREATE CAST ({kind} AS super) WITH FUNCTION redshift.to_super({kind}) AS ASSIGNMENT;\n"
    for kind in _SCALARS
    for written in (_FLOAT_TEXT if kind in _FLOATS else "x::text",)
)  # fmt: skip

# A cast of a SUPER to a type that it is not of gives NULL, no error.
_TO_SCALARS = (
    """
CREATE FUNCTION redshift.super_number(x super) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF redshift.super_kind(x) = 'number' THEN RETURN substr(redshift.super_raw(x), 2)::numeric; END IF;
  IF redshift.super_kind(x) = 'string' AND pg_input_is_valid(redshift.super_raw(x), 'numeric') THEN
    RETURN redshift.super_raw(x)::numeric;
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION redshift.super_text(x super) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE redshift.super_kind(x) WHEN 'string' THEN redshift.super_raw(x) WHEN 'number' THEN redshift.shown(substr(redshift.super_raw(x), 2))
     WHEN 'boolean' THEN substr(redshift.super_raw(x), 2) END $$;
CREATE FUNCTION redshift.super_boolean(x super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.super_kind(x) = 'boolean' THEN substr(redshift.super_raw(x), 2)::boolean END $$;
CREATE CAST (super AS boolean) WITH FUNCTION redshift.super_boolean(super) AS ASSIGNMENT;
CREATE CAST (text AS super) WITH FUNCTION redshift.to_super(text) AS ASSIGNMENT;
CREATE CAST (super AS text) WITH FUNCTION redshift.super_text(super) AS ASSIGNMENT;
"""
    + "".join(
        f"CREATE FUNCTION redshift.super_{kind}(x super) RETURNS {kind} LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.super_text(x)::{kind} $$;\n"
        f"CREATE CAST (super AS {kind}) WITH FUNCTION redshift.super_{kind}(super) AS ASSIGNMENT;\n"
        f"CREATE FUNCTION redshift.{kind}_super(x {kind}) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.super_of(x::text) $$;\n"
        f"CREATE CAST ({kind} AS super) WITH FUNCTION redshift.{kind}_super({kind}) AS ASSIGNMENT;\n"
        for kind in ("varchar", "bpchar")
    )
    + "".join(
        f"CREATE FUNCTION redshift.super_{kind.split()[0]}(x super) RETURNS {kind} LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS"
        f" $$ SELECT redshift.super_number(x)::{kind} $$;\n"
        f"CREATE CAST (super AS {kind}) WITH FUNCTION redshift.super_{kind.split()[0]}(super) AS ASSIGNMENT;\n"
        for kind in ("smallint", "integer", "bigint", "numeric", "real", "double precision")
    )
    + "".join(
        f"CREATE FUNCTION redshift.super_{kind}(x super) RETURNS {kind} LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$"
        f" BEGIN IF redshift.super_kind(x) = 'string' AND pg_input_is_valid(redshift.super_raw(x), '{kind}') THEN RETURN redshift.super_raw(x)::{kind}; END IF; RETURN NULL; END $$;\n"
        f"CREATE CAST (super AS {kind}) WITH FUNCTION redshift.super_{kind}(super) AS ASSIGNMENT;\n"
        for kind in ("date", "timestamp", "timestamptz", "time")
    )
)

_ORDER = """
-- "The order among dynamic types is boolean, number, string, array, object."
CREATE FUNCTION redshift.super_cmp(a super, b super) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  ka text := redshift.super_kind(a); kb text := redshift.super_kind(b);
  kinds text[] := ARRAY['boolean', 'number', 'string', 'array', 'object', 'null']; x jsonb; y jsonb;
BEGIN
  IF ka <> kb THEN RETURN sign(array_position(kinds, ka) - array_position(kinds, kb)); END IF;
  IF ka = 'string' THEN RETURN sign(bttextcmp(rtrim(redshift.super_raw(a)), rtrim(redshift.super_raw(b)))); END IF;
  x := substr(redshift.super_raw(a), 2)::jsonb; y := substr(redshift.super_raw(b), 2)::jsonb;
  RETURN CASE WHEN x < y THEN -1 WHEN x > y THEN 1 ELSE 0 END;
END $$;
CREATE FUNCTION redshift.super_alike(a super, b super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.super_kind(a) = redshift.super_kind(b) $$;
"""

# Equality of different types is false, an order among them NULL ("Dynamic typing").
_RULES = {
    "=": "redshift.super_cmp(a, b) = 0",
    "<>": "redshift.super_cmp(a, b) <> 0",
    "<": "CASE WHEN redshift.super_alike(a, b) THEN redshift.super_cmp(a, b) < 0 END",
    "<=": "CASE WHEN redshift.super_alike(a, b) THEN redshift.super_cmp(a, b) <= 0 END",
    ">": "CASE WHEN redshift.super_alike(a, b) THEN redshift.super_cmp(a, b) > 0 END",
    ">=": "CASE WHEN redshift.super_alike(a, b) THEN redshift.super_cmp(a, b) >= 0 END",
}
_WORDS = {"=": "eq", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


def _operator(sign: str, name: str, left: str, right: str, result: str, body: str) -> str:
    return (
        f"CREATE FUNCTION redshift.{name}(a {left}, b {right}) RETURNS {result}"
        f" LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT {body} $$;\n"
        f"CREATE OPERATOR pg_catalog.{sign} (FUNCTION = redshift.{name}, LEFTARG = {left}, RIGHTARG = {right});\n"
    )


def _comparisons() -> str:
    written = []
    for sign, rule in _RULES.items():
        word = _WORDS[sign]
        written.append(_operator(sign, f"super_{word}", "super", "super", "boolean", rule))
        for other in ("text", *_SCALARS):
            call = f"redshift.super_{word}(redshift.to_super(a), redshift.to_super(b))"
            written.append(_operator(sign, f"super_{word}", "super", other, "boolean", call))
            written.append(_operator(sign, f"super_{word}", other, "super", "boolean", call))
        # The order of ORDER BY, GROUP BY and DISTINCT is total.
        total = f"redshift.super_cmp(a, b) {sign} 0"
        if sign != "<>":
            written.append(
                _operator(f"#{sign}", f"super_total_{word}", "super", "super", "boolean", total)
            )
    written.append(
        "CREATE OPERATOR CLASS pg_catalog.super_ops DEFAULT FOR TYPE super USING btree AS"
        " OPERATOR 1 pg_catalog.#<, OPERATOR 2 pg_catalog.#<=, OPERATOR 3 pg_catalog.#=,"
        " OPERATOR 4 pg_catalog.#>=, OPERATOR 5 pg_catalog.#>, FUNCTION 1 redshift.super_cmp(super, super);\n"
    )
    return "".join(written)


_ARITHMETIC = """
-- A number as an operand; anything else makes the result NULL.
CREATE FUNCTION redshift.operand(x super) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.super_kind(x) = 'number' THEN substr(redshift.super_raw(x), 2)::numeric END $$;
CREATE FUNCTION redshift.floats(a super, b super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.is_float(a) OR redshift.is_float(b) $$;
-- A decimal as it is, a floating-point number where one of the operands was one.
CREATE FUNCTION redshift.result(a super, b super, x numeric) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.floats(a, b) THEN redshift.to_super(x::double precision) ELSE redshift.to_super(x) END $$;
CREATE FUNCTION redshift.digits(x numeric) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT greatest(1, length(ltrim(replace(abs(x)::text, '.', ''), '0'))) $$;
CREATE FUNCTION redshift.divide(a super, b super, p1 integer, p2 integer) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.floats(a, b) THEN redshift.to_super(redshift.operand(a)::double precision / redshift.operand(b)::double precision)
     ELSE redshift.to_super(redshift.quotient(redshift.operand(a), redshift.operand(b), redshift.digits(redshift.operand(a)), redshift.digits(redshift.operand(b)))) END $$;
CREATE FUNCTION redshift.super_sum(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.super_kind(a) = 'string' AND redshift.super_kind(b) = 'string' THEN redshift.super_of(redshift.super_raw(a) || redshift.super_raw(b))
     ELSE redshift.result(a, b, redshift.operand(a) + redshift.operand(b)) END $$;
CREATE FUNCTION redshift.negative(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.result(x, x, -redshift.operand(x)) $$;
CREATE FUNCTION redshift.positive(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.result(x, x, redshift.operand(x)) $$;
CREATE OPERATOR pg_catalog.- (FUNCTION = redshift.negative, RIGHTARG = super);
CREATE OPERATOR pg_catalog.+ (FUNCTION = redshift.positive, RIGHTARG = super);
-- "ABS retains the scale of the input decimal while FLOOR, CEIL and ROUND eliminate it."
CREATE FUNCTION pg_catalog.abs(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.result(x, x, abs(redshift.operand(x))) $$;
CREATE FUNCTION pg_catalog.floor(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.result(x, x, floor(redshift.operand(x))) $$;
CREATE FUNCTION pg_catalog.ceil(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.result(x, x, ceil(redshift.operand(x))) $$;
CREATE FUNCTION pg_catalog.ceiling(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.result(x, x, ceil(redshift.operand(x))) $$;
CREATE FUNCTION redshift.round(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.result(x, x, round(redshift.operand(x))) $$;
CREATE FUNCTION redshift.round(x super, digits integer) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.result(x, x, round(redshift.operand(x), digits)) $$;
-- Of decimals only: the digits of all, and those behind the point.
CREATE FUNCTION redshift.decimal_precision(x super) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.is_decimal(x) THEN greatest(redshift.digits(redshift.operand(x)), scale(redshift.operand(x))) END $$;
CREATE FUNCTION redshift.decimal_scale(x super) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.is_decimal(x) THEN scale(redshift.operand(x)) END $$;
"""

# What else stands beside a SUPER in arithmetic.
_OPERANDS = ("numeric", "integer", "double precision")


def _calculations() -> str:
    """Arithmetic and text with what paths find: NULL where its type does not fit."""
    written = [_ARITHMETIC]
    sides = [("super", "super"), *(("super", one) for one in _OPERANDS),
             *((one, "super") for one in _OPERANDS)]  # fmt: skip
    for left, right in sides:
        both = "redshift.to_super(a), redshift.to_super(b)"
        for sign, word in (("-", "sub"), ("*", "mul"), ("%", "mod")):
            computed = (
                f"redshift.operand(redshift.to_super(a)) {sign}"
                " redshift.operand(redshift.to_super(b))"
            )
            body = f"redshift.result({both}, {computed})"
            written.append(_operator(sign, f"super_{word}", left, right, "super", body))
        total = f"redshift.super_sum({both})"
        written.append(_operator("+", "super_add", left, right, "super", total))
        if (left, right) != ("super", "super"):
            written.append(
                f"CREATE FUNCTION redshift.divide(a {left}, b {right}, p1 integer, p2 integer)"
                " RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS"
                f" $$ SELECT redshift.divide({both}, p1, p2) $$;\n"
            )
    for sign, word, result in (("||", "cat", "text"), ("~~", "like", "boolean"),
                               ("!~~", "notlike", "boolean"), ("~~*", "ilike", "boolean")):  # fmt: skip
        body = f"a::text {sign} b::text"
        written.append(_operator(sign, f"super_{word}", "super", "text", result, body))
        if sign == "||":
            written.append(_operator(sign, "super_cat", "text", "super", result, body))
            written.append(_operator(sign, "super_cat", "super", "super", result, body))
    return "".join(written)


_AGGREGATES = """
CREATE FUNCTION redshift.super_larger(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN redshift.super_cmp(a, b) >= 0 THEN a ELSE b END $$;
CREATE FUNCTION redshift.super_smaller(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN redshift.super_cmp(a, b) <= 0 THEN a ELSE b END $$;
CREATE AGGREGATE pg_catalog.max(super) (SFUNC = redshift.super_larger, STYPE = super);
CREATE AGGREGATE pg_catalog.min(super) (SFUNC = redshift.super_smaller, STYPE = super);
CREATE FUNCTION redshift.super_plus(total numeric, x super) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce(total + x::numeric, total, x::numeric) $$;
CREATE AGGREGATE pg_catalog.sum(super) (SFUNC = redshift.super_plus, STYPE = numeric);
CREATE FUNCTION redshift.avg(total numeric, count bigint, witness super) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT total / nullif(count, 0) $$;
"""

_NAVIGATION = """
-- "Navigation operations on SUPER values return null instead of an error."
CREATE FUNCTION redshift.attribute(x super, name text) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.super_kind(x) = 'object' THEN redshift.json_super(redshift.super_json(x) -> name) END $$;
CREATE FUNCTION redshift.element(x super, at integer) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.super_kind(x) = 'array' AND at >= 0 THEN redshift.json_super(redshift.super_json(x) -> at) END $$;
CREATE FUNCTION redshift.element(x super, name text) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.attribute(x, name) $$;
CREATE FUNCTION redshift.unnest_at(x super) RETURNS TABLE (value super, place bigint) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.json_super(e), n - 1 FROM json_array_elements(CASE WHEN redshift.super_kind(x) = 'array' THEN redshift.super_json(x) ELSE '[]'::json END) WITH ORDINALITY AS u (e, n) $$;
CREATE FUNCTION redshift.unnest(x super) RETURNS SETOF super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.json_super(e) FROM json_array_elements(CASE WHEN redshift.super_kind(x) = 'array' THEN redshift.super_json(x) ELSE '[]'::json END) AS u (e) $$;
CREATE FUNCTION redshift.unpivot(x super) RETURNS TABLE (value super, attribute text) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.json_super(v), k FROM json_each(CASE WHEN redshift.super_kind(x) = 'object' THEN redshift.super_json(x) ELSE '{}'::json END) AS u (k, v) $$;
"""

_KINDS = "".join(
    f"CREATE FUNCTION redshift.{name}(x super) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS"
    f" $$ SELECT coalesce({rule}, false) $$;\n"
    for name, rule in {
        "is_array": "redshift.super_kind(x) = 'array'",
        "is_object": "redshift.super_kind(x) = 'object'",
        "is_scalar": "redshift.super_kind(x) IN ('string', 'number', 'boolean')",
        "is_varchar": "redshift.super_kind(x) = 'string'",
        "is_char": "redshift.super_kind(x) = 'string' AND octet_length(redshift.super_raw(x)) = length(redshift.super_raw(x))",
        "is_boolean": "redshift.super_kind(x) = 'boolean'",
        "is_smallint": "redshift.super_kind(x) = 'number' AND pg_input_is_valid(substr(redshift.super_raw(x), 2), 'smallint')",
        "is_integer": "redshift.super_kind(x) = 'number' AND pg_input_is_valid(substr(redshift.super_raw(x), 2), 'integer')",
        "is_bigint": "redshift.super_kind(x) = 'number' AND pg_input_is_valid(substr(redshift.super_raw(x), 2), 'bigint')",
        "is_decimal": "redshift.super_kind(x) = 'number' AND redshift.super_raw(x) !~* 'e'",
        "is_float": "redshift.super_kind(x) = 'number' AND redshift.super_raw(x) ~* 'e'",
    }.items()
)

_TEXTS = """
-- The JSON functions over strings: NULL where the path leads nowhere ("JSON_EXTRACT_PATH_TEXT").
CREATE FUNCTION redshift.checked_json(x text, lenient boolean, wanted text DEFAULT 'object') RETURNS json LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF pg_input_is_valid(x, 'json') THEN RETURN x::json; END IF;
  IF lenient THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'JSON parsing error' USING ERRCODE = '22032', DETAIL = 'invalid json ' || wanted || ' ' || x;
END $$;
CREATE FUNCTION redshift.json_extract_path_text(x text, path text[], lenient boolean) RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE found json := redshift.checked_json(x, lenient);
BEGIN
  RETURN found #>> path;
END $$;
CREATE FUNCTION redshift.json_extract_array_element_text(x text, at bigint, lenient boolean DEFAULT false) RETURNS text LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE found json := redshift.checked_json(x, lenient, 'array object');
BEGIN
  IF json_typeof(found) <> 'array' THEN
    IF lenient THEN RETURN NULL; END IF;
    RAISE EXCEPTION 'JSON parsing error' USING ERRCODE = '22032', DETAIL = 'invalid json array object ' || x;
  END IF;
  RETURN CASE WHEN at >= 0 THEN found ->> at::integer END;
END $$;
CREATE FUNCTION redshift.json_array_length(x text, lenient boolean DEFAULT false) RETURNS integer LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE found json := redshift.checked_json(x, lenient, 'array object');
BEGIN
  IF json_typeof(found) <> 'array' THEN
    IF lenient THEN RETURN NULL; END IF;
    RAISE EXCEPTION 'JSON parsing error' USING ERRCODE = '22032', DETAIL = 'invalid json array object ' || x;
  END IF;
  RETURN json_array_length(found);
END $$;
-- In PL/pgSQL, since PostgreSQL computes a cast of a constant before it asks the CASE around it.
CREATE FUNCTION redshift.is_valid_json(x text) RETURNS boolean LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF NOT pg_input_is_valid(x, 'json') THEN RETURN false; END IF;
  RETURN json_typeof(x::json) = 'object';
END $$;
CREATE FUNCTION redshift.is_valid_json_array(x text) RETURNS boolean LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF NOT pg_input_is_valid(x, 'json') THEN RETURN false; END IF;
  RETURN json_typeof(x::json) = 'array';
END $$;
"""

SUPER = (
    _TYPE + _FROM_SCALARS + _TO_SCALARS + _ORDER + _comparisons() + _KINDS + _calculations()
    + _AGGREGATES + _NAVIGATION + ARRAYS + _TEXTS
)  # fmt: skip
