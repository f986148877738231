"""Arrays and objects of SUPER values in PostgreSQL's SQL: what makes, searches and changes them.

Source: the "SUPER functions" of Redshift's developer guide. In an array a NULL is a SUPER of its own,
JSON's null, which these functions find and keep like any other member.
"""

# ruff: noqa: E501 - SQL, one function a line where it fits
from __future__ import annotations

_ARRAYS = """
CREATE FUNCTION redshift.array(VARIADIC members super[] DEFAULT '{}') RETURNS super LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT redshift.super_of(chr(1) || '[' || coalesce((SELECT string_agg(coalesce(redshift.super_json(m)::text, 'null'), ',' ORDER BY n) FROM unnest(members) WITH ORDINALITY AS u (m, n)), '') || ']') $$;
CREATE FUNCTION redshift.object(VARIADIC members super[] DEFAULT '{}') RETURNS super LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE written text := '';
BEGIN
  IF cardinality(members) % 2 = 1 THEN
    RAISE EXCEPTION 'OBJECT function requires an even number of arguments' USING ERRCODE = '42883';
  END IF;
  FOR i IN 1 .. cardinality(members) / 2 LOOP
    written := written || CASE WHEN i > 1 THEN ',' ELSE '' END || to_json(members[2 * i - 1]::text)::text || ':'
      || coalesce(redshift.super_json(members[2 * i])::text, 'null');
  END LOOP;
  RETURN redshift.super_of(chr(1) || '{' || written || '}');
END $$;
CREATE FUNCTION redshift.members(x super) RETURNS super[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.super_kind(x) = 'array' THEN coalesce((SELECT array_agg(redshift.json_super(e) ORDER BY n) FROM json_array_elements(redshift.super_json(x)) WITH ORDINALITY AS u (e, n)), '{}') END $$;
CREATE FUNCTION redshift.first_place(x super, start integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN start < 0 THEN greatest(1, json_array_length(redshift.super_json(x)) + start + 1) ELSE start + 1 END $$;
CREATE FUNCTION redshift.get_array_length(x super) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.super_kind(x) = 'array' THEN json_array_length(redshift.super_json(x)) END $$;
CREATE FUNCTION redshift.both_arrays(a super, b super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.super_kind(a) = 'array' AND redshift.super_kind(b) = 'array' $$;
CREATE FUNCTION redshift.array_concat(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.both_arrays(a, b) THEN redshift.array(VARIADIC redshift.members(a) || redshift.members(b)) END $$;
-- However deep.
CREATE FUNCTION redshift.array_flatten(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  WITH RECURSIVE flat AS (
    SELECT m, ARRAY[n] AS path FROM unnest(redshift.members(x)) WITH ORDINALITY AS u (m, n)
    UNION ALL
    SELECT v.m, flat.path || v.n FROM flat, unnest(CASE WHEN redshift.super_kind(flat.m) = 'array' THEN redshift.members(flat.m) END) WITH ORDINALITY AS v (m, n))
  SELECT CASE WHEN redshift.super_kind(x) = 'array' THEN redshift.array(VARIADIC coalesce((SELECT array_agg(m ORDER BY path) FROM flat WHERE redshift.super_kind(m) <> 'array'), '{}')) END $$;
-- "A negative position counts backward from the end of the array."
CREATE FUNCTION redshift.subarray(x super, start integer, length integer) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.array(VARIADIC coalesce((redshift.members(x))[redshift.first_place(x, start) : redshift.first_place(x, start) + length - 1], '{}')) $$;
CREATE FUNCTION redshift.subarray(x super, start integer) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.array(VARIADIC coalesce((redshift.members(x))[redshift.first_place(x, start) :], '{}')) $$;
CREATE FUNCTION redshift.split_to_array(x text, delimiter text DEFAULT ',') RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.array(VARIADIC (SELECT array_agg(redshift.super_of(part) ORDER BY n) FROM unnest(string_to_array(x, delimiter)) WITH ORDINALITY AS u (part, n))) $$;
CREATE FUNCTION redshift.array_distinct(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.array(VARIADIC coalesce(array_agg(m ORDER BY n), '{}')) FROM (SELECT m, min(n) AS n FROM unnest(redshift.members(x)) WITH ORDINALITY AS u (m, n) GROUP BY m) AS d $$;
"""

