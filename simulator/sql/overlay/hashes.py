"""Redshift's hash functions in PostgreSQL's SQL: the published algorithms, over what the functions'
pages say that they hash.

64-bit words are BIGINTs; their sums and products are taken in NUMERIC, modulo 2^64.
"""

# ruff: noqa: E501 - SQL, one function a line where it fits
from __future__ import annotations

_HASHES = """
CREATE FUNCTION redshift.sha2(source text, bits integer) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT encode(CASE bits WHEN 0 THEN sha256(convert_to(source, 'UTF8')) WHEN 224 THEN sha224(convert_to(source, 'UTF8'))
 WHEN 256 THEN sha256(convert_to(source, 'UTF8')) WHEN 384 THEN sha384(convert_to(source, 'UTF8'))
 WHEN 512 THEN sha512(convert_to(source, 'UTF8')) END, 'hex') $$;
CREATE FUNCTION redshift.crc32(source text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT lpad(pg_catalog.to_hex(crc32c(convert_to(source, 'UTF8'))), 8, '0') $$;
CREATE FUNCTION redshift.rotate(x bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT ((x << n) | (x >> (32 - n))) & 4294967295 $$;
-- FIPS 180-4.
CREATE FUNCTION redshift.sha1(source text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  m bytea := convert_to(source, 'UTF8'); bits bigint := octet_length(m) * 8; w bigint[];
  h bigint[] := ARRAY[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
  a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; k bigint; t bigint;
BEGIN
  m := m || '\\x80'::bytea || decode(repeat('00', ((119 - octet_length(m) % 64) % 64)), 'hex') || int8send(bits);
  FOR block IN 0 .. octet_length(m) / 64 - 1 LOOP
    FOR i IN 0 .. 15 LOOP
      t := block * 64 + i * 4;
      w[i] := (get_byte(m, t::integer)::bigint << 24) | (get_byte(m, t::integer + 1) << 16) | (get_byte(m, t::integer + 2) << 8) | get_byte(m, t::integer + 3);
    END LOOP;
    FOR i IN 16 .. 79 LOOP w[i] := redshift.rotate(w[i-3] # w[i-8] # w[i-14] # w[i-16], 1); END LOOP;
    a := h[1]; b := h[2]; c := h[3]; d := h[4]; e := h[5];
    FOR i IN 0 .. 79 LOOP
      IF i < 20 THEN f := (b & c) | ((b # 4294967295) & d); k := 1518500249;
      ELSIF i < 40 THEN f := b # c # d; k := 1859775393;
      ELSIF i < 60 THEN f := (b & c) | (b & d) | (c & d); k := 2400959708;
      ELSE f := b # c # d; k := 3395469782; END IF;
      t := (redshift.rotate(a, 5) + f + e + k + w[i]) & 4294967295;
      e := d; d := c; c := redshift.rotate(b, 30); b := a; a := t;
    END LOOP;
    h := ARRAY[(h[1] + a) & 4294967295, (h[2] + b) & 4294967295, (h[3] + c) & 4294967295, (h[4] + d) & 4294967295, (h[5] + e) & 4294967295];
  END LOOP;
  RETURN lpad(pg_catalog.to_hex(h[1]), 8, '0') || lpad(pg_catalog.to_hex(h[2]), 8, '0') || lpad(pg_catalog.to_hex(h[3]), 8, '0')
    || lpad(pg_catalog.to_hex(h[4]), 8, '0') || lpad(pg_catalog.to_hex(h[5]), 8, '0');
END $$;
-- FNV-1a over a value's bytes, lowest first.
CREATE FUNCTION redshift.fnv(bytes bytea, seed bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE h numeric := seed; m CONSTANT numeric := 18446744073709551616; low integer;
BEGIN
  IF h < 0 THEN h := h + m; END IF;
  FOR i IN 0 .. octet_length(bytes) - 1 LOOP
    low := mod(h, 256)::integer;
    h := mod((h - low + (low # get_byte(bytes, i))) * 1099511628211, m);
  END LOOP;
  RETURN CASE WHEN h >= m / 2 THEN h - m ELSE h END;
END $$;
CREATE FUNCTION redshift.fnv_hash(x text, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT redshift.fnv(convert_to(x, 'UTF8'), seed) $$;
CREATE FUNCTION redshift.fnv_hash(x bigint, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT redshift.fnv(reverse(int8send(x)), seed) $$;
CREATE FUNCTION redshift.fnv_hash(x integer, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT redshift.fnv(reverse(int4send(x)), seed) $$;
CREATE FUNCTION redshift.fnv_hash(x smallint, seed bigint DEFAULT -3750763034362895579) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT redshift.fnv(reverse(int2send(x)), seed) $$;
"""

