"""Redshift's date and time functions in PostgreSQL's SQL; each rule is that of the function's page
in Redshift's developer guide."""

# ruff: noqa: E501, S608 - SQL of our own, one function a line where it fits
from __future__ import annotations

_FAST = "LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS"
_ZONED = "LANGUAGE sql STABLE STRICT PARALLEL SAFE AS"

_DIFFERENCES = """
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
CREATE FUNCTION redshift.datediff(part text, a text, b text) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.datediff(part, a::timestamp, b::timestamp) $$;
CREATE FUNCTION redshift.datediff(part text, a text, b timestamp) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.datediff(part, a::timestamp, b) $$;
CREATE FUNCTION redshift.datediff(part text, a timestamp, b text) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.datediff(part, a, b::timestamp) $$;
CREATE FUNCTION redshift.datediff(part text, a timestamptz, b timestamptz) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.datediff(part, a::timestamp, b::timestamp) $$;
CREATE FUNCTION redshift.datediff(part text, a time, b time) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF part NOT IN ('hour', 'minute', 'second', 'millisecond', 'microsecond') THEN
    RAISE EXCEPTION 'time units "%" not recognized', part USING ERRCODE = '22023';
  END IF;
  RETURN redshift.datediff(part, date '2000-01-01' + a, date '2000-01-01' + b);
END $$;
CREATE FUNCTION redshift.datediff(part text, a timetz, b timetz) RETURNS bigint LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.datediff(part, (a AT TIME ZONE 'UTC')::time, (b AT TIME ZONE 'UTC')::time) $$;

-- "dateadd(year, 1, '2016-02-29')" is March 1, where 12 months more are February 28.
CREATE FUNCTION redshift.add_years(at timestamp, years bigint) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT at + make_interval(years => years::integer)
   + CASE WHEN extract(day FROM at) = 29 AND extract(day FROM at + make_interval(years => years::integer)) = 28
     THEN interval '1 day' ELSE interval '0' END $$;
CREATE FUNCTION redshift.add_years(at date, years bigint) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.add_years(at::timestamp, years) $$;
CREATE FUNCTION redshift.add_years(at timestamptz, years bigint) RETURNS timestamptz LANGUAGE sql STABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.add_years(at::timestamp, years)::timestamptz $$;
"""


def _both(name: str, arguments: str, result: str, body: str) -> str:
    """A function of a TIMESTAMP, and of a TIMESTAMPTZ in the session's zone."""
    zoned = body.replace("{at}", "(at::timestamp)")
    more = f", {arguments}" if arguments else ""
    return (
        f"CREATE FUNCTION redshift.{name}(at timestamp{more}) RETURNS {result} {_FAST}"
        f" $$ SELECT {body.replace('{at}', 'at')} $$;\n"
        f"CREATE FUNCTION redshift.{name}(at timestamptz{more}) RETURNS {result} {_ZONED}"
        f" $$ SELECT {zoned} $$;\n"
    )


