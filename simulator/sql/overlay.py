"""Redshift's functions that PostgreSQL lacks or defines otherwise, as a schema of its own.

The dialect writes their qualified names (`redshift.getdate()`), so no search path decides between
two functions of one name. SQL functions are inlined by the planner; each rule's source is the
function's page in Redshift's developer guide unless it says otherwise. The clock is two settings
of the transaction: SYSDATE and CURRENT_DATE read its start, GETDATE the statement's.
"""

# ruff: noqa: E501 - SQL, one function a line where it fits
from __future__ import annotations

_CLOCK = """
CREATE SCHEMA redshift;
GRANT USAGE ON SCHEMA redshift TO PUBLIC;
GRANT ALL ON SCHEMA public TO PUBLIC;

CREATE FUNCTION redshift.sysdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT current_setting('asl.started')::timestamp $$;
CREATE FUNCTION redshift.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
$$ SELECT date_trunc('second', current_setting('asl.now')::timestamp) $$;
CREATE FUNCTION redshift.current_date() RETURNS date LANGUAGE sql STABLE AS
$$ SELECT current_setting('asl.started')::timestamp::date $$;
CREATE FUNCTION redshift.now() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT current_setting('asl.started')::timestamp AT TIME ZONE 'UTC' $$;
CREATE FUNCTION redshift.current_user() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT current_setting('asl.db_user') $$;
CREATE FUNCTION redshift.current_database() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT current_setting('asl.db_name') $$;
"""

_DATES = """
-- Boundaries crossed, not time elapsed; date_trunc's week starts on Monday.
CREATE FUNCTION redshift.datediff(part text, a timestamp, b timestamp) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE part
  WHEN 'day' THEN (b::date - a::date)::bigint
  WHEN 'month' THEN ((extract(year FROM b) - extract(year FROM a)) * 12
                     + extract(month FROM b) - extract(month FROM a))::bigint
  WHEN 'year' THEN (extract(year FROM b) - extract(year FROM a))::bigint
  WHEN 'quarter' THEN ((extract(year FROM b) - extract(year FROM a)) * 4
                       + extract(quarter FROM b) - extract(quarter FROM a))::bigint
  WHEN 'week' THEN ((date_trunc('week', b)::date - date_trunc('week', a)::date) / 7)::bigint
  WHEN 'decade' THEN (extract(decade FROM b) - extract(decade FROM a))::bigint
  WHEN 'century' THEN (extract(century FROM b) - extract(century FROM a))::bigint
  WHEN 'millennium' THEN (extract(millennium FROM b) - extract(millennium FROM a))::bigint
  WHEN 'hour' THEN (extract(epoch FROM date_trunc('hour', b) - date_trunc('hour', a)) / 3600)::bigint
  WHEN 'minute' THEN (extract(epoch FROM date_trunc('minute', b) - date_trunc('minute', a)) / 60)::bigint
  WHEN 'second' THEN extract(epoch FROM date_trunc('second', b) - date_trunc('second', a))::bigint
  WHEN 'millisecond' THEN (extract(epoch FROM date_trunc('milliseconds', b) - date_trunc('milliseconds', a)) * 1000)::bigint
  WHEN 'microsecond' THEN (extract(epoch FROM b - a) * 1000000)::bigint
END $$;

-- PostgreSQL would take a date for a timestamptz here.
CREATE FUNCTION redshift.date_trunc(part text, at date) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_trunc(part, at::timestamp) $$;
CREATE FUNCTION redshift.date_trunc(part text, at timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_trunc(part, at) $$;
CREATE FUNCTION redshift.date_trunc(part text, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_trunc(part, at) $$;

CREATE FUNCTION redshift.extract(part text, at timestamp) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT floor(pg_catalog.date_part(part, at))::integer $$;
CREATE FUNCTION redshift.extract(part text, at date) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT floor(pg_catalog.date_part(part, at::timestamp))::integer $$;
CREATE FUNCTION redshift.extract(part text, at timestamptz) RETURNS double precision
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_part(part, at) $$;
CREATE FUNCTION redshift.extract(part text, at interval) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT floor(pg_catalog.date_part(part, at))::integer $$;

CREATE FUNCTION redshift.last_day(at date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT (pg_catalog.date_trunc('month', at::timestamp) + interval '1 month - 1 day')::date $$;
CREATE FUNCTION redshift.last_day(at timestamp) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT (pg_catalog.date_trunc('month', at) + interval '1 month - 1 day')::date $$;

-- The last day of a month stays the last day.
CREATE FUNCTION redshift.add_months(at timestamp, months integer) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE
  WHEN at::date = redshift.last_day(at)
  THEN redshift.last_day(at + months * interval '1 month') + at::time
  ELSE at + months * interval '1 month' END $$;

CREATE FUNCTION redshift.months_between(a timestamp, b timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (
  (extract(year FROM a) - extract(year FROM b)) * 12 + extract(month FROM a) - extract(month FROM b)
  + CASE WHEN a::date = redshift.last_day(a) AND b::date = redshift.last_day(b) THEN 0
    WHEN extract(day FROM a) = extract(day FROM b) THEN 0
    ELSE (extract(epoch FROM a - pg_catalog.date_trunc('month', a))
          - extract(epoch FROM b - pg_catalog.date_trunc('month', b))) / 86400 / 31 END
  )::double precision $$;

CREATE FUNCTION redshift.next_day(at timestamp, day text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT at::date + 1 + (
  (array_position(ARRAY['su','mo','tu','we','th','fr','sa'], lower(left(day, 2))) - 1
   - extract(dow FROM at::date + 1)::integer + 7) % 7) $$;

CREATE FUNCTION redshift.convert_timezone(source text, target text, at timestamp) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$$ SELECT (at AT TIME ZONE source) AT TIME ZONE target $$;

CREATE FUNCTION redshift.convert_timezone(target text, at timestamp) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$$ SELECT (at AT TIME ZONE 'UTC') AT TIME ZONE target $$;

CREATE FUNCTION redshift.trunc(at timestamp) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT at::date $$;
CREATE FUNCTION redshift.trunc(at date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT at $$;
CREATE FUNCTION redshift.trunc(at timestamptz) RETURNS date LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT at::date $$;
"""