_WORDS = """
CREATE FUNCTION redshift.unsigned(x bigint) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT CASE WHEN x < 0 THEN x + 18446744073709551616 ELSE x::numeric END $$;
CREATE FUNCTION redshift.word(x numeric) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT (CASE WHEN mod(x, 18446744073709551616) >= 9223372036854775808 THEN mod(x, 18446744073709551616) - 18446744073709551616 ELSE mod(x, 18446744073709551616) END)::bigint $$;
CREATE FUNCTION redshift.times(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.word(redshift.unsigned(a) * redshift.unsigned(b)) $$;
CREATE FUNCTION redshift.plus(VARIADIC terms bigint[]) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.word((SELECT sum(redshift.unsigned(t)) FROM unnest(terms) AS t)) $$;
CREATE FUNCTION redshift.shifted(x bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (x >> n) & ((1::bigint << (64 - n)) - 1) $$;
CREATE FUNCTION redshift.turned(x bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.shifted(x, n) | (x << (64 - n)) $$;
CREATE FUNCTION redshift.mixed(x bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x # redshift.shifted(x, 47) $$;
-- A word, and a half of one, as they stand in memory: lowest byte first.
CREATE FUNCTION redshift.word_at(m bytea, place integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ('x' || encode(reverse(substring(m, place + 1, 8)), 'hex'))::bit(64)::bigint $$;
CREATE FUNCTION redshift.half_at(m bytea, place integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT ('x' || encode(reverse(substring(m, place + 1, 4)), 'hex'))::bit(32)::bigint $$;
"""

