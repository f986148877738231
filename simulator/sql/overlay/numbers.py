"""Redshift's numeric functions in PostgreSQL's SQL, and what its aggregates need; each
rule is that of the function's page in Redshift's developer guide."""

# ruff: noqa: E501, S608 - SQL of our own, one function a line where it fits
from __future__ import annotations

_ROUNDING = """
CREATE FUNCTION redshift.trunc(x bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.trunc(x integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.trunc(x bigint, digits integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x::numeric, digits)::bigint $$;
CREATE FUNCTION redshift.trunc(x integer, digits integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x::numeric, digits)::integer $$;
CREATE FUNCTION redshift.trunc(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x) $$;
CREATE FUNCTION redshift.trunc(x numeric, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x, digits) $$;
CREATE FUNCTION redshift.trunc(x double precision) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x) $$;
CREATE FUNCTION redshift.trunc(x double precision, digits integer) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x::numeric, digits)::double precision $$;
CREATE FUNCTION redshift.round(x bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.round(x integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.round(x bigint, digits integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x::numeric, digits)::bigint $$;
CREATE FUNCTION redshift.round(x integer, digits integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x::numeric, digits)::integer $$;
CREATE FUNCTION redshift.round(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x) $$;
CREATE FUNCTION redshift.round(x numeric, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x, digits) $$;
CREATE FUNCTION redshift.round(x double precision) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x::numeric)::double precision $$;
CREATE FUNCTION redshift.round(x double precision, digits integer) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x::numeric, digits)::double precision $$;
-- LOG of two arguments has its base first.
CREATE FUNCTION redshift.log(base double precision, x double precision) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ln(x) / ln(base) $$;
-- A DECIMAL of 19 digits is kept in 64 bits ("Numeric types").
CREATE FUNCTION redshift.narrow(x numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF abs(x) * pg_catalog.power(10::numeric, scale(x)) > 9223372036854775807 THEN RAISE EXCEPTION 'numeric field overflow' USING ERRCODE = '22003'; END IF;
  RETURN x;
END $$;
-- What BOOL_AND and BOOL_OR take: "a Boolean or integer column".
CREATE FUNCTION redshift.truth(x boolean) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.truth(x smallint) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x <> 0 $$;
CREATE FUNCTION redshift.truth(x integer) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x <> 0 $$;
CREATE FUNCTION redshift.truth(x bigint) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x <> 0 $$;
CREATE FUNCTION redshift.to_hex(x bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.to_hex(x) $$;
CREATE FUNCTION redshift.to_hex(x integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.to_hex(x) $$;
CREATE FUNCTION redshift.to_hex(x bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT encode(x, 'hex') $$;
"""

