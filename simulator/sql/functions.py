"""The functions that statements may call, and how each is written for PostgreSQL.

An allow list: what Redshift has and behaves alike passes by name (NATIVE), what differs goes to
`overlay` (OVERLAY) or is rewritten in `query`. Everything else is refused by name, so that a
function which only PostgreSQL has never makes a simulation succeed where Redshift fails.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

NATIVE = frozenset(
    """
    abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees exp floor ln log mod pi pow power
    radians sign sin sqrt tan
    ascii bpcharcmp btrim chr initcap left length char_length character_length lower lpad ltrim
    md5 octet_length position quote_ident quote_literal repeat replace reverse right rpad rtrim
    split_part strpos substring substr translate upper
    regexp_count regexp_instr
    to_char to_date to_timestamp to_number
    greatest least nullif coalesce
    count sum min max bool_and bool_or bit_and bit_or
    percentile_cont percentile_disc
    row_number rank dense_rank percent_rank cume_dist ntile lag lead
    first_value last_value nth_value
    """.split()
)

OVERLAY = frozenset(
    """
    add_months concat convert_timezone current_database date_trunc getdate last_day
    months_between next_day regexp_replace regexp_substr round sha2 strtol sysdate trunc
    """.split()
)

# Written otherwise by `query`.
REWRITTEN = frozenset(
    """
    avg charindex current_schema date_part dateadd date_add datediff date_diff decode isnull len
    listagg median nvl nvl2 stddev stddev_pop stddev_samp textlen user var_pop var_samp variance
    func_sha1
    """.split()
)

# PostgreSQL computes these in numeric, Redshift in double precision.
IN_DOUBLE = frozenset({"stddev", "stddev_pop", "stddev_samp", "var_pop", "var_samp", "variance"})

RENAMED = {"len": "length", "textlen": "length", "substr": "substring"}

AGGREGATES = frozenset(
    """
    avg count listagg max median min sum stddev stddev_pop stddev_samp var_pop var_samp variance
    bool_and bool_or bit_and bit_or first_value last_value nth_value
    """.split()
)

# Redshift has them, the simulator not yet: named in the refusal.
KNOWN_LATER = frozenset(
    """
    approximate json_extract_path_text json_extract_array_element_text json_array_length
    json_parse json_serialize json_typeof is_valid_json is_valid_json_array can_json_parse
    object array split_to_array ratio_to_report fnv_hash farmfingerprint64 checksum
    crc32 sha sha1 to_hex from_hex dexp dlog1 dlog10 timeofday timezone date_cmp
    date_cmp_timestamp interval_cmp timestamp_cmp to_varbyte pg_backend_pid pg_last_copy_id
    has_table_privilege has_schema_privilege version random nvl_array hll
    """.split()
)

# Redshift's page "Date parts for date or timestamp functions".
_PARTS = {
    "millennium": "millennium millennia mil mils",
    "century": "century centuries c cent cents",
    "decade": "decade decades dec decs",
    "year": "year years y yr yrs",
    "quarter": "quarter quarters qtr qtrs",
    "month": "month months mon mons",
    "week": "week weeks w",
    "day": "day days d",
    "hour": "hour hours h hr hrs",
    "minute": "minute minutes m min mins",
    "second": "second seconds s sec secs",
    "millisecond": "millisecond milliseconds ms msec msecs msecond"
    " mseconds millisec millisecs millisecon",
    "microsecond": "microsecond microseconds us usec usecs usecond"
    " useconds microsec microsecs microsecon",
    "epoch": "epoch",
    "dow": "dow dw weekday dayofweek",
    "doy": "doy dayofyear dy yearday",
    "timezone": "timezone",
    "timezone_hour": "timezone_hour",
    "timezone_minute": "timezone_minute",
}
DATE_PARTS = {word: part for part, words in _PARTS.items() for word in words.split()}
# What dateadd can add, as PostgreSQL's intervals.
INTERVALS = {
    "millennium": "1000 year", "century": "100 year", "decade": "10 year", "year": "1 year",
    "quarter": "3 month", "month": "1 month", "week": "7 day", "day": "1 day", "hour": "1 hour",
    "minute": "1 minute", "second": "1 second", "millisecond": "1 millisecond",
    "microsecond": "1 microsecond",
}  # fmt: skip
# What datediff can count.
COUNTED = frozenset(INTERVALS)
# What date_trunc cuts to.
TRUNCATED = frozenset(INTERVALS)
