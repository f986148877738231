"""Redshift's string functions in PostgreSQL's SQL; each rule is that of the function's page in
Redshift's developer guide.

"Non-character data types are treated like a string": each takes any type, and CHAR without its
padding, as Redshift does when it converts one to another string type.
"""

# ruff: noqa: E501 - SQL, one function a line where it fits
from __future__ import annotations

# name, arguments after the string, result, body over {x}
_TEXTUAL = [
    ("ascii", "", "integer", "pg_catalog.ascii({x})"),
    ("upper", "", "text", "pg_catalog.upper({x})"),
    ("lower", "", "text", "pg_catalog.lower({x})"),
    ("initcap", "", "text", "pg_catalog.initcap({x})"),
    ("length", "", "integer", "pg_catalog.length({x})"),
    ("octet_length", "", "integer", "pg_catalog.octet_length({x})"),
    ("reverse", "", "text", "pg_catalog.reverse({x})"),
    ("left", "n bigint", "text", "pg_catalog.left({x}, n::integer)"),
    ("right", "n bigint", "text", "pg_catalog.right({x}, n::integer)"),
    ("lpad", "n bigint", "text", "pg_catalog.lpad({x}, n::integer)"),
    ("lpad", "n bigint, filling text", "text", "pg_catalog.lpad({x}, n::integer, filling)"),
    ("rpad", "n bigint", "text", "pg_catalog.rpad({x}, n::integer)"),
    ("rpad", "n bigint, filling text", "text", "pg_catalog.rpad({x}, n::integer, filling)"),
    ("ltrim", "", "text", "pg_catalog.ltrim({x})"),
    ("ltrim", "chars text", "text", "pg_catalog.ltrim({x}, chars)"),
    ("rtrim", "", "text", "pg_catalog.rtrim({x})"),
    ("rtrim", "chars text", "text", "pg_catalog.rtrim({x}, chars)"),
    ("btrim", "", "text", "pg_catalog.btrim({x})"),
    ("btrim", "chars text", "text", "pg_catalog.btrim({x}, chars)"),
    ("repeat", "n bigint", "text", "pg_catalog.repeat({x}, n::integer)"),
    ("replace", "old text, new text", "text", "pg_catalog.replace({x}, old, new)"),
    ("translate", "old text, new text", "text", "pg_catalog.translate({x}, old, new)"),
    ("strpos", "part text", "integer", "pg_catalog.strpos({x}, part)"),
    ("substring", "at bigint", "text", "pg_catalog.substring({x}, at::integer)"),
    ("substring", "at bigint, n bigint", "text", "pg_catalog.substring({x}, at::integer, n::integer)"),
    ("quote_ident", "", "text", "pg_catalog.quote_ident({x})"),
    # Backslashes are doubled, and no E goes before.
    ("quote_literal", "", "text", r"'''' || pg_catalog.replace(pg_catalog.replace({x}, '\', '\\'), '''', '''''') || ''''"),
    ("md5", "", "text", "pg_catalog.md5({x})"),
    ("octetindex", "part text", "integer",
     "CASE pg_catalog.strpos({x}, part) WHEN 0 THEN 0 ELSE pg_catalog.octet_length(pg_catalog.left({x}, pg_catalog.strpos({x}, part) - 1)) + 1 END"),
]  # fmt: skip


def _textual(name: str, arguments: str, result: str, body: str) -> str:
    more = f", {arguments}" if arguments else ""
    text = (
        f"CREATE FUNCTION redshift.{name}(x text{more}) RETURNS {result}"
        f" LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT {body.replace('{x}', 'x')} $$;\n"
    )
    other = (
        f"CREATE FUNCTION redshift.{name}(x anynonarray{more}) RETURNS {result}"
        f" LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT {body.replace('{x}', 'x::text')} $$;\n"
    )
    return text + other


TEXTUAL = frozenset(name for name, *_ in _TEXTUAL)