# "Computations with numeric values": a quotient's scale is max(4, s1 + p2 - s2 + 1). An integer's
# precision is its type's; a decimal's is not known to PostgreSQL once it is a value, so the dialect
# passes it where the statement shows it, and 0 where it does not.
_DIVISION = """
CREATE FUNCTION redshift.divide(a smallint, b smallint, p1 integer, p2 integer) RETURNS smallint LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int2div';
CREATE FUNCTION redshift.divide(a integer, b integer, p1 integer, p2 integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int4div';
CREATE FUNCTION redshift.divide(a bigint, b bigint, p1 integer, p2 integer) RETURNS bigint LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'int8div';
CREATE FUNCTION redshift.divide(a real, b real, p1 integer, p2 integer) RETURNS real LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'float4div';
CREATE FUNCTION redshift.divide(a double precision, b double precision, p1 integer, p2 integer) RETURNS double precision LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'float8div';
CREATE FUNCTION redshift.divide(a interval, b double precision, p1 integer, p2 integer) RETURNS interval LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'interval_div';
CREATE FUNCTION redshift.quotient(a numeric, b numeric, p1 integer, p2 integer) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  wanted integer := greatest(4, scale(a) + p2 - scale(b) + 1);
  size integer := p1 - scale(a) + scale(b) + wanted;
BEGIN
  IF p1 = 0 OR p2 = 0 THEN RETURN a / b; END IF;
  IF size > 38 THEN wanted := greatest(38 + wanted - size, 4); END IF;
  -- In whole numbers, and the point put in its place: every digit is exact.
  RETURN div(a * pg_catalog.power(10::numeric, wanted), b) * ('1e-' || wanted)::numeric;
END $$;
CREATE FUNCTION redshift.divide(a numeric, b numeric, p1 integer, p2 integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.quotient(a, b, p1, p2) $$;
CREATE FUNCTION redshift.product_precision(p1 integer, p2 integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN p1 = 0 OR p2 = 0 THEN 0 ELSE least(38, p1 + p2 + 1) END $$;
CREATE FUNCTION redshift.divide(a smallint, b integer, p1 integer, p2 integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a::integer, b::integer, p1, p2) $$;
CREATE FUNCTION redshift.divide(a integer, b smallint, p1 integer, p2 integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a::integer, b::integer, p1, p2) $$;
CREATE FUNCTION redshift.divide(a smallint, b bigint, p1 integer, p2 integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a::bigint, b::bigint, p1, p2) $$;
CREATE FUNCTION redshift.divide(a bigint, b smallint, p1 integer, p2 integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a::bigint, b::bigint, p1, p2) $$;
CREATE FUNCTION redshift.divide(a integer, b bigint, p1 integer, p2 integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a::bigint, b::bigint, p1, p2) $$;
CREATE FUNCTION redshift.divide(a bigint, b integer, p1 integer, p2 integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a::bigint, b::bigint, p1, p2) $$;
-- An integer's precision is its type's, whatever the statement shows.
CREATE FUNCTION redshift.divide(a numeric, b smallint, p1 integer, p2 integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a, b::numeric, p1, 5) $$;
CREATE FUNCTION redshift.divide(a smallint, b numeric, p1 integer, p2 integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a::numeric, b, 5, p2) $$;
CREATE FUNCTION redshift.divide(a numeric, b integer, p1 integer, p2 integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a, b::numeric, p1, 10) $$;
CREATE FUNCTION redshift.divide(a integer, b numeric, p1 integer, p2 integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a::numeric, b, 10, p2) $$;
CREATE FUNCTION redshift.divide(a numeric, b bigint, p1 integer, p2 integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a, b::numeric, p1, 19) $$;
CREATE FUNCTION redshift.divide(a bigint, b numeric, p1 integer, p2 integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.divide(a::numeric, b, 19, p2) $$;
-- "Precision and scale of computed DECIMAL results": of sums, and of quotients; 0 and NULL where a part is not known.
CREATE FUNCTION redshift.sum_precision(p1 integer, s1 integer, p2 integer, s2 integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p1 * p2 <> 0 AND s1 + s2 IS NOT NULL THEN least(38, greatest(p1 - s1, p2 - s2) + 1 + greatest(s1, s2)) ELSE 0 END $$;
CREATE FUNCTION redshift.quotient_precision(p1 integer, s1 integer, p2 integer, s2 integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p1 * p2 <> 0 AND s1 + s2 IS NOT NULL THEN least(38, p1 - s1 + s2 + greatest(4, s1 + p2 - s2 + 1)) ELSE 0 END $$;
CREATE FUNCTION redshift.quotient_scale(p1 integer, s1 integer, p2 integer, s2 integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN p1 * p2 <> 0 THEN CASE WHEN size > 38 THEN greatest(38 + digits - size, 4) ELSE digits END END
  FROM (SELECT greatest(4, s1 + p2 - s2 + 1) AS digits, p1 - s1 + s2 + greatest(4, s1 + p2 - s2 + 1) AS size) AS rule $$;
-- What the catalogue says of the first column of this name that one of the tables has. In PL/pgSQL,
-- whose plans stay with the connection: an SQL function is planned anew by each statement.
CREATE FUNCTION redshift.precision_of(tables text[], name text) RETURNS integer LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE relation text; wanted name := name; kind oid; modifier integer;
BEGIN
  FOREACH relation IN ARRAY tables LOOP
    SELECT atttypid, atttypmod INTO kind, modifier FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass(relation) AND attname = wanted AND NOT attisdropped;
    IF FOUND THEN
      RETURN CASE kind WHEN 'int2'::regtype THEN 5 WHEN 'int4'::regtype THEN 10 WHEN 'int8'::regtype THEN 19
        WHEN 'numeric'::regtype THEN CASE WHEN modifier > 4 THEN ((modifier - 4) >> 16) & 65535 ELSE 0 END ELSE 0 END;
    END IF;
  END LOOP;
  RETURN 0;
END $$;
-- NULL for what is no decimal.
CREATE FUNCTION redshift.scale_of(tables text[], name text) RETURNS integer LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE relation text; wanted name := name; kind oid; modifier integer;
BEGIN
  FOREACH relation IN ARRAY tables LOOP
    SELECT atttypid, atttypmod INTO kind, modifier FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass(relation) AND attname = wanted AND NOT attisdropped;
    IF FOUND THEN
      RETURN CASE WHEN kind IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 0
        WHEN kind = 'numeric'::regtype AND modifier > 4 THEN (modifier - 4) & 65535 END;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
-- Scales of what a choice is made of: NULL where one of them is no decimal's.
CREATE FUNCTION redshift.widest(VARIADIC scales integer[]) RETURNS integer LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE found integer := 0; one integer;
BEGIN
  FOREACH one IN ARRAY scales LOOP
    IF one IS NULL THEN RETURN NULL; END IF;
    found := greatest(found, one);
  END LOOP;
  RETURN found;
END $$;
-- "Precision = min(max(p1 - s1, p2 - s2) + scale, 19)"; 0 where a part is not known.
CREATE FUNCTION redshift.united(sizes integer[], scales integer[]) RETURNS integer LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE whole integer := 0; digits integer := redshift.widest(VARIADIC scales);
BEGIN
  IF digits IS NULL OR 0 = ANY (sizes) THEN RETURN 0; END IF;
  FOR i IN 1 .. cardinality(sizes) LOOP whole := greatest(whole, sizes[i] - scales[i]); END LOOP;
  RETURN least(whole + digits, 19);
END $$;
CREATE FUNCTION redshift.sum_of(a integer, b integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT a + b $$;
CREATE FUNCTION redshift.evened(x numeric, wanted integer) RETURNS numeric LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF scale(x) < wanted THEN RETURN pg_catalog.round(x, wanted); END IF;
  RETURN x;
END $$;
CREATE FUNCTION redshift.evened(x smallint, wanted integer) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.evened(x integer, wanted integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.evened(x bigint, wanted integer) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.evened(x real, wanted integer) RETURNS real LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.evened(x double precision, wanted integer) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.evened(x anyelement, wanted integer) RETURNS anyelement LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x $$;
"""