# FarmHash's Fingerprint64, which is its "na" hash of 64 bits.
_FARM = """
CREATE FUNCTION redshift.farm_end(u bigint, v bigint, factor bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
$$ SELECT redshift.times(redshift.mixed(redshift.times(v # redshift.mixed(redshift.times(u # v, factor)), factor)), factor) $$;
CREATE FUNCTION redshift.farm_weak(m bytea, place integer, a bigint, b bigint) RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  w bigint := redshift.word_at(m, place); x bigint := redshift.word_at(m, place + 8);
  y bigint := redshift.word_at(m, place + 16); z bigint := redshift.word_at(m, place + 24); c bigint;
BEGIN
  a := redshift.plus(a, w); b := redshift.turned(redshift.plus(b, a, z), 21); c := a;
  a := redshift.plus(a, x, y); b := redshift.plus(b, redshift.turned(a, 44));
  RETURN ARRAY[redshift.plus(a, z), redshift.plus(b, c)];
END $$;
CREATE FUNCTION redshift.farmfingerprint64(m bytea) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  k0 CONSTANT bigint := -4348849565147123417; k1 CONSTANT bigint := -5435081209227447693; k2 CONSTANT bigint := -7286425919675154353;
  n integer := octet_length(m); factor bigint := redshift.plus(k2, n * 2);
  a bigint; b bigint; c bigint; d bigint; e bigint; f bigint; g bigint; h bigint; x bigint; y bigint; z bigint;
  v bigint[] := ARRAY[0, 0]; w bigint[] := ARRAY[0, 0]; at integer := 0; last integer;
BEGIN
  IF n = 0 THEN RETURN k2; END IF;
  IF n < 4 THEN
    a := get_byte(m, 0); b := get_byte(m, n >> 1); c := get_byte(m, n - 1);
    RETURN redshift.times(redshift.mixed(redshift.times(a + (b << 8), k2) # redshift.times(n + (c << 2), k0)), k2);
  ELSIF n < 8 THEN
    RETURN redshift.farm_end(n + (redshift.half_at(m, 0) << 3), redshift.half_at(m, n - 4), factor);
  ELSIF n <= 16 THEN
    a := redshift.plus(redshift.word_at(m, 0), k2); b := redshift.word_at(m, n - 8);
    c := redshift.plus(redshift.times(redshift.turned(b, 37), factor), a);
    d := redshift.times(redshift.plus(redshift.turned(a, 25), b), factor);
    RETURN redshift.farm_end(c, d, factor);
  ELSIF n <= 64 THEN
    a := redshift.times(redshift.word_at(m, 0), CASE WHEN n <= 32 THEN k1 ELSE k2 END); b := redshift.word_at(m, 8);
    c := redshift.times(redshift.word_at(m, n - 8), factor); d := redshift.times(redshift.word_at(m, n - 16), k2);
    y := redshift.plus(redshift.turned(redshift.plus(a, b), 43), redshift.turned(c, 30), d);
    z := redshift.farm_end(y, redshift.plus(a, redshift.turned(redshift.plus(b, k2), 18), c), factor);
    IF n <= 32 THEN RETURN z; END IF;
    e := redshift.times(redshift.word_at(m, 16), factor); f := redshift.word_at(m, 24);
    g := redshift.times(redshift.plus(y, redshift.word_at(m, n - 32)), factor); h := redshift.times(redshift.plus(z, redshift.word_at(m, n - 24)), factor);
    RETURN redshift.farm_end(redshift.plus(redshift.turned(redshift.plus(e, f), 43), redshift.turned(g, 30), h),
      redshift.plus(e, redshift.turned(redshift.plus(f, a), 18), g), factor);
  END IF;
  y := redshift.plus(redshift.times(81, k1), 113); z := redshift.times(redshift.mixed(redshift.plus(redshift.times(y, k2), 113)), k2);
  x := redshift.plus(redshift.times(81, k2), redshift.word_at(m, 0)); last := (n - 1) / 64 * 64; factor := k1;
  LOOP
    IF at = last THEN
      -- The last 64 bytes, with a factor of their own.
      factor := redshift.plus(k1, (z & 255) << 1); at := n - 64;
      w[1] := redshift.plus(w[1], (n - 1) & 63); v[1] := redshift.plus(v[1], w[1]); w[1] := redshift.plus(w[1], v[1]);
    END IF;
    x := redshift.times(redshift.turned(redshift.plus(x, y, v[1], redshift.word_at(m, at + 8)), 37), factor);
    y := redshift.times(redshift.turned(redshift.plus(y, v[2], redshift.word_at(m, at + 48)), 42), factor);
    IF factor = k1 THEN x := x # w[2]; y := redshift.plus(y, v[1], redshift.word_at(m, at + 40));
    ELSE x := x # redshift.times(w[2], 9); y := redshift.plus(y, redshift.times(v[1], 9), redshift.word_at(m, at + 40)); END IF;
    z := redshift.times(redshift.turned(redshift.plus(z, w[1]), 33), factor);
    v := redshift.farm_weak(m, at, redshift.times(v[2], factor), redshift.plus(x, w[1]));
    w := redshift.farm_weak(m, at + 32, redshift.plus(z, w[2]), redshift.plus(y, redshift.word_at(m, at + 16)));
    a := z; z := x; x := a;
    EXIT WHEN factor <> k1;
    at := at + 64;
  END LOOP;
  RETURN redshift.farm_end(redshift.plus(redshift.farm_end(v[1], w[1], factor), redshift.times(redshift.mixed(y), k0), z),
    redshift.plus(redshift.farm_end(v[2], w[2], factor), x), factor);
END $$;
CREATE FUNCTION redshift.farmfingerprint64(x text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.farmfingerprint64(convert_to(x, 'UTF8')) $$;
"""