_BINARY = """
CREATE FUNCTION redshift.length(x bytea) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.length(x) $$;
CREATE FUNCTION redshift.octet_length(x bytea) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.octet_length(x) $$;
CREATE FUNCTION redshift.reverse(x bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.reverse(x) $$;
CREATE FUNCTION redshift.substring(x bytea, at bigint) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.substring(x, at::integer) $$;
CREATE FUNCTION redshift.substring(x bytea, at bigint, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.substring(x, at::integer, n::integer) $$;
CREATE FUNCTION redshift.left(x bytea, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.substring(x, 1, n::integer) $$;
CREATE FUNCTION redshift.right(x bytea, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.substring(x, greatest(1, pg_catalog.length(x) - n::integer + 1)) $$;
CREATE FUNCTION redshift.concat(a bytea, b bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT a || b $$;
CREATE FUNCTION redshift.varbyte(x text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT convert_to(x, 'UTF8') $$;
CREATE FUNCTION redshift.varbyte(x bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.varbyte(x bpchar) RETURNS bytea LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT bpcharsend(x) $$;
CREATE FUNCTION redshift.varbyte(x smallint) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT int2send(x) $$;
CREATE FUNCTION redshift.varbyte(x integer) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT int4send(x) $$;
CREATE FUNCTION redshift.varbyte(x bigint) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT int8send(x) $$;
CREATE FUNCTION redshift.getbit(x bytea, n integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT get_bit(pg_catalog.reverse(x), n) $$;
-- "If the hexadecimal string length is an odd number, then a 0 is prepended" ("TO_VARBYTE").
CREATE FUNCTION redshift.from_hex(x text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT decode(CASE WHEN pg_catalog.length(x) % 2 = 1 THEN '0' || x ELSE x END, 'hex') $$;
CREATE FUNCTION redshift.to_hex(x text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT encode(convert_to(x, 'UTF8'), 'hex') $$;
CREATE FUNCTION redshift.to_varbyte(x text, format text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE lower(format) WHEN 'hex' THEN redshift.from_hex(x) WHEN 'base64' THEN decode(x, 'base64')
    WHEN 'utf8' THEN convert_to(x, 'UTF8') WHEN 'utf-8' THEN convert_to(x, 'UTF8')
    WHEN 'binary' THEN redshift.from_binary(x) END;
END $$;
CREATE FUNCTION redshift.from_binary(x text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE found bytea := ''; padded text := lpad(x, (length(x) + 7) / 8 * 8, '0');
BEGIN
  FOR i IN 0 .. length(padded) / 8 - 1 LOOP
    found := found || set_byte('\\x00'::bytea, 0, substr(padded, i * 8 + 1, 8)::bit(8)::integer);
  END LOOP;
  RETURN found;
END $$;
-- "VARBYTE operators".
CREATE FUNCTION redshift.bits(x bytea) RETURNS varbit LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ('x' || encode(x, 'hex'))::varbit $$;
CREATE FUNCTION redshift.varbyte_and(a bytea, b bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.from_binary((redshift.bits(a) & redshift.bits(b))::text) $$;
CREATE FUNCTION redshift.varbyte_or(a bytea, b bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.from_binary((redshift.bits(a) | redshift.bits(b))::text) $$;
CREATE FUNCTION redshift.varbyte_xor(a bytea, b bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.from_binary((redshift.bits(a) # redshift.bits(b))::text) $$;
CREATE FUNCTION redshift.varbyte_not(x bytea) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.from_binary((~ redshift.bits(x))::text) $$;
CREATE OPERATOR pg_catalog.& (FUNCTION = redshift.varbyte_and, LEFTARG = bytea, RIGHTARG = bytea);
CREATE OPERATOR pg_catalog.| (FUNCTION = redshift.varbyte_or, LEFTARG = bytea, RIGHTARG = bytea);
CREATE OPERATOR pg_catalog.# (FUNCTION = redshift.varbyte_xor, LEFTARG = bytea, RIGHTARG = bytea);
CREATE OPERATOR pg_catalog.~ (FUNCTION = redshift.varbyte_not, RIGHTARG = bytea);
CREATE OPERATOR pg_catalog.+ (FUNCTION = redshift.concat, LEFTARG = bytea, RIGHTARG = bytea);
CREATE FUNCTION redshift.from_varbyte(x bytea, format text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE found text := '';
BEGIN
  IF lower(format) = 'binary' THEN
    FOR i IN 0 .. octet_length(x) - 1 LOOP found := found || get_byte(x, i)::bit(8)::text; END LOOP;
    RETURN found;
  END IF;
  RETURN CASE lower(format) WHEN 'hex' THEN encode(x, 'hex') WHEN 'base64' THEN encode(x, 'base64')
    WHEN 'utf8' THEN convert_from(x, 'UTF8') WHEN 'utf-8' THEN convert_from(x, 'UTF8') END;
END $$;
"""