_AGGREGATES = (
    """
-- "SUM ... returns ... DOUBLE PRECISION for REAL or DOUBLE PRECISION arguments" ("SUM").
CREATE FUNCTION redshift.summed(x real) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x::double precision $$;
CREATE FUNCTION redshift.summed(x anyelement) RETURNS anyelement LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x $$;
"""
    + "".join(
        f"CREATE FUNCTION redshift.summed(x {kind}) RETURNS {kind} LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT x $$;"
        for kind in ("smallint", "integer", "bigint", "numeric", "double precision")
    )
    + """
-- AVG: BIGINT for integers, the argument's own scale for decimals. The dialect passes sum, count
-- and, as the witness of the argument's type, min.
CREATE FUNCTION redshift.avg(total numeric, count bigint, witness bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT div(total, nullif(count, 0)::numeric)::bigint $$;
CREATE FUNCTION redshift.avg(total bigint, count bigint, witness integer) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT total / nullif(count, 0) $$;
CREATE FUNCTION redshift.avg(total bigint, count bigint, witness smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT total / nullif(count, 0) $$;
CREATE FUNCTION redshift.avg(total numeric, count bigint, witness numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(total / nullif(count, 0), scale(total)) $$;
CREATE FUNCTION redshift.avg(total double precision, count bigint, witness double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT total / nullif(count, 0) $$;
CREATE FUNCTION redshift.avg(total double precision, count bigint, witness real) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT total / nullif(count, 0) $$;
CREATE FUNCTION redshift.avg(total interval, count bigint, witness interval) RETURNS interval
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT total / nullif(count, 0) $$;
CREATE FUNCTION redshift.listagg(joined text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF octet_length(joined) > 65535 THEN RAISE EXCEPTION 'Result size exceeds LISTAGG limit' USING ERRCODE = '54000'; END IF;
  RETURN joined;
END $$;
-- Each value once, where it comes first.
CREATE FUNCTION redshift.listagg(found text[], separator text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift.listagg((SELECT string_agg(value, separator ORDER BY place) FROM
     (SELECT value, min(place) AS place FROM unnest(found) WITH ORDINALITY AS u (value, place) GROUP BY value) AS v)) $$;
-- The n-th of the values that are not null, from the front or, where n is negative, from the back.
CREATE FUNCTION redshift.nth(found anyarray, n integer) RETURNS anyelement LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT (array_remove(found, NULL))[CASE WHEN n > 0 THEN n ELSE cardinality(array_remove(found, NULL)) + n + 1 END] $$;
"""
)


