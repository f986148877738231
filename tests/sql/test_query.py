"""Redshift's SELECT, INSERT, UPDATE, DELETE and MERGE on a real PostgreSQL. Expected values are
those of Redshift's developer guide, or worked out by hand."""

# ruff: noqa: DTZ001 - Redshift's TIMESTAMP has no time zone
from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from simulator.sql.errors import NotSupported, SqlError


@pytest.mark.parametrize(
    ("part", "start", "end", "boundaries"),
    [
        # ten years of four, and one from the third quarter to the fourth
        ("qtr", "1998-07-01", "2008-12-31", 41),
        ("week", "2009-01-01", "2009-12-31", 52),
        ("month", "2024-01-31", "2024-02-01", 1),
        ("year", "2023-12-31", "2024-01-01", 1),
        ("day", "2024-01-01 23:59:59", "2024-01-02 00:00:00", 1),
        ("hour", "2024-01-01 01:59:59", "2024-01-01 02:00:00", 1),
        ("minute", "2024-01-01 01:00:00", "2024-01-01 01:00:59", 0),
        ("second", "2024-01-01 00:00:00.9", "2024-01-01 00:00:01.1", 1),
        ("month", "2024-02-01", "2024-01-31", -1),
    ],
)
def test_datediff_counts_boundaries_not_elapsed_time(
    desk: Any, part: str, start: str, end: str, boundaries: int
) -> None:
    assert desk.value(f"datediff({part}, '{start}', '{end}')") == boundaries


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # "DATEADD function"
        ("dateadd(month, 18, date '2008-02-28')", datetime(2009, 8, 28)),
        ("dateadd(m, 30, '2008-12-31 00:00:00')", datetime(2008, 12, 31, 0, 30)),
        ("dateadd(month, 1, '2008-01-31')", datetime(2008, 2, 29)),
        ("dateadd('day', -1, date '2024-03-01')", datetime(2024, 2, 29)),
        # "ADD_MONTHS function": the last day stays the last day
        ("add_months('2008-02-29', 1)", datetime(2008, 3, 31)),
        ("last_day(date '2024-02-11')", date(2024, 2, 29)),
        ("trunc(timestamp '2024-01-09 11:12:13')", date(2024, 1, 9)),
        ("trunc(2.79)", Decimal(2)),
        ("date_trunc('month', date '2024-01-09')", datetime(2024, 1, 1)),
        ("date_trunc('week', timestamp '2024-01-10 05:00:00')", datetime(2024, 1, 8)),
        ("extract(dow from date '2024-01-09')", 2),
        ("date_part(year, date '2024-01-09')", 2024.0),
        ("to_date('20240109', 'YYYYMMDD')", date(2024, 1, 9)),
        ("to_char(date '2024-01-09', 'YYYY/MM/DD')", "2024/01/09"),
        ("convert_timezone('America/New_York', timestamp '2024-01-09 10:00:00')",
         datetime(2024, 1, 9, 5)),
        ("convert_timezone('Asia/Tokyo', 'UTC', timestamp '2024-01-09 09:00:00')",
         datetime(2024, 1, 9)),
        ("months_between('1969-01-18', '1969-03-18')", -2.0),
        ("next_day('2014-08-20', 'Tuesday')", date(2014, 8, 26)),
        ("decode(null, null, 'same', 'other')", "same"),
        ("decode(3, 1, 'a', 2, 'b')", None),
        ("nvl(null, 'x')", "x"),
        ("nvl2(null, 'given', 'missing')", "missing"),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("cast(2.6 as decimal)", Decimal(3)),
        ("'abcdef'::varchar(3)", "abc"),
        # four bytes hold one character of three, and none of the next
        ("'ééé'::varchar(3)", "é"),
        ("len('abc')", 3),
        ("charindex('c', 'abc')", 3),
        ("split_part('a,b,c', ',', 2)", "b"),
        ("concat('a', null)", None),
        ("regexp_replace('a1b22c', '[0-9]+', '#')", "a#b#c"),
        ("regexp_substr('abc', 'x')", ""),
        ("'it\\'s'", "it's"),
        ("position('b' in 'abc')", 2),
        ("substring('abcdef', 2, 3)", "bcd"),
        ("trim(both 'x' from 'xax')", "a"),
        ("case when 1 = 1 then 'y' else 'n' end", "y"),
        ("round(2.345, 2)", Decimal("2.35")),
        ("sha2('a', 256)", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("md5('a')", "0cc175b9c0f1b6a831c399e269772661"),
    ],
)  # fmt: skip
def test_functions_give_what_redshift_documents(desk: Any, expression: str, expected: Any) -> None:
    value = desk.value(expression)
    assert value == expected
    assert type(value) is type(expected)