_PLAIN = """
CREATE FUNCTION redshift.concat(a text, b text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT a || b $$;
-- "firstname + ' ' + lastname" ("NVL2").
CREATE OPERATOR pg_catalog.+ (FUNCTION = redshift.concat, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION redshift.concat(a text, b anynonarray) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT a || b::text $$;
CREATE FUNCTION redshift.concat(a anynonarray, b text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT a::text || b $$;
CREATE FUNCTION redshift.concat(a anynonarray, b anynonarray) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT a::text || b::text $$;
-- "If the input number has no ASCII match, the function returns null."
CREATE FUNCTION redshift.chr(code bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN code BETWEEN 1 AND 1114111 THEN pg_catalog.chr(code::integer) END $$;
CREATE FUNCTION redshift.bpcharcmp(a text, b text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT sign(pg_catalog.bttextcmp(rtrim(a), rtrim(b)))::integer $$;
CREATE FUNCTION redshift.split_part(source text, delimiter text, part bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF part < 1 THEN RAISE EXCEPTION 'field position must be greater than zero' USING ERRCODE = '22023'; END IF;
  RETURN pg_catalog.split_part(source, delimiter, part::integer);
END $$;
CREATE FUNCTION redshift.split_part(source anynonarray, delimiter text, part bigint) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.split_part(source::text, delimiter, part) $$;
-- Base 2 to 36, a BIGINT; an empty string is 0.
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
-- American Soundex of the English letters; H and W do not part equal codes.
CREATE FUNCTION redshift.soundex(source text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  letters text := regexp_replace(upper(source), '[^A-Z]', '', 'g');
  found text := left(letters, 1); code text; last text;
BEGIN
  IF letters = '' THEN RETURN ''; END IF;
  last := translate(found, 'BFPVCGJKQSXZDTLMNRAEIOUYHW', '1111222222223345560000000-');
  FOR i IN 2 .. length(letters) LOOP
    code := translate(substr(letters, i, 1), 'BFPVCGJKQSXZDTLMNRAEIOUYHW', '11112222222233455600000099');
    IF code <> '9' THEN
      IF code <> '0' AND code <> last THEN found := found || code; END IF;
      last := code;
    END IF;
  END LOOP;
  RETURN rpad(left(found, 4), 4, '0');
END $$;
CREATE FUNCTION redshift.difference(a text, b text) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE x text := redshift.soundex(a); y text := redshift.soundex(b); alike integer := 0;
BEGIN
  IF x = '' AND y = '' THEN RETURN 1; END IF;
  IF x = '' OR y = '' THEN RETURN 0; END IF;
  FOR i IN 1 .. 4 LOOP IF substr(x, i, 1) = substr(y, i, 1) THEN alike := alike + 1; END IF; END LOOP;
  RETURN alike;
END $$;

-- What a cast to VARCHAR gives.
CREATE FUNCTION redshift.as_text(x text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.as_text(x bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT convert_from(x, 'UTF8') $$;
CREATE FUNCTION redshift.as_text(x interval) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.interval_text(x) $$;
CREATE FUNCTION redshift.as_text(x anynonarray) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT x::text $$;
-- TRY_CAST: NULL for what does not convert. The witness is a NULL of the type wanted.
CREATE FUNCTION redshift.try_cast(x anynonarray, kind text, witness anycompatible) RETURNS anycompatible LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  EXECUTE 'SELECT CAST($1 AS ' || kind || ')' INTO witness USING x;
  RETURN witness;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;

-- The longest beginning of whole characters that fits `bytes`: a cast to VARCHAR(n) cuts by bytes.
CREATE FUNCTION redshift.fit(source text, bytes integer) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE fitting text := left(source, bytes);
BEGIN
  WHILE octet_length(fitting) > bytes LOOP fitting := left(fitting, -1); END LOOP;
  RETURN fitting;
END $$;
"""