def _percentile(kind: str, result: str, low: str) -> str:
    """PERCENTILE_CONT over all values: linear interpolation between the rows around 1 + P(N - 1)."""
    return f"""
CREATE FUNCTION redshift.percentile_cont(found {kind}[], fraction numeric, falling boolean) RETURNS {result}
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT {low} FROM (
    SELECT s[floor(r)::integer] AS v0, s[ceil(r)::integer] AS v1, r - floor(r) AS w FROM (
      SELECT s, 1 + fraction * (cardinality(s) - 1) AS r FROM (
        SELECT CASE WHEN falling THEN array_agg(v ORDER BY v DESC) ELSE array_agg(v ORDER BY v) END AS s
        FROM unnest(found) AS v WHERE v IS NOT NULL) AS sorted) AS placed) AS two $$;
"""


_WHOLE = "round(v0 + w * (v1 - v0), greatest(1, scale(fraction)))"
_SPAN = "v0 + w::double precision * (v1 - v0)"
_PERCENTILES = (
    "".join(_percentile(kind, "numeric", _WHOLE) for kind in ("smallint", "integer", "bigint"))
    + _percentile("numeric", "numeric", "round(v0 + w * (v1 - v0), scale(v0))")
    + _percentile("double precision", "double precision", _SPAN)
    + _percentile("real", "double precision", _SPAN)
    + _percentile("timestamp", "timestamp", _SPAN)
    + _percentile("timestamptz", "timestamptz", _SPAN)
    + _percentile("date", "date", "v0 + round(w * (v1 - v0))::integer")
    + """
CREATE FUNCTION redshift.percentile_disc(found anyarray, fraction numeric, falling boolean) RETURNS anyelement
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT s[greatest(1, ceil(fraction * cardinality(s)))::integer] FROM (
    SELECT CASE WHEN falling THEN array_agg(v ORDER BY v DESC) ELSE array_agg(v ORDER BY v) END AS s
    FROM unnest(found) AS v WHERE v IS NOT NULL) AS sorted $$;
"""
)

# Chance is a hash of the moment and of how often the transaction asked: the same run gives the same
# numbers.
_CHANCE = """
CREATE FUNCTION redshift.random() RETURNS double precision LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  asked text := coalesce(nullif(current_setting('asl.asked', true), ''), '0');
  seed text := nullif(current_setting('asl.seed', true), '');
BEGIN
  PERFORM set_config('asl.asked', (asked::bigint + 1)::text, true);
  RETURN (hashtextextended(coalesce('seed ' || seed || ' ', current_setting('asl.started') || current_setting('asl.now')) || asked, 0) & 9007199254740991) / 9007199254740992.0;
END $$;
"""

NUMBERS = _ROUNDING + _DIVISION + _AGGREGATES + _PERCENTILES + _CHANCE
