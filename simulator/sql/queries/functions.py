"""The functions that statements may call, and how each is written for PostgreSQL.

An allow list: what Redshift has and behaves alike passes by name (NATIVE), what differs goes to
`overlay` (OVERLAY) or is rewritten in `query`. Everything else is refused by name, so that a
function which only PostgreSQL has never makes a simulation succeed where Redshift fails.
"""

# ruff: noqa: SIM905 - word lists read better as text
from __future__ import annotations

NATIVE = frozenset(
    """
    abs ceil ceiling floor mod sign position
    to_number
    greatest least nullif coalesce
    count sum min max bool_and bool_or bit_and bit_or any_value grouping
    age row_number rank dense_rank percent_rank cume_dist ntile lag lead
    first_value last_value nth_value
    """.split()
)

# "DOUBLE PRECISION" of any number, where PostgreSQL has variants for decimals.
DOUBLE = frozenset(
    """
    acos asin atan atan2 cbrt cos cot degrees exp ln pi pow power radians sin sqrt tan
    """.split()
)

# Functions of strings, which take any type (`overlay.text`).
TEXTUAL = frozenset(
    """
    ascii upper lower initcap length octet_length reverse left right lpad rpad ltrim rtrim btrim
    repeat replace translate strpos substring quote_ident quote_literal md5 octetindex
    split_part concat
    """.split()
)

OVERLAY = TEXTUAL | frozenset(
    """
    add_months array_concat array_distinct array_except array_flatten array_intersection
    array_sort array_union arrays_overlap bpcharcmp can_json_parse checksum chr convert_timezone
    crc32 current_database date_cmp date_cmp_timestamp date_cmp_timestamptz date_part_year
    decimal_precision decimal_scale difference farmfingerprint64 fnv_hash from_hex from_varbyte
    get_array_length getbit getdate has_database_privilege has_schema_privilege
    has_table_privilege interval_cmp is_array is_bigint is_boolean is_char is_decimal is_float
    is_integer is_object is_scalar is_smallint is_valid_json is_valid_json_array is_varchar
    json_array_length json_extract_array_element_text json_parse json_serialize
    json_serialize_to_varbyte json_size json_typeof last_day lower_attribute_names
    months_between murmur3_32_hash next_day pg_backend_pid pg_last_copy_count pg_last_copy_id
    pg_last_query_id pg_last_unload_count pg_last_unload_id random regexp_count regexp_instr
    regexp_replace regexp_substr role_is_member_of round sha1 sha2 soundex split_to_array strtol
    subarray sysdate current_schemas user_is_member_of
    text_to_int_alt text_to_numeric_alt timeofday timestamp_cmp timestamp_cmp_date
    timestamp_cmp_timestamptz timestamptz_cmp timestamptz_cmp_date timestamptz_cmp_timestamp
    array_to_string col_description format_encoding format_type obj_description pg_get_constraintdef
    pg_get_expr pg_get_userbyid pg_get_viewdef pg_table_is_visible
    timezone to_char to_date to_hex to_timestamp to_varbyte trunc upper_attribute_names version
    """.split()
)

# What gives rows, in FROM or among the columns, by where it is found.
ROWS = {
    "pg_get_cols": "redshift.pg_get_cols",
    "pg_get_late_binding_view_cols": "redshift.pg_get_late_binding_view_cols",
    "pg_timezone_names": "pg_catalog.pg_timezone_names",
    "pg_timezone_abbrevs": "pg_catalog.pg_timezone_abbrevs",
}

# Those of them that take moments: a string given as such is one.
MOMENTS = frozenset(
    """
    add_months last_day months_between next_day date_cmp trunc timezone to_char
    """.split()
)

# Written otherwise by `calls` and `aggregates`.
REWRITTEN = frozenset(
    """
    array array_contains array_position array_positions avg charindex collate current_schema
    current_setting date_part dateadd date_add datediff date_diff date_trunc decode isnull
    json_extract_path_text listagg log median nvl nvl2 object object_transform percentile_cont
    percentile_disc ratio_to_report stddev stddev_pop stddev_samp user var_pop var_samp variance
    """.split()
)

RENAMED = {
    "len": "length", "textlen": "length", "char_length": "length", "character_length": "length",
    "substr": "substring", "replicate": "repeat", "func_sha1": "sha1", "sha": "sha1",
    "dexp": "exp", "dlog1": "ln", "dlog10": "log", "bttext_pattern_cmp": "bpcharcmp",
    "asl_abs": "abs", "asl_sqrt": "sqrt", "asl_cbrt": "cbrt",
    "grouping_id": "grouping", "pgdate_part": "date_part", "to_time_stamp": "to_timestamp",
}  # fmt: skip

AGGREGATES = frozenset(
    """
    avg count listagg max median min sum stddev stddev_pop stddev_samp var_pop var_samp variance
    bool_and bool_or bit_and bit_or first_value last_value nth_value any_value
    """.split()
)

# What only the leader node runs: beside a table of the user's it is refused ("Leader node-only
# functions").
LEADER_ONLY = frozenset(
    "current_schemas has_database_privilege has_schema_privilege has_table_privilege age".split()
)

# What only compute nodes run: without a table it is refused ("Compute node-only functions").
COMPUTE_ONLY = frozenset({"listagg", "median", "percentile_cont", "percentile_disc"})

# Redshift has them, the simulator not yet: named in the refusal. What is on no list is one of the
# user's own functions, or none at all.
KNOWN_LATER = frozenset(
    """
    md5_digest set_bit get_bit get_byte
    set_byte isfinite to_ascii generate_series
    nvl_array hll change_query_priority
    change_session_priority change_user_priority set_config
    slice_num oid2text
    is_superuser get_number_attributes size assume_role addbbox dropbbox geometrytype supportsbbox
    geography exp_func explain_model current_aws_account current_session_arn
    """.split()
)
LATER_PREFIXES = ("st_", "hll_", "h3_", "pg_", "has_", "current_", "ml_", "can_")

SYSTEM_SCHEMAS = frozenset({"pg_catalog", "information_schema", "redshift", "pg_internal"})

# The label of a result column whose function is shown by another name.
LABELS = {
    "dateadd": "date_add", "datediff": "date_diff", "date_part": "pgdate_part",
    "asl_interval": "interval", "asl_array": "array", "asl_abs": "?column?", "asl_sqrt": "?column?",
    "asl_cbrt": "?column?",
    "nvl": "coalesce", "isnull": "coalesce", "decode": "case", "nvl2": "case",
}  # fmt: skip

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