# "Trailing spaces in VARCHAR and CHAR values are treated as semantically insignificant when values
# are compared" ("Character types"): a VARCHAR compares as a CHAR does, also where rows are grouped,
# sorted and joined.
_COMPARED = {"=": "bpchareq", "<>": "bpcharne", "<": "bpcharlt", "<=": "bpcharle", ">": "bpchargt",
             ">=": "bpcharge"}  # fmt: skip
_SELECTIVITY = {"=": "eqsel", "<>": "neqsel", "<": "scalarltsel", "<=": "scalarlesel",
                ">": "scalargtsel", ">=": "scalargesel"}  # fmt: skip
_COMMUTED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _blank_padded(left: str, right: str) -> str:
    written = ""
    for sign, internal in _COMPARED.items():
        selectivity = _SELECTIVITY[sign]
        hashed = ", HASHES, MERGES" if sign == "=" and left == right else ""
        written += (
            f"CREATE FUNCTION redshift.{internal}({left}, {right}) RETURNS boolean LANGUAGE internal"
            f" IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS '{internal}';\n"
            f"CREATE OPERATOR pg_catalog.{sign} (FUNCTION = redshift.{internal}, LEFTARG = {left},"
            f" RIGHTARG = {right}, COMMUTATOR = OPERATOR(pg_catalog.{_COMMUTED[sign]}),"
            f" RESTRICT = {selectivity}, JOIN = {selectivity.replace('sel', 'joinsel')}{hashed});\n"
        )
    return written