def test_the_clock_is_virtual_and_has_no_time_zone(desk: Any) -> None:
    transaction = desk.warehouse.begin("dev", "awsuser", now_ms=1_704_794_400_000)
    later = transaction.execute(
        "SELECT sysdate, getdate(), current_date", None, now_ms=1_704_794_461_500
    )
    transaction.rollback()
    # SYSDATE is the transaction's start, GETDATE the statement's, in whole seconds
    assert later.rows == (
        (datetime(2024, 1, 9, 10, 0), datetime(2024, 1, 9, 10, 1, 1), date(2024, 1, 9)),
    )


def test_now_fails_on_tables_as_a_leader_node_function(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    with pytest.raises(SqlError, match="not supported on Redshift tables"):
        desk.run("SELECT current_timestamp FROM t")


def test_averages_of_integers_are_bigints_cut_towards_zero(desk: Any) -> None:
    desk.run(
        "CREATE TABLE t (a int, b bigint, c decimal(8,2), g int)",
        "INSERT INTO t VALUES (1, 1, 1.00, 1), (2, 2, 2.01, 1), (-4, -4, NULL, 2)",
    )
    outcome = desk.run("SELECT avg(a), avg(b), avg(c), avg(distinct a) FROM t WHERE a > 0")
    assert outcome.rows == ((1, 1, Decimal("1.50"), 1),)
    assert [column.label for column in outcome.columns] == ["avg"] * 4
    assert [column.type_name for column in outcome.columns] == ["int8", "int8", "numeric", "int8"]
    windowed = "SELECT a, avg(a) OVER (PARTITION BY g) FROM t ORDER BY a"
    assert desk.rows(windowed) == [(-4, -4), (1, 1), (2, 1)]
    assert desk.rows("SELECT avg(a) FROM t WHERE a > 99") == [(None,)]


def test_a_division_by_zero_fails_in_redshifts_words(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    with pytest.raises(SqlError) as caught:
        desk.run("SELECT 1 / count(*) FROM t")
    assert caught.value.message == "ERROR: Divide by zero"


def test_qualify_filters_before_order_and_limit(desk: Any) -> None:
    desk.run(
        "CREATE TABLE t (k int, v int)",
        "INSERT INTO t VALUES (1, 10), (1, 11), (2, 20), (2, 21), (3, 30)",
    )
    latest = "row_number() OVER (PARTITION BY k ORDER BY v DESC) = 1"
    assert desk.rows(f"SELECT * FROM t QUALIFY {latest} ORDER BY k DESC LIMIT 2") == [
        (3, 30),
        (2, 21),
    ]
    aliased = "SELECT TOP 2 k, row_number() OVER (PARTITION BY k ORDER BY v) AS n FROM t"
    assert desk.rows(f"{aliased} QUALIFY n = 2 ORDER BY v") == [(1, 2), (2, 2)]
    outcome = desk.run(f"SELECT t.*, k + 1 AS next FROM t QUALIFY {latest} ORDER BY 1")
    assert [column.label for column in outcome.columns] == ["k", "v", "next"]
    assert outcome.rows == ((1, 11, 2), (2, 21, 3), (3, 30, 4))


def test_listagg_orders_within_its_group(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (3), (2), (2)")
    assert desk.value("listagg(a, '-') WITHIN GROUP (ORDER BY a DESC) FROM t") == "3-2-2-1"
    assert desk.value("listagg(DISTINCT a) WITHIN GROUP (ORDER BY a) FROM t") == "123"


def test_merge_updates_and_inserts(desk: Any) -> None:
    rows = desk.rows(
        "CREATE TABLE t (a int, b varchar)",
        "CREATE TABLE s (a int, b varchar)",
        "INSERT INTO t VALUES (1, 'old')",
        "INSERT INTO s VALUES (1, 'new'), (2, 'two')",
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = s.b"
        " WHEN NOT MATCHED THEN INSERT (a, b) VALUES (s.a, s.b)",
        "SELECT * FROM t ORDER BY a",
    )
    assert rows == [(1, "new"), (2, "two")]


def test_update_from_and_delete_using(desk: Any) -> None:
    desk.run(
        "CREATE TABLE t (a int, b int)",
        "CREATE TABLE s (a int, b int)",
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)",
        "INSERT INTO s VALUES (1, 10), (3, 30)",
    )
    assert desk.run("UPDATE t SET b = s.b FROM s WHERE t.a = s.a").row_count == 2
    assert desk.run("DELETE FROM t USING s WHERE t.a = s.a AND s.b > 10").row_count == 1
    assert desk.rows("SELECT * FROM t ORDER BY a") == [(1, 10), (2, 2)]


def test_a_delete_needs_no_from(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2)")
    assert desk.run("DELETE t WHERE a = 1").row_count == 1


def test_a_computed_decimal_has_the_scale_of_its_values(desk: Any) -> None:
    desk.run("CREATE TABLE t (a decimal(8,2))", "INSERT INTO t VALUES (1.25), (NULL)")
    (column,) = desk.run("SELECT sum(a) FROM t").columns
    assert (column.type_name, column.precision, column.scale) == ("numeric", 38, 2)


def test_names_fold_to_lower_case_even_in_quotes(desk: Any) -> None:
    desk.run('CREATE TABLE "Mixed" ("Col" int)', "INSERT INTO mixed VALUES (1)")
    assert desk.rows('SELECT "COL" FROM "MIXED"') == [(1,)]


def test_unnamed_columns_get_redshifts_labels(desk: Any) -> None:
    outcome = desk.run("SELECT count(*), nvl(1, 2), getdate(), 1 + 1, 'a'::varchar(3)")
    labels = [column.label for column in outcome.columns]
    assert labels == ["count", "coalesce", "getdate", "?column?", "varchar"]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", "CONFLICT"),
        ("INSERT INTO t VALUES (1) RETURNING a", "RETURNING"),
        ("SELECT DISTINCT ON (a) a FROM t", "ON"),
        ("SELECT ARRAY[1]", "arrays"),
        ("SELECT generate_series(1, 3)", "generate_series"),
        ("SELECT * FROM generate_series(1, 3)", "generate_series"),
        ("SELECT count(*) FILTER (WHERE a > 1) FROM t", "FILTER"),
        ("SELECT a FROM t FOR UPDATE", "LOCKS"),
        ("SELECT a FROM t, LATERAL (SELECT 1) x", "LATERAL"),
        ("SELECT jsonb_build_object('a', 1)", "jsonb_build_object"),
        ("SELECT pg_sleep(1)", "pg_sleep"),
        ("SELECT * FROM pg_index", "pg_index"),
        ("SELECT * FROM information_schema.domains", "information_schema"),
        ("SELECT * FROM svv_diskusage", "svv_diskusage"),
        ("SELECT * FROM other.public.t", "database .other. does not exist"),
        ("SELECT a.b.c.d.e FROM t", "attribute"),
        ("SELECT 'x'::jsonb", "does not exist|JSONB"),
        ("SELECT a FROM t TABLESAMPLE SYSTEM (10)", "SAMPLE"),
        ("SHOW VIEW t", "is not a view"),
        ("DO $$ BEGIN END $$", "DO"),
        ("SET ROLE x", "syntax|SET"),
        ("SET session_authorization TO postgres", "user .postgres. does not exist"),
        ("SET search_path TO pg_temp", "pg_temp"),
        ("SET lock_timeout TO 1000", "unrecognized .* .lock_timeout."),
        ("SELECT set_config('search_path', 'x', true)", "set_config"),
        ("SELECT redshift.getdate()", "getdate"),
        ("SELECT * FROM redshift.x", "redshift"),
        ("SELECT 'a' COLLATE \"C\"", "COLLATE"),
        ("SELECT current_time", "current_time"),
        ("SELECT localtimestamp", "localtimestamp"),
        ("SELECT a FROM ONLY t", "ONLY"),
        ("SELECT * FROM t AS x (a, b) WITH ORDINALITY", "syntax|ORDINALITY"),
        ("SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY b)", "WINDOW|ALIAS"),
        ("DROP SCHEMA redshift CASCADE", "system relation redshift"),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE", "MERGE needs"),
        ("MERGE INTO t USING s ON t.a = s.a WHEN MATCHED AND s.b = 1 THEN DELETE", "MERGE"),
        ("UPDATE t SET (a, b) = (1, 2)", "SET"),
        ("VALUES (1)", "VALUES"),
        ("TABLE t", "TABLE"),
    ],
)  # fmt: skip
def test_what_redshift_lacks_or_we_do_is_refused_by_name(desk: Any, sql: str, named: str) -> None:
    desk.run("CREATE TABLE t (a int, b int)", "CREATE TABLE s (a int, b int)")
    with pytest.raises(SqlError, match=rf"(?i){named}"):
        desk.run(sql)