# "null_match" says whether a NULL is found like any other value (the default), or makes the answer
# NULL: one that is searched for, or one that stands in an array where nothing else matches.
_SEARCHES = """
CREATE FUNCTION redshift.places(x super, wanted super) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce(array_agg(n - 1 ORDER BY n), '{}') FROM unnest(redshift.members(x)) WITH ORDINALITY AS u (m, n) WHERE m = coalesce(wanted, redshift.super_of(chr(1) || 'null')) $$;
CREATE FUNCTION redshift.unsure(x super, wanted super, null_match boolean) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT x IS NULL OR redshift.super_kind(x) <> 'array' OR (NOT null_match AND (wanted IS NULL OR redshift.super_kind(wanted) = 'null'
     OR (redshift.places(x, wanted) = '{}' AND redshift.places(x, NULL) <> '{}'))) $$;
CREATE FUNCTION redshift.array_position(x super, wanted super, null_match boolean DEFAULT true) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN NOT redshift.unsure(x, wanted, null_match) THEN coalesce((redshift.places(x, wanted))[1], -1)::integer END $$;
CREATE FUNCTION redshift.array_positions(x super, wanted super, null_match boolean DEFAULT true) RETURNS super LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN NOT redshift.unsure(x, wanted, null_match) THEN redshift.super_of(chr(1) || '[' || array_to_string(redshift.places(x, wanted), ',') || ']') END $$;
CREATE FUNCTION redshift.array_contains(x super, wanted super, null_match boolean DEFAULT true) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT CASE WHEN NOT redshift.unsure(x, wanted, null_match) THEN redshift.places(x, wanted) <> '{}' END $$;
"""

# Without `distinct` a member counts as often as it stands there; the first array gives the order.
_SETS = """
CREATE FUNCTION redshift.numbered(x super) RETURNS TABLE (m super, place bigint, copy bigint) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT m, n, row_number() OVER (PARTITION BY m ORDER BY n) FROM unnest(redshift.members(x)) WITH ORDINALITY AS u (m, n) $$;
CREATE FUNCTION redshift.array_intersection(a super, b super, once boolean DEFAULT false) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.both_arrays(a, b) THEN redshift.array(VARIADIC coalesce((SELECT array_agg(x.m ORDER BY x.place) FROM redshift.numbered(a) AS x
     WHERE (NOT once OR x.copy = 1) AND EXISTS (SELECT FROM redshift.numbered(b) AS y WHERE y.m = x.m AND (once OR y.copy = x.copy))), '{}')) END $$;
CREATE FUNCTION redshift.array_except(a super, b super, once boolean DEFAULT false) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.both_arrays(a, b) THEN redshift.array(VARIADIC coalesce((SELECT array_agg(x.m ORDER BY x.place) FROM redshift.numbered(a) AS x
     WHERE (NOT once OR x.copy = 1) AND NOT EXISTS (SELECT FROM redshift.numbered(b) AS y WHERE y.m = x.m AND (once OR y.copy = x.copy))), '{}')) END $$;
CREATE FUNCTION redshift.array_union(a super, b super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.both_arrays(a, b) THEN redshift.array_distinct(redshift.array_concat(a, b)) END $$;
CREATE FUNCTION redshift.arrays_overlap(a super, b super) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN redshift.both_arrays(a, b) THEN EXISTS (SELECT FROM redshift.numbered(a) AS x JOIN redshift.numbered(b) AS y ON x.m = y.m) END $$;
CREATE FUNCTION redshift.array_sort(x super, rising boolean, nulls_first boolean) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN redshift.super_kind(x) = 'array' THEN redshift.array(VARIADIC coalesce((
    SELECT array_agg(m ORDER BY CASE WHEN (redshift.super_kind(m) = 'null') = nulls_first THEN 0 ELSE 1 END, CASE WHEN rising THEN m END, CASE WHEN NOT rising THEN m END DESC)
    FROM unnest(redshift.members(x)) AS u (m)), '{}')) END $$;
CREATE FUNCTION redshift.array_sort(x super, rising boolean DEFAULT true) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.array_sort(x, rising, NOT rising) $$;
"""