_PARTS = """
-- PostgreSQL would take a date for a timestamptz here.
CREATE FUNCTION redshift.date_trunc(part text, at date) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_trunc(part, at::timestamp) $$;
CREATE FUNCTION redshift.date_trunc(part text, at timestamp) RETURNS timestamp
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_trunc(part, at) $$;
CREATE FUNCTION redshift.date_trunc(part text, at timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_trunc(part, at) $$;
CREATE FUNCTION redshift.date_trunc(part text, at text) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_trunc(part, at::timestamp) $$;

-- Only the part itself: no seconds in milliseconds, no milliseconds in microseconds. Decade 201 is
-- 2000 to 2009 ("Date parts for date or timestamp functions").
CREATE FUNCTION redshift.cut_part(part text, found double precision) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE part
  WHEN 'millisecond' THEN floor(found)::bigint % 1000
  WHEN 'microsecond' THEN floor(found)::bigint % 1000
  WHEN 'decade' THEN floor(found)::bigint + 1
  ELSE floor(found) END::integer $$;
CREATE FUNCTION redshift.whole_part(part text, found double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE part WHEN 'decade' THEN found + 1 ELSE found END $$;
CREATE FUNCTION redshift.extract(part text, at timestamp) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.cut_part(part, CASE WHEN part = 'timezone' OR part LIKE 'timezone%' THEN 0 ELSE pg_catalog.date_part(part, at) END) $$;
CREATE FUNCTION redshift.extract(part text, at date) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.cut_part(part, pg_catalog.date_part(part, at::timestamp)) $$;
CREATE FUNCTION redshift.extract(part text, at timestamptz) RETURNS double precision
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.cut_part(part, pg_catalog.date_part(part, at))::double precision $$;
CREATE FUNCTION redshift.extract(part text, at time) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.cut_part(part, pg_catalog.date_part(part, at)) $$;
CREATE FUNCTION redshift.extract(part text, at timetz) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.cut_part(part, pg_catalog.date_part(part, at)) $$;
CREATE FUNCTION redshift.extract(part text, at interval) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.cut_part(part, pg_catalog.date_part(part, at)) $$;
CREATE FUNCTION redshift.extract(part text, at text) RETURNS integer
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.cut_part(part, pg_catalog.date_part(part, at::timestamp)) $$;

CREATE FUNCTION redshift.date_part(part text, at timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.whole_part(part, pg_catalog.date_part(part, at)) $$;
CREATE FUNCTION redshift.date_part(part text, at date) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.whole_part(part, pg_catalog.date_part(part, at::timestamp)) $$;
CREATE FUNCTION redshift.date_part(part text, at timestamptz) RETURNS double precision
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.whole_part(part, pg_catalog.date_part(part, at)) $$;
CREATE FUNCTION redshift.date_part(part text, at time) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_part(part, at) $$;
CREATE FUNCTION redshift.date_part(part text, at timetz) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_part(part, at) $$;
CREATE FUNCTION redshift.date_part(part text, at interval) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.date_part(part, at) $$;
CREATE FUNCTION redshift.date_part(part text, at text) RETURNS double precision
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.whole_part(part, pg_catalog.date_part(part, at::timestamp)) $$;
CREATE FUNCTION redshift.date_part_year(at date) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT extract(year FROM at)::integer $$;
"""

_CALENDAR = (
    """
CREATE FUNCTION redshift.last_day(at date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT (pg_catalog.date_trunc('month', at::timestamp) + interval '1 month - 1 day')::date $$;
"""
    + _both("last_day", "", "date",
            "(pg_catalog.date_trunc('month', {at}) + interval '1 month - 1 day')::date")
    # The last day of a month stays the last day.
    + _both("add_months", "months bigint", "timestamp",
            "CASE WHEN {at}::date = redshift.last_day({at})"
            " THEN redshift.last_day({at} + months * interval '1 month') + {at}::time"
            " ELSE {at} + months * interval '1 month' END")
    + """
CREATE FUNCTION redshift.months_between(a timestamp, b timestamp) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (
  (extract(year FROM a) - extract(year FROM b)) * 12 + extract(month FROM a) - extract(month FROM b)
  + CASE WHEN a::date = redshift.last_day(a) AND b::date = redshift.last_day(b) THEN 0
    WHEN extract(day FROM a) = extract(day FROM b) THEN 0
    ELSE (extract(epoch FROM a - pg_catalog.date_trunc('month', a))
          - extract(epoch FROM b - pg_catalog.date_trunc('month', b))) / 86400 / 31 END
  )::double precision $$;

CREATE FUNCTION redshift.next_day(at timestamp, day text) RETURNS date LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE wanted integer := CASE lower(day)
  WHEN 'su' THEN 0 WHEN 'sun' THEN 0 WHEN 'sunday' THEN 0
  WHEN 'm' THEN 1 WHEN 'mo' THEN 1 WHEN 'mon' THEN 1 WHEN 'monday' THEN 1
  WHEN 'tu' THEN 2 WHEN 'tue' THEN 2 WHEN 'tues' THEN 2 WHEN 'tuesday' THEN 2
  WHEN 'w' THEN 3 WHEN 'we' THEN 3 WHEN 'wed' THEN 3 WHEN 'wednesday' THEN 3
  WHEN 'th' THEN 4 WHEN 'thu' THEN 4 WHEN 'thurs' THEN 4 WHEN 'thursday' THEN 4
  WHEN 'f' THEN 5 WHEN 'fr' THEN 5 WHEN 'fri' THEN 5 WHEN 'friday' THEN 5
  WHEN 'sa' THEN 6 WHEN 'sat' THEN 6 WHEN 'saturday' THEN 6 END;
BEGIN
  IF wanted IS NULL THEN
    RAISE EXCEPTION 'Not a valid day of the week: %', day USING ERRCODE = '22023';
  END IF;
  RETURN at::date + 1 + (wanted - extract(dow FROM at::date + 1)::integer + 7) % 7;
END $$;

CREATE FUNCTION redshift.trunc(at timestamp) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT at::date $$;
CREATE FUNCTION redshift.trunc(at date) RETURNS date LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT at $$;
CREATE FUNCTION redshift.trunc(at timestamptz) RETURNS date LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT at::date $$;
-- A whole number added to a timestamp is one of days.
CREATE FUNCTION redshift.add_days(at timestamp, days integer) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT at + make_interval(days => days) $$;
CREATE FUNCTION redshift.subtract_days(at timestamp, days integer) RETURNS timestamp LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT at - make_interval(days => days) $$;
CREATE OPERATOR pg_catalog.+ (FUNCTION = redshift.add_days, LEFTARG = timestamp, RIGHTARG = integer);
CREATE OPERATOR pg_catalog.- (FUNCTION = redshift.subtract_days, LEFTARG = timestamp, RIGHTARG = integer);
"""
)  # fmt: skip