_BLANKS = (
    "".join(
        _blank_padded(*one)
        for one in (("varchar", "varchar"), ("varchar", "text"), ("text", "varchar"),
                    ("varchar", "bpchar"), ("bpchar", "varchar"))
    )
    + """
CREATE FUNCTION redshift.varcharcmp(varchar, varchar) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bpcharcmp';
CREATE FUNCTION redshift.varchar_hash(varchar) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashbpchar';
CREATE FUNCTION redshift.varchar_hash(varchar, bigint) RETURNS bigint LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'hashbpcharextended';
CREATE FUNCTION redshift.varchar_sort(internal) RETURNS void LANGUAGE internal STABLE STRICT PARALLEL SAFE AS 'bpchar_sortsupport';
CREATE OPERATOR CLASS pg_catalog.redshift_varchar_ops DEFAULT FOR TYPE varchar USING btree AS
  OPERATOR 1 pg_catalog.<(varchar, varchar), OPERATOR 2 pg_catalog.<=(varchar, varchar), OPERATOR 3 pg_catalog.=(varchar, varchar),
  OPERATOR 4 pg_catalog.>=(varchar, varchar), OPERATOR 5 pg_catalog.>(varchar, varchar),
  FUNCTION 1 redshift.varcharcmp(varchar, varchar), FUNCTION 2 redshift.varchar_sort(internal);
CREATE OPERATOR CLASS pg_catalog.redshift_varchar_ops DEFAULT FOR TYPE varchar USING hash AS
  OPERATOR 1 pg_catalog.=(varchar, varchar), FUNCTION 1 redshift.varchar_hash(varchar), FUNCTION 2 redshift.varchar_hash(varchar, bigint);
-- Rows are compared by families of operators: a VARCHAR beside what a string function gives.
CREATE FUNCTION redshift.varcharcmp(varchar, text) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bpcharcmp';
CREATE FUNCTION redshift.varcharcmp(text, varchar) RETURNS integer LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE AS 'bpcharcmp';
ALTER OPERATOR FAMILY pg_catalog.redshift_varchar_ops USING btree ADD
  OPERATOR 1 pg_catalog.<(varchar, text), OPERATOR 2 pg_catalog.<=(varchar, text), OPERATOR 3 pg_catalog.=(varchar, text),
  OPERATOR 4 pg_catalog.>=(varchar, text), OPERATOR 5 pg_catalog.>(varchar, text), FUNCTION 1 redshift.varcharcmp(varchar, text),
  OPERATOR 1 pg_catalog.<(text, varchar), OPERATOR 2 pg_catalog.<=(text, varchar), OPERATOR 3 pg_catalog.=(text, varchar),
  OPERATOR 4 pg_catalog.>=(text, varchar), OPERATOR 5 pg_catalog.>(text, varchar), FUNCTION 1 redshift.varcharcmp(text, varchar);
"""
)  # fmt: skip

# "If you compare DECIMAL values with character strings, Amazon Redshift attempts to convert the
# character string to a DECIMAL value. When comparing all other numeric values with character strings,
# the numeric values are converted to character strings" ("Type compatibility and conversion"); and
# strings are converted to dates.
_CONVERTED = {
    "smallint": ("a::text", "b"), "integer": ("a::text", "b"), "bigint": ("a::text", "b"),
    "numeric": ("a", "b::numeric"), "date": ("a", "b::date"), "timestamp": ("a", "b::timestamp"),
    "timestamptz": ("a", "b::timestamptz"),
}  # fmt: skip


def _mixed() -> str:
    written = ""
    for kind, (own, string) in _CONVERTED.items():
        for text in ("text", "varchar"):
            for sign in _COMPARED:
                name = f"compare_{_COMPARED[sign][-2:]}"
                for left, right, body in (
                    (kind, text, f"{own} {sign} {string}"),
                    (
                        text,
                        kind,
                        f"{string.replace('b', 'a', 1)} {sign} {own.replace('a', 'b', 1)}",
                    ),
                ):
                    written += (
                        f"CREATE FUNCTION redshift.{name}(a {left}, b {right}) RETURNS boolean"
                        f" LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT {body} $$;\n"
                        f"CREATE OPERATOR pg_catalog.{sign} (FUNCTION = redshift.{name},"
                        f" LEFTARG = {left}, RIGHTARG = {right});\n"
                    )
        for sign, name in (("~~", "like"), ("!~~", "not_like")):
            written += (
                f"CREATE FUNCTION redshift.{name}(a {kind}, b text) RETURNS boolean"
                f" LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$ SELECT a::text {sign} b $$;\n"
                f"CREATE OPERATOR pg_catalog.{sign} (FUNCTION = redshift.{name},"
                f" LEFTARG = {kind}, RIGHTARG = text);\n"
            )
    return written