_OBJECTS = """
-- '"a"."b"' as its parts.
CREATE FUNCTION redshift.path_of(x text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF x !~ '^"[^"]+"(\\."[^"]+")*$' THEN RAISE EXCEPTION 'Invalid path "%" in OBJECT_TRANSFORM', x USING ERRCODE = '22023'; END IF;
  RETURN string_to_array(btrim(x, '"'), '"."');
END $$;
-- The object with a value at a path; attributes stay where they are, new ones come last.
CREATE FUNCTION redshift.with_attribute(x json, path text[], given json) RETURNS json LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  held json := CASE WHEN json_typeof(x) = 'object' THEN x ELSE '{}'::json END;
  put json := CASE WHEN cardinality(path) = 1 THEN coalesce(given, 'null') ELSE redshift.with_attribute(held -> path[1], path[2:], given) END;
  written text;
BEGIN
  SELECT string_agg(to_json(key)::text || ':' || CASE WHEN key = path[1] THEN put ELSE value END::text, ',' ORDER BY place)
    INTO written FROM json_each(held) WITH ORDINALITY AS e (key, value, place);
  IF held -> path[1] IS NULL THEN written := concat_ws(',', written, to_json(path[1])::text || ':' || put::text); END IF;
  RETURN ('{' || written || '}')::json;
END $$;
CREATE FUNCTION redshift.object_transform(x super, kept text[], paths text[], given super[]) RETURNS super LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE held json; made json := '{}'; path text[];
BEGIN
  IF x IS NULL OR redshift.super_kind(x) <> 'object' OR (kept = '{}' AND paths = '{}') THEN RETURN x; END IF;
  held := redshift.super_json(x);
  FOR i IN 1 .. cardinality(kept) LOOP
    path := redshift.path_of(kept[i]);
    IF held #> path IS NOT NULL THEN made := redshift.with_attribute(made, path, held #> path); END IF;
  END LOOP;
  FOR i IN 1 .. cardinality(paths) LOOP
    made := redshift.with_attribute(made, redshift.path_of(paths[i]), redshift.super_json(given[i]));
  END LOOP;
  RETURN redshift.json_super(made);
END $$;
CREATE FUNCTION redshift.renamed(x json, upward boolean) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE json_typeof(x)
    WHEN 'object' THEN ('{' || coalesce((SELECT string_agg(to_json(CASE WHEN upward THEN upper(key) ELSE lower(key) END)::text || ':' || redshift.renamed(value, upward)::text, ',' ORDER BY place)
      FROM json_each(x) WITH ORDINALITY AS e (key, value, place)), '') || '}')::json
    WHEN 'array' THEN ('[' || coalesce((SELECT string_agg(redshift.renamed(value, upward)::text, ',' ORDER BY place)
      FROM json_array_elements(x) WITH ORDINALITY AS e (value, place)), '') || ']')::json
    ELSE x END;
END $$;
CREATE FUNCTION redshift.lower_attribute_names(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.json_super(redshift.renamed(redshift.super_json(x), false)) $$;
CREATE FUNCTION redshift.upper_attribute_names(x super) RETURNS super LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.json_super(redshift.renamed(redshift.super_json(x), true)) $$;
"""

# "Amazon Redshift doesn't cast datetime types to the SUPER data type" ("OBJECT function").
_MEMBERS = """
CREATE FUNCTION redshift.member(x anynonarray, maker text) RETURNS super LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT redshift.to_super(x) $$;
CREATE FUNCTION redshift.member(x text, maker text) RETURNS super LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT redshift.to_super(x) $$;
CREATE FUNCTION redshift.no_member(kind text, maker text) RETURNS super LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN RAISE EXCEPTION '% could not convert type % to super', maker, kind USING ERRCODE = '42846'; END $$;
""" + "".join(
    f"CREATE FUNCTION redshift.member(x {kind}, maker text) RETURNS super LANGUAGE sql IMMUTABLE"
    f" PARALLEL SAFE AS $$ SELECT redshift.no_member('{shown}', maker) $$;\n"
    for kind, shown in (
        ("date", "date"), ("timestamp", "timestamp without time zone"),
        ("timestamptz", "timestamp with time zone"), ("time", "time without time zone"),
        ("timetz", "time with time zone"), ("interval", "interval"),
    )
)  # fmt: skip

ARRAYS = _ARRAYS + _SEARCHES + _SETS + _OBJECTS + _MEMBERS