_ZONES = """
-- A zone as PostgreSQL reads it: "NEWZONE +2" is two hours west of Greenwich, whatever its name
-- ("CONVERT_TIMEZONE", offsets).
CREATE FUNCTION redshift.zone(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN name ~ '^[^0-9+-]+ *[+-][0-9:]+$' AND name !~ '^Etc/' THEN 'GMT' || substring(name FROM '[+-][0-9:]+$') ELSE name END $$;
CREATE FUNCTION redshift.convert_timezone(source text, target text, at timestamp) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT (at AT TIME ZONE redshift.zone(source)) AT TIME ZONE redshift.zone(target) $$;
CREATE FUNCTION redshift.convert_timezone(target text, at timestamp) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT at::timestamptz AT TIME ZONE redshift.zone(target) $$;
CREATE FUNCTION redshift.convert_timezone(target text, at timestamptz) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT at AT TIME ZONE redshift.zone(target) $$;
CREATE FUNCTION redshift.timezone(target text, at timestamp) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT at AT TIME ZONE redshift.zone(target) $$;
CREATE FUNCTION redshift.timezone(target text, at timestamptz) RETURNS timestamp
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT at AT TIME ZONE redshift.zone(target) $$;
"""


def _comparison(name: str, first: str, second: str, common: str) -> str:
    left, right = f"a::{common}", f"b::{common}"
    return (
        f"CREATE FUNCTION redshift.{name}(a {first}, b {second}) RETURNS integer {_ZONED}"
        f" $$ SELECT CASE WHEN {left} < {right} THEN -1 WHEN {left} > {right} THEN 1 ELSE 0 END $$;\n"
    )


_COMPARISONS = "".join(
    _comparison(*one)
    for one in (
        ("date_cmp", "timestamp", "timestamp", "date"),
        ("date_cmp_timestamp", "date", "timestamp", "timestamp"),
        ("date_cmp_timestamptz", "date", "timestamptz", "timestamptz"),
        ("interval_cmp", "interval", "interval", "interval"),
        ("timestamp_cmp", "timestamp", "timestamp", "timestamp"),
        ("timestamp_cmp_date", "timestamp", "date", "timestamp"),
        ("timestamp_cmp_timestamptz", "timestamp", "timestamptz", "timestamptz"),
        ("timestamptz_cmp", "timestamptz", "timestamptz", "timestamptz"),
        ("timestamptz_cmp_date", "timestamptz", "date", "timestamptz"),
        ("timestamptz_cmp_timestamp", "timestamptz", "timestamp", "timestamptz"),
    )
)