_PATTERNS = """
-- "c", "i", "e" and "p" are Redshift's parameters; PostgreSQL's advanced expressions hold what POSIX
-- and most of what PCRE has.
CREATE FUNCTION redshift.pattern_flags(parameters text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  IF parameters !~ '^[ciep]*$' THEN RAISE EXCEPTION 'invalid regular expression option: "%"', parameters USING ERRCODE = '22023'; END IF;
  RETURN CASE WHEN parameters ~ 'i' THEN 'i' ELSE '' END;
END $$;
CREATE FUNCTION redshift.regexp_count(x text, pattern text, at bigint DEFAULT 1, parameters text DEFAULT '') RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN at > length(x) THEN 0 ELSE pg_catalog.regexp_count(x, pattern, greatest(at, 1)::integer, redshift.pattern_flags(parameters)) END $$;
CREATE FUNCTION redshift.regexp_instr(x text, pattern text, at bigint DEFAULT 1, occurrence bigint DEFAULT 1, ending bigint DEFAULT 0, parameters text DEFAULT '') RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN at > length(x) OR occurrence < 1 THEN 0 ELSE pg_catalog.regexp_instr(x, pattern, greatest(at, 1)::integer, occurrence::integer, ending::integer,
     redshift.pattern_flags(parameters), CASE WHEN parameters ~ 'e' AND pattern ~ '\\((?!\\?)' THEN 1 ELSE 0 END) END $$;
-- An empty string, not NULL, where nothing matches.
CREATE FUNCTION redshift.regexp_substr(x text, pattern text, at bigint DEFAULT 1, occurrence bigint DEFAULT 1, parameters text DEFAULT '') RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT CASE WHEN at > length(x) THEN '' WHEN occurrence < 1 OR occurrence > length(x) THEN NULL ELSE
     coalesce(pg_catalog.regexp_substr(x, pattern, greatest(at, 1)::integer, occurrence::integer, redshift.pattern_flags(parameters),
       CASE WHEN parameters ~ 'e' AND pattern ~ '\\((?!\\?)' THEN 1 ELSE 0 END), '') END $$;
-- Every match. $1 and \\1 stand for groups on Redshift in ways that depend on the dialect: refused.
CREATE FUNCTION redshift.regexp_replace(x text, pattern text, replacement text DEFAULT '', at bigint DEFAULT 1, parameters text DEFAULT '') RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE written text := replacement;
BEGIN
  IF parameters ~ 'p' OR replacement ~ '\\$[0-9]' THEN
    written := pg_catalog.regexp_replace(replace(replacement, '\\', '\\\\'), '\\$([0-9])', '\\\\\\1', 'g');
  END IF;
  RETURN CASE WHEN at > length(x) THEN x ELSE pg_catalog.regexp_replace(x, pattern, written, greatest(at, 1)::integer, 0, redshift.pattern_flags(parameters)) END;
END $$;
"""

# "Amazon Redshift converts pattern to the data type of expression" ("LIKE"): the blanks that pad a
# CHAR are not searched. The operators are PostgreSQL's own, led to functions that strip them.
_PADDED = "".join(
    f"CREATE FUNCTION redshift.padded_{name}(x bpchar, pattern text) RETURNS boolean LANGUAGE sql"
    f" IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x::text {sign} pattern $$;\n"
    f"UPDATE pg_catalog.pg_operator SET oprcode = 'redshift.padded_{name}'::regproc"
    f" WHERE oprname = '{sign}' AND oprleft = 'bpchar'::regtype AND oprright = 'text'::regtype;\n"
    for name, sign in {
        "like": "~~", "not_like": "!~~", "ilike": "~~*", "not_ilike": "!~~*", "match": "~",
        "no_match": "!~", "imatch": "~*", "no_imatch": "!~*",
    }.items()
)  # fmt: skip
_PADDED = "SET allow_system_table_mods = on;\n" + _PADDED + "RESET allow_system_table_mods;\n"