def test_what_redshift_has_and_we_do_not_is_refused_before_it_runs(desk: Any) -> None:
    with pytest.raises(NotSupported, match=r"not simulated: function st_geohash\(\.\.\.\)"):
        desk.value("st_geohash('a')")


@pytest.mark.parametrize("call", ["frobnicate(1)", "pg_sleep(1)", "jsonb_build_object('a', 1)"])
def test_no_function_of_postgresqls_own_is_reached(desk: Any, call: str) -> None:
    name = call.split("(", maxsplit=1)[0]
    with pytest.raises(SqlError, match=rf"function {name}\(.*\) does not exist|not simulated"):
        desk.value(call)


def test_functions_of_the_users_are_called_by_name_and_by_schema(desk: Any) -> None:
    desk.run(
        "CREATE SCHEMA tools",
        "CREATE FUNCTION f_twice(int) RETURNS int IMMUTABLE AS $$ SELECT $1 * 2 $$ LANGUAGE sql",
        "CREATE FUNCTION tools.f_more(int) RETURNS int STABLE AS $$ SELECT $1 + 1 $$ LANGUAGE sql",
    )
    assert desk.rows("SELECT f_twice(4), tools.f_more(4)") == [(8, 5)]


def test_an_aggregate_over_an_order_wants_a_frame(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2)")
    with pytest.raises(SqlError, match="require a frame clause"):
        desk.run("SELECT sum(a) OVER (ORDER BY a) FROM t")
    framed = "sum(a) OVER (ORDER BY a ROWS UNBOUNDED PRECEDING)"
    assert desk.rows(f"SELECT {framed} FROM t ORDER BY 1") == [(1,), (3,)]