_FORMATS = """
-- The fields of a text by a format's numbers: what TO_DATE and TO_TIMESTAMP accept beyond the
-- calendar ("overflow values are accepted" unless is_strict).
CREATE FUNCTION redshift.overflowing(source text, format text) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  rest text := source; form text := upper(format); field text; digits text;
  y integer := 1; mo integer := 1; d integer := 1; h integer := 0; mi integer := 0; s integer := 0;
BEGIN
  WHILE form <> '' LOOP
    field := substring(form FROM '^(YYYY|MM|DD|HH24|MI|SS)');
    IF field IS NULL THEN
      IF form ~ '^[A-Z]' THEN RETURN NULL; END IF;
      form := substr(form, 2); rest := substr(rest, 2);
    ELSE
      digits := substring(rest FROM CASE field WHEN 'YYYY' THEN '^\\d{1,4}' ELSE '^\\d{1,2}' END);
      IF digits IS NULL THEN RETURN NULL; END IF;
      CASE field WHEN 'YYYY' THEN y := digits; WHEN 'MM' THEN mo := digits; WHEN 'DD' THEN d := digits;
        WHEN 'HH24' THEN h := digits; WHEN 'MI' THEN mi := digits; ELSE s := digits; END CASE;
      form := substr(form, length(field) + 1); rest := substr(rest, length(digits) + 1);
    END IF;
  END LOOP;
  RETURN make_timestamp(y, 1, 1, 0, 0, 0)
    + make_interval(months => mo - 1, days => d - 1, hours => h, mins => mi, secs => s);
END $$;
CREATE FUNCTION redshift.to_timestamp(source text, format text, strict boolean DEFAULT false) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN pg_catalog.to_timestamp(source, format);
EXCEPTION WHEN datetime_field_overflow THEN
  IF strict THEN RAISE EXCEPTION 'date/time field time value out of range: %', substring(source FROM '[0-9:]+$') || '.0' USING ERRCODE = '22008'; END IF;
  IF redshift.overflowing(source, format) IS NULL THEN RAISE; END IF;
  RETURN redshift.overflowing(source, format)::timestamptz;
END $$;
CREATE FUNCTION redshift.to_timestamp(source timestamp, format text) RETURNS timestamptz
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.to_timestamp(source::text, format) $$;
CREATE FUNCTION redshift.to_date(source text, format text, strict boolean DEFAULT false) RETURNS date
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE parts text[];
BEGIN
  RETURN pg_catalog.to_date(source, format);
EXCEPTION WHEN datetime_field_overflow THEN
  IF strict THEN
    parts := regexp_match(source, '^(\\d{4})\\D?(\\d{2})\\D?(\\d{2})');
    RAISE EXCEPTION 'date/time field date value out of range: %',
      coalesce(parts[1] || '-' || parts[2]::integer || '-' || parts[3]::integer, source) USING ERRCODE = '22008';
  END IF;
  IF redshift.overflowing(source, format) IS NULL THEN RAISE; END IF;
  RETURN redshift.overflowing(source, format)::date;
END $$;
CREATE FUNCTION redshift.to_date(source timestamp, format text) RETURNS date
LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.to_date(source::text, format) $$;
-- A timestamp's own zone is the session's, UTC.
CREATE FUNCTION redshift.to_char(at timestamp, format text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.to_char(at::timestamptz, format) $$;
CREATE FUNCTION redshift.to_char(at timestamptz, format text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.to_char(at, format) $$;
CREATE FUNCTION redshift.to_char(at interval, format text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.to_char(at, format) $$;
-- L is the dollar sign ("TO_CHAR", the currency example).
CREATE FUNCTION redshift.to_char(x numeric, format text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.to_char(x, regexp_replace(format, '(?<![Pp])[Ll]', '"$"', 'g')) $$;
CREATE FUNCTION redshift.to_char(x double precision, format text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.to_char(x, regexp_replace(format, '(?<![Pp])[Ll]', '"$"', 'g')) $$;
CREATE FUNCTION redshift.to_char(x integer, format text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.to_char(x::numeric, format) $$;
CREATE FUNCTION redshift.to_char(x bigint, format text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.to_char(x::numeric, format) $$;
"""

_INTERVALS = """
-- An interval as Redshift shows it (its parameter intervalstyle, default postgres): years and
-- months, or days to seconds with every unit.
CREATE FUNCTION redshift.interval_text(x interval) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE
  WHEN extract(year FROM x) <> 0 OR extract(month FROM x) <> 0
  THEN extract(year FROM x) || ' years ' || extract(month FROM x) || ' mons'
  ELSE extract(day FROM x) || ' days ' || extract(hour FROM x) || ' hours ' || extract(minute FROM x) || ' mins '
    || CASE WHEN extract(second FROM x) = floor(extract(second FROM x)) THEN floor(extract(second FROM x)) || '.0'
       ELSE rtrim(extract(second FROM x)::text, '0') END || ' secs' END $$;
"""

DATES = (
    _DIFFERENCES + _PARTS + _CALENDAR + _ZONES + _COMPARISONS + _FORMATS + _INTERVALS
)  # fmt: skip