# Murmur3 of 32 bits over the bytes that Apache Iceberg's specification gives to each type: whole
# numbers, dates and times as 8 bytes, decimals as their digits in two's complement.
_MURMUR = """
CREATE FUNCTION redshift.murmur3(m bytea, seed integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE h bigint := seed & 4294967295; k bigint; n integer := octet_length(m); half CONSTANT bigint := 4294967295;
BEGIN
  FOR i IN 0 .. (n + 3) / 4 - 1 LOOP
    k := redshift.half_at(m || '\\x000000'::bytea, i * 4);
    k := (redshift.rotate((redshift.unsigned(k) * 3432918353 % 4294967296)::bigint, 15)::numeric * 461845907 % 4294967296)::bigint;
    h := h # k;
    IF i < n / 4 THEN h := (redshift.rotate(h, 13) * 5 + 3864292196) & half; END IF;
  END LOOP;
  h := h # n;
  h := ((h # (h >> 16))::numeric * 2246822507 % 4294967296)::bigint;
  h := ((h # (h >> 13))::numeric * 3266489909 % 4294967296)::bigint;
  h := h # (h >> 16);
  RETURN CASE WHEN h >= 2147483648 THEN h - 4294967296 ELSE h END;
END $$;
CREATE FUNCTION redshift.murmur3_32_hash(x text, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.murmur3(convert_to(x, 'UTF8'), seed) $$;
CREATE FUNCTION redshift.murmur3_32_hash(x bytea, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.murmur3(x, seed) $$;
CREATE FUNCTION redshift.murmur3_32_hash(x bigint, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.murmur3(reverse(int8send(x)), seed) $$;
CREATE FUNCTION redshift.murmur3_32_hash(x integer, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.murmur3_32_hash(x::bigint, seed) $$;
CREATE FUNCTION redshift.murmur3_32_hash(x date, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.murmur3_32_hash((x - date '1970-01-01')::bigint, seed) $$;
CREATE FUNCTION redshift.murmur3_32_hash(x timestamp, seed integer DEFAULT 0) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT redshift.murmur3_32_hash((extract(epoch FROM x) * 1000000)::bigint, seed) $$;
CREATE FUNCTION redshift.murmur3_32_hash(x numeric, seed integer DEFAULT 0) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE whole numeric := x * pg_catalog.power(10::numeric, scale(x)); bytes bytea := ''; size integer := 1;
BEGIN
  WHILE whole >= pg_catalog.power(2::numeric, 8 * size - 1) OR whole < -pg_catalog.power(2::numeric, 8 * size - 1) LOOP size := size + 1; END LOOP;
  IF whole < 0 THEN whole := whole + pg_catalog.power(2::numeric, 8 * size); END IF;
  FOR i IN 1 .. size LOOP
    bytes := set_byte('\\x00'::bytea, 0, mod(whole, 256)::integer) || bytes; whole := div(whole, 256);
  END LOOP;
  RETURN redshift.murmur3(bytes, seed);
END $$;
-- A decimal's digits without its point, as the function's page shows them; how a string is summed up
-- no page says.
CREATE FUNCTION redshift.checksum(x bigint) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x $$;
CREATE FUNCTION redshift.checksum(x integer) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT x::bigint $$;
CREATE FUNCTION redshift.checksum(x numeric) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT (x * pg_catalog.power(10::numeric, scale(x)))::bigint $$;
CREATE FUNCTION redshift.checksum(x text) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN RAISE EXCEPTION 'not simulated: CHECKSUM of a string' USING ERRCODE = '0A000'; END $$;
"""

HASHES = _HASHES + _WORDS + _FARM + _MURMUR