def test_a_syntax_error_shows_where(desk: Any) -> None:
    with pytest.raises(SqlError, match='ERROR: syntax error at or near "'):
        desk.run("SELECT a FROM WHERE")


@pytest.mark.parametrize("sql", ["COYP t FROM 's3://x/y'", "selct 1", "SELECTT 1", "DO 1", "é"])
def test_a_mistyped_first_word_is_a_syntax_error(desk: Any, sql: str) -> None:
    with pytest.raises(SqlError) as caught:
        desk.run(sql)
    assert not isinstance(caught.value, NotSupported)
    word = sql.split(maxsplit=1)[0]
    assert caught.value.message.startswith(f'ERROR: syntax error at or near "{word}" in context')


@pytest.mark.parametrize("word", ["CANCEL", "USE"])
def test_redshifts_other_commands_are_not_simulated(desk: Any, word: str) -> None:
    with pytest.raises(NotSupported, match=f"^ERROR: not simulated: statement {word}$"):
        desk.run(f"{word.lower()} x")


def test_several_statements_in_one_text_are_refused(desk: Any) -> None:
    with pytest.raises(SqlError, match="cannot insert multiple commands"):
        desk.run("SELECT 1; SELECT 2")
    assert desk.rows("SELECT 1; -- the end\n /* really */ ;") == [(1,)]