_NUMBERS = """
CREATE FUNCTION redshift.trunc(x bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.trunc(x integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.trunc(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x) $$;
CREATE FUNCTION redshift.trunc(x numeric, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x, digits) $$;
CREATE FUNCTION redshift.trunc(x double precision) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x) $$;
CREATE FUNCTION redshift.trunc(x double precision, digits integer) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(x::numeric, digits)::double precision $$;
CREATE FUNCTION redshift.round(x bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.round(x integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.round(x bigint, digits integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x::numeric, digits)::bigint $$;
CREATE FUNCTION redshift.round(x numeric) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x) $$;
CREATE FUNCTION redshift.round(x numeric, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x, digits) $$;
CREATE FUNCTION redshift.round(x double precision) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x::numeric)::double precision $$;
CREATE FUNCTION redshift.round(x double precision, digits integer) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.round(x::numeric, digits)::double precision $$;

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
CREATE FUNCTION redshift.avg(total real, count bigint, witness real) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT total::double precision / nullif(count, 0) $$;
"""

_TEXT = """
CREATE FUNCTION redshift.concat(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT a || b $$;
CREATE FUNCTION redshift.regexp_replace(source text, pattern text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.regexp_replace(source, pattern, '', 'g') $$;
CREATE FUNCTION redshift.regexp_replace(source text, pattern text, replacement text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.regexp_replace(source, pattern, replacement, 'g') $$;
-- An empty string, not NULL, where nothing matches.
CREATE FUNCTION redshift.regexp_substr(source text, pattern text, at integer DEFAULT 1, occurrence integer DEFAULT 1)
RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT coalesce(pg_catalog.regexp_substr(source, pattern, at, occurrence), '') $$;
-- Redshift's page "STRTOL function": base 2 to 36, a BIGINT.
CREATE FUNCTION redshift.strtol(source text, base integer) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    digits text := regexp_replace(lower(btrim(source)), CASE base WHEN 16 THEN '^([-+]?)0x' ELSE '^([-+]?)' END, '\\1');
    total numeric := 0; digit integer;
BEGIN
    IF base NOT BETWEEN 2 AND 36 THEN
        RAISE EXCEPTION 'Invalid base %, expected 2 to 36', base USING ERRCODE = '22023';
    END IF;
    FOR position IN 1 .. length(ltrim(digits, '+-')) LOOP
        digit := strpos('0123456789abcdefghijklmnopqrstuvwxyz', substr(ltrim(digits, '+-'), position, 1)) - 1;
        IF digit NOT BETWEEN 0 AND base - 1 THEN
            RAISE EXCEPTION 'The input % is not valid to be converted to base %', source, base USING ERRCODE = '22P02';
        END IF;
        total := total * base + digit;
    END LOOP;
    RETURN CASE WHEN digits LIKE '-%' THEN -total ELSE total END;
END $$;
CREATE FUNCTION redshift.sha2(source text, bits integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT encode(CASE bits WHEN 0 THEN sha256(convert_to(source, 'UTF8')) WHEN 224 THEN sha224(convert_to(source, 'UTF8'))
 WHEN 256 THEN sha256(convert_to(source, 'UTF8')) WHEN 384 THEN sha384(convert_to(source, 'UTF8'))
 WHEN 512 THEN sha512(convert_to(source, 'UTF8')) END, 'hex') $$;

-- The longest beginning of whole characters that fits `bytes`: a cast to VARCHAR(n) cuts by bytes.
CREATE FUNCTION redshift.fit(source text, bytes integer) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE fitting text := left(source, bytes);
BEGIN
  WHILE octet_length(fitting) > bytes LOOP fitting := left(fitting, -1); END LOOP;
  RETURN fitting;
END $$;

-- VARCHAR(n) and CHAR(n) hold n bytes: a check for each such column that has none yet. The
-- constraint's name says the limit, for the error's wording.
CREATE FUNCTION redshift.seal(target regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE field record; checks text := '';
BEGIN
  FOR field IN
    SELECT a.attname, a.atttypmod - 4 AS bytes, a.atttypid = 'bpchar'::regtype AS fixed
    FROM pg_attribute a WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped
      AND a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = target AND c.contype = 'c'
                      AND c.conname LIKE 'redshift\\_bytes\\_%' AND a.attnum = ANY (c.conkey))
    ORDER BY a.attnum
  LOOP
    checks := checks || format(', ADD CONSTRAINT %I CHECK (octet_length(%I) <= %s)',
      format('redshift_bytes_%s_%s_%s', CASE WHEN field.fixed THEN 'c' ELSE 'v' END, field.bytes,
             substr(md5(field.attname || target), 1, 8)), field.attname, field.bytes);
  END LOOP;
  IF checks <> '' THEN EXECUTE format('ALTER TABLE %s %s', target, substr(checks, 3)); END IF;
END $$;
"""

OVERLAY = _CLOCK + _DATES + _NUMBERS + _TEXT