# "TEXT_TO_INT_ALT", "TEXT_TO_NUMERIC_ALT": a sign may stand behind the number. Of the formats, the
# currency's letters and the zoned sign, whose last character stands for a digit and the sign.
_TERADATA = """
CREATE FUNCTION redshift.teradata(x text, format text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE held text := btrim(x); last integer;
BEGIN
  IF held = '' THEN RETURN 0; END IF;
  IF format ~* '^9+S$' THEN
    last := strpos('{ABCDEFGHI}JKLMNOPQR', right(held, 1)) - 1;
    IF last < 0 THEN RAISE EXCEPTION 'Invalid input for format phrase %: %', format, x USING ERRCODE = '22P02'; END IF;
    held := CASE WHEN last >= 10 THEN '-' ELSE '' END || left(held, -1) || last % 10;
  ELSIF format ~* '^C?9\\((I|[0-9]+)\\)$' THEN held := regexp_replace(held, '^[A-Z]{3}', '');
  ELSIF format <> '' THEN RAISE EXCEPTION 'not simulated: the format phrase %', format USING ERRCODE = '0A000'; END IF;
  RETURN regexp_replace(held, '^(.*[^+-])([+-])$', '\\2\\1')::numeric;
END $$;
CREATE FUNCTION redshift.text_to_int_alt(x text, format text DEFAULT '') RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT pg_catalog.trunc(redshift.teradata(x, format))::integer $$;
-- Halves are rounded to the even digit.
CREATE FUNCTION redshift.text_to_numeric_alt(x text, format text, size integer, digits integer) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE held numeric := redshift.teradata(x, format) * pg_catalog.power(10::numeric, digits); whole numeric := pg_catalog.floor(held);
BEGIN
  whole := CASE WHEN held - whole = 0.5 THEN whole + mod(whole, 2)::integer::numeric ^ 2 ELSE pg_catalog.round(held) END;
  IF abs(whole) >= pg_catalog.power(10::numeric, size) THEN RAISE EXCEPTION 'numeric field overflow' USING ERRCODE = '22003'; END IF;
  RETURN pg_catalog.round(whole / pg_catalog.power(10::numeric, digits), digits);
END $$;
CREATE FUNCTION redshift.text_to_numeric_alt(x text, format text DEFAULT '') RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.text_to_numeric_alt(x, format, 38, 0) $$;
CREATE FUNCTION redshift.text_to_numeric_alt(x text, size integer, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.text_to_numeric_alt(x, '', size, digits) $$;
"""

_SEALS = """
-- The columns of a new table that PostgreSQL leaves without a size: decimals as the query shows, or
-- else of 38 digits with the scale of what they hold; strings as wide as can be.
CREATE FUNCTION redshift.settle(target regclass, names text[], sizes integer[], scales integer[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE field record; changes text := ''; digits integer; size integer; place integer;
BEGIN
  FOR field IN
    SELECT a.attname, a.atttypid FROM pg_attribute a WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped
      AND a.atttypid IN ('numeric'::regtype, 'text'::regtype, 'varchar'::regtype) AND a.atttypmod < 0 ORDER BY a.attnum
  LOOP
    IF field.atttypid <> 'numeric'::regtype THEN
      changes := changes || format(', ALTER COLUMN %I TYPE varchar(65535)', field.attname);
      CONTINUE;
    END IF;
    place := array_position(names, field.attname::text);
    digits := scales[place]; size := sizes[place];
    IF digits IS NULL THEN EXECUTE format('SELECT coalesce(max(scale(%I)), 0) FROM %s', field.attname, target) INTO digits; END IF;
    digits := least(digits, 37);
    IF coalesce(size, 0) <= digits OR size > 38 THEN size := 38; END IF;
    changes := changes || format(', ALTER COLUMN %I TYPE numeric(%s, %s)', field.attname, size, digits);
  END LOOP;
  IF changes <> '' THEN EXECUTE format('ALTER TABLE %s %s', target, substr(changes, 3)); END IF;
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

TEXTS = (
    "".join(_textual(*one) for one in _TEXTUAL)
    + _BINARY
    + _PLAIN
    + _PATTERNS
    + _PADDED
    + _TERADATA
    + _BLANKS
    + _mixed()
    + _SEALS
)