def test_parameters_take_the_type_of_their_place(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int, b varchar(20), d date)")
    given = {"a": "7", "b": "it's :b", "d": "2024-01-09"}
    insert = "INSERT INTO t VALUES (:a, :b, :d) -- not :c"
    assert desk.run(insert, parameters=given).row_count == 1
    found = "SELECT b, ':a', a::varchar(5) FROM t WHERE a = :a AND d = :d AND d = :d::date"
    assert desk.rows(found, parameters=given) == [("it's :b", ":a", "7")]
    shifted = "SELECT a FROM t WHERE d = dateadd(day, -1, :next) AND datediff(day, :d, d) = 0"
    assert desk.rows(shifted, parameters={**given, "next": "2024-01-10"}) == [(7,)]


def test_a_parameter_without_a_value_is_a_syntax_error_at_its_colon(desk: Any) -> None:
    # As AWS answers: aws/aws-sdk-pandas, issue 3024
    with pytest.raises(SqlError) as caught:
        desk.run("SELECT 1 WHERE 'x' = :kind")
    assert caught.value.message.startswith('ERROR: syntax error at or near ":" in context')


@pytest.mark.parametrize("value", ["'; DROP TABLE t; --", "\\'; DROP TABLE t; --", "$1 \\", "é\n"])
def test_a_parameters_value_is_never_sql(desk: Any, value: str) -> None:
    desk.run("CREATE TABLE t (a varchar(99))")
    desk.run("INSERT INTO t VALUES (:v)", parameters={"v": value})
    assert desk.rows("SELECT a FROM t WHERE a = :v", parameters={"v": value}) == [(value,)]


@pytest.mark.parametrize(
    "sql",
    ["CREATE VIEW v AS SELECT :x AS a", "CREATE TABLE t AS SELECT :x AS a", "DROP TABLE :x",
     "CREATE TABLE t (a int DEFAULT :x)", "COPY t FROM :x IAM_ROLE default CSV"],
)  # fmt: skip
def test_statements_that_cannot_be_prepared_take_no_parameters(desk: Any, sql: str) -> None:
    with pytest.raises(SqlError, match="syntax error"):
        desk.run(sql, parameters={"x": "1"})


def test_an_alias_stands_in_the_clauses_where_no_column_has_its_name(desk: Any) -> None:
    """As the clauses that Redshift's SQLAlchemy dialect adds to its own SELECT."""
    desk.run(
        "CREATE TABLE t (a int, b varchar(5))", "INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, 'x')"
    )
    cases = {
        "SELECT a * 2 AS twice FROM t WHERE twice > 2 AND b = 'x'": [(6,)],
        "SELECT upper(b) AS b, a + 1 AS c FROM t WHERE b = 'x' AND c = 2": [("X", 2)],
        # the column before the alias
        "SELECT a + 10 AS a, b FROM t WHERE a = 2": [(12, "y")],
        "SELECT 5 AS a, b FROM t WHERE a = 2": [(5, "y")],
        "SELECT b AS g, sum(a) AS total FROM t GROUP BY g HAVING total > 2": [("x", 4)],
        "SELECT a AS n FROM t ORDER BY CASE WHEN n = 2 THEN 0 ELSE n END": [(2,), (1,), (3,)],
        "SELECT s.a AS n FROM (SELECT a FROM t) s WHERE n = 3": [(3,)],
        "SELECT s.a AS n FROM (SELECT * FROM t) s WHERE n = 3": [(3,)],
        "SELECT dev.public.t.a FROM dev.public.t WHERE dev.public.t.b = 'y'": [(2,)],
        "SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class"
        " WHERE pg_catalog.pg_class.relname = 't'": [("t",)],
    }
    for sql, rows in cases.items():
        assert desk.rows(sql) == rows, sql
    with pytest.raises(SqlError, match="aggregates not allowed in WHERE"):
        desk.run("SELECT count(*) AS n FROM t WHERE n > 1")
