"""Tables' attributes and changes, views, functions, external tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.sql.errors import NotSupported, SqlError

Put = Callable[[str, bytes], None]


def refused(desk: Any, *statements: str, **options: Any) -> str:
    with pytest.raises(SqlError) as caught:
        desk.run(*statements, **options)
    return caught.value.message


def keys(desk: Any, table: str = "t") -> list[Any]:
    return desk.rows(
        'SELECT "column", encoding, distkey, sortkey FROM pg_table_def'
        f" WHERE tablename = '{table}' ORDER BY \"column\""
    )


def style(desk: Any, table: str = "t") -> tuple[str, str]:
    desk.run(f"INSERT INTO {table} (a) VALUES (1)")
    asked = f"SELECT diststyle, sortkey1 FROM svv_table_info WHERE \"table\" = '{table}'"
    return desk.rows(asked)[0]


def test_keys_and_encodings_are_kept_copied_and_changed(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int DISTKEY, b varchar(10) ENCODE zstd, c boolean)"
             " COMPOUND SORTKEY (c, a)")  # fmt: skip
    wanted = [("a", "none", True, 2), ("b", "zstd", False, 0), ("c", "none", False, 1)]
    assert keys(desk) == wanted
    assert style(desk) == ("KEY(a)", "c")
    # "Distribution style, sort keys ... are inherited by LIKE tables"
    desk.run("CREATE TABLE u (LIKE t)")
    assert keys(desk, "u") == wanted
    desk.run("CREATE TABLE w DISTSTYLE EVEN SORTKEY (n) AS SELECT a AS n, b FROM t")
    assert keys(desk, "w") == [("b", "lzo", False, 0), ("n", "none", False, 1)]
    desk.run("ALTER TABLE t ALTER DISTSTYLE ALL, ALTER SORTKEY (b)")
    desk.run("ALTER TABLE t ALTER COLUMN a ENCODE delta, ALTER COLUMN b ENCODE lzo")
    desk.run("ALTER TABLE t RENAME COLUMN b TO bb")
    assert keys(desk)[1] == ("bb", "lzo", False, 1)
    assert style(desk) == ("ALL", "bb")
    assert "sortkey column" in refused(desk, "ALTER TABLE t DROP COLUMN bb")
    desk.run("ALTER TABLE t ALTER SORTKEY NONE", "ALTER TABLE t DROP COLUMN bb")


def test_constraints_have_names(desk: Any) -> None:
    desk.run(
        "CREATE TABLE p (a int, CONSTRAINT only_a PRIMARY KEY (a))",
        "CREATE TABLE t (a int NOT NULL)",
    )
    desk.run("ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (a)")
    desk.run("ALTER TABLE t ADD PRIMARY KEY (a)", "ALTER TABLE t DROP CONSTRAINT t_pkey")
    desk.run("ALTER TABLE t DROP CONSTRAINT fk CASCADE", "ALTER TABLE p DROP CONSTRAINT only_a")
    assert refused(desk, "ALTER TABLE t DROP CONSTRAINT fk") == (
        'ERROR: constraint "fk" does not exist'
    )
    assert "does not exist" in refused(desk, "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES gone")


def test_a_varchar_grows_and_shrinks_to_what_it_holds(desk: Any) -> None:
    desk.run("CREATE TABLE t (a varchar(3), b int)", "INSERT INTO t VALUES ('abc', 1)")
    desk.run("CREATE VIEW v AS SELECT * FROM public.t WITH NO SCHEMA BINDING")
    desk.run("ALTER TABLE t ALTER COLUMN a TYPE varchar(5)")
    desk.run("INSERT INTO t VALUES ('abcde', 2)")
    assert "too long for" in refused(desk, "INSERT INTO t VALUES ('abcdef', 2)")
    assert "current maximum column size" in refused(
        desk, "ALTER TABLE t ALTER COLUMN a TYPE varchar(4)"
    )
    assert "VARCHAR" in refused(desk, "ALTER TABLE t ALTER COLUMN b TYPE bigint")
    assert refused(desk, "SELECT 1 FROM t", "ALTER TABLE t ALTER COLUMN a TYPE varchar(9)") == (
        "ERROR: ALTER TABLE ALTER COLUMN cannot run inside a transaction block"
    )
    assert desk.value("count(*) FROM v") == 2


def test_append_moves_rows_and_commits(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int, b int)", "CREATE TABLE s (b int, a int)",
             "CREATE TABLE x (a int, b int, c int)", "INSERT INTO s VALUES (2, 1)",
             "INSERT INTO x VALUES (3, 4, 5)")  # fmt: skip
    desk.run("ALTER TABLE t APPEND FROM s")
    assert "extra columns" in refused(desk, "ALTER TABLE t APPEND FROM x")
    desk.run("ALTER TABLE t APPEND FROM x IGNOREEXTRA")
    assert desk.rows("SELECT * FROM t ORDER BY a") == [(1, 2), (3, 4)]
    assert desk.rows("SELECT * FROM s UNION ALL SELECT a, b FROM x") == []
    desk.run("ALTER TABLE x APPEND FROM t FILLTARGET")
    assert desk.rows("SELECT * FROM x ORDER BY a") == [(1, 2, None), (3, 4, None)]


def test_truncate_commits_the_transaction(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)", "CREATE TABLE u (a int)", "INSERT INTO t VALUES (1)")
    refused(desk, "INSERT INTO u VALUES (1)", "TRUNCATE t", "INSERT INTO u VALUES (2)",
            "SELECT * FROM gone")  # fmt: skip
    assert desk.rows("SELECT 't', a FROM t UNION ALL SELECT 'u', a FROM u") == [("u", 1)]
    assert refused(desk, "TRUNCATE t", user="analyst") == (
        "ERROR: permission denied for relation t"
    )


def test_scripts_begin_commit_and_roll_back(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)")
    refused(
        desk, "BEGIN", "INSERT INTO t VALUES (1)", "COMMIT",
        "INSERT INTO t VALUES (2)", "START TRANSACTION", "INSERT INTO t VALUES (3)", "ROLLBACK",
        "BEGIN", "INSERT INTO t VALUES (4)", "SELECT * FROM gone",
    )  # fmt: skip
    # after COMMIT each statement is a transaction of its own, until BEGIN
    assert desk.rows("SELECT a FROM t ORDER BY a") == [(1,), (2,)]


def test_a_late_binding_view_is_bound_when_it_is_asked(desk: Any) -> None:
    desk.run("CREATE VIEW v AS SELECT a, b FROM public.t WHERE a > 1 WITH NO SCHEMA BINDING")
    assert refused(desk, "SELECT * FROM v") == 'ERROR: relation "public.t" does not exist'
    desk.run("CREATE TABLE t (a int, b varchar(5))", "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
    assert desk.rows("SELECT b, a FROM v") == [("y", 2)]
    desk.run("GRANT SELECT ON v TO analyst", "GRANT SELECT ON t TO analyst")
    # it hinders nothing, and sees what comes in the place of the table
    desk.run("DROP TABLE t")
    refused(desk, "SELECT * FROM v")
    desk.run("CREATE TABLE t (a int, b date)", "INSERT INTO t VALUES (7, '2024-01-09')")
    assert [str(one) for one in desk.rows("SELECT b FROM v", user="analyst")[0]] == ["2024-01-09"]
    desk.run("ALTER TABLE t RENAME TO s")
    refused(desk, "SELECT b FROM v")
    assert refused(desk, "CREATE VIEW w AS SELECT a FROM s WITH NO SCHEMA BINDING") == (
        "ERROR: All the relation names inside should be qualified when creating views with no"
        " schema binding."
    )
    desk.run("CREATE OR REPLACE VIEW v AS SELECT 1 AS one WITH NO SCHEMA BINDING", "DROP VIEW v")


def test_an_ordinary_view_holds_its_table(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)", "CREATE VIEW v AS SELECT a FROM t")
    assert "cannot drop table t because other objects depend on it" in refused(desk, "DROP TABLE t")
    desk.run("DROP TABLE t CASCADE")
    assert refused(desk, "SELECT * FROM v") == 'ERROR: relation "v" does not exist'


def test_a_materialized_view_keeps_rows_until_it_is_refreshed(desk: Any) -> None:
    desk.run(
        "CREATE TABLE t (a int)",
        "INSERT INTO t VALUES (1)",
        "CREATE MATERIALIZED VIEW mv BACKUP NO DISTSTYLE ALL AUTO REFRESH NO"
        " AS SELECT count(*) AS n FROM t",
        "INSERT INTO t VALUES (2)",
    )
    assert desk.rows("SELECT n FROM mv") == [(1,)]
    desk.run("REFRESH MATERIALIZED VIEW mv", "ALTER MATERIALIZED VIEW mv AUTO REFRESH YES")
    assert desk.rows("SELECT n FROM mv") == [(2,)]
    desk.run("DROP MATERIALIZED VIEW mv", "DROP MATERIALIZED VIEW IF EXISTS mv")


def test_a_function_in_sql(desk: Any) -> None:
    # The example of "Creating a scalar SQL UDF".
    desk.run("""create function f_sql_greater (float, float) returns float stable as $$
                  select case when $1 > $2 then $1 else $2 end $$ language sql""")
    assert desk.rows("select f_sql_greater(2.0, 3.5)") == [(3.5,)]
    desk.run("CREATE TABLE t (a float)", "INSERT INTO t VALUES (1), (5)")
    assert desk.rows("SELECT f_sql_greater(a, 2) FROM t ORDER BY 1") == [(2.0,), (5.0,)]
    desk.run("GRANT EXECUTE ON FUNCTION f_sql_greater(float, float) TO analyst",
             "DROP FUNCTION f_sql_greater(float, float)")  # fmt: skip
    assert "does not exist" in refused(desk, "select f_sql_greater(2.0, 3.5)")


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE FUNCTION f_p(a int) RETURNS int STABLE AS $$ return a $$ LANGUAGE plpythonu",
         "LANGUAGE plpythonu"),
        ("CREATE EXTERNAL FUNCTION f_x(int) RETURNS int STABLE LAMBDA 'x' IAM_ROLE default",
         "CREATE EXTERNAL FUNCTION"),
        ("CREATE EXTERNAL SCHEMA s FROM POSTGRES DATABASE 'd' URI 'u' IAM_ROLE default",
         "FROM POSTGRES"),
        ("CREATE DATABASE other FROM DATASHARE d", "CREATE DATABASE"),
        ("CREATE DATASHARE d", "CREATE DATASHARE"),
        ("CREATE MODEL m FROM t", "CREATE MODEL"),
    ],
)  # fmt: skip
def test_what_is_not_simulated_is_refused_by_name(desk: Any, statement: str, what: str) -> None:
    with pytest.raises(NotSupported, match=what):
        desk.run(statement)


EXTERNAL = """
CREATE EXTERNAL TABLE spectrum.sales (id int, name varchar(20), amount decimal(8,2))
PARTITIONED BY (day date)
ROW FORMAT DELIMITED FIELDS TERMINATED BY '|'
STORED AS TEXTFILE
LOCATION 's3://lake/sales/'
TABLE PROPERTIES ('skip.header.line.count'='1')
"""


@pytest.fixture
def spectrum(desk: Any) -> Any:
    desk.run("CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'spectrumdb'"
             " IAM_ROLE 'arn:aws:iam::123456789012:role/s' CREATE EXTERNAL DATABASE IF NOT EXISTS",
             "GRANT USAGE ON SCHEMA spectrum TO analyst")  # fmt: skip
    return desk


def test_an_external_table_reads_the_files_as_they_are(spectrum: Any, put: Put) -> None:
    spectrum.run(EXTERNAL)
    assert spectrum.rows("SELECT * FROM spectrum.sales") == []
    put("sales/day=1/a.txt", b"id|name|amount\n1|x|1.50\n2|y|bad\n")
    put("sales/day=1/_hidden", b"9|no|9\n")
    spectrum.run("ALTER TABLE spectrum.sales ADD IF NOT EXISTS PARTITION (day='2024-01-09')"
                 " LOCATION 's3://lake/sales/day=1/'")  # fmt: skip
    asked = "SELECT id, name, amount, day FROM spectrum.sales ORDER BY id"
    assert [tuple(map(str, row)) for row in spectrum.rows(asked, user="analyst")] == [
        ("1", "x", "1.50", "2024-01-09"), ("2", "y", "None", "2024-01-09"),
    ]  # fmt: skip
    # other statements and views over it see new files
    spectrum.run("CREATE VIEW v AS SELECT count(*) AS n FROM spectrum.sales WITH NO SCHEMA BINDING")
    put("sales/day=1/b.txt", b"id|name|amount\n3|z|3\n")
    assert spectrum.rows("SELECT n FROM v") == [(3,)]
    spectrum.run("CREATE TABLE t AS SELECT * FROM spectrum.sales WHERE day = '2024-01-09'")
    assert spectrum.value("count(*) FROM t") == 3
    spectrum.run("ALTER TABLE spectrum.sales DROP PARTITION (day='2024-01-09')")
    assert spectrum.rows("SELECT n FROM v") == [(0,)]


def test_external_files_of_other_formats(spectrum: Any, put: Put, lake_folder: Any) -> None:
    put("j/1.json", b'{"Id": 1, "tags": ["a"]}\n{"id": 2}\n')
    spectrum.run("CREATE EXTERNAL TABLE spectrum.j (id int, tags varchar(50)) ROW FORMAT SERDE"
                 " 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/j/'")  # fmt: skip
    assert spectrum.rows("SELECT * FROM spectrum.j ORDER BY id") == [(1, '["a"]'), (2, None)]
    put("c/1.csv", b'1,"x, y"\n')
    spectrum.run(
        "CREATE EXTERNAL TABLE spectrum.c (id int, w varchar(50)) ROW FORMAT SERDE"
        " 'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES"
        " ('separatorChar' = ',', 'quoteChar' = '\"') LOCATION 's3://lake/c/'"
    )
    assert spectrum.rows("SELECT * FROM spectrum.c") == [(1, "x, y")]
    pytest.importorskip("pyarrow")
    spectrum.run("UNLOAD ('select 5 as b, ''q''::varchar(3) as a') TO 's3://lake/p/'"
                 " IAM_ROLE default PARQUET")  # fmt: skip
    spectrum.run("CREATE EXTERNAL TABLE spectrum.p (a varchar(3), b int, gone int)"
                 " STORED AS PARQUET LOCATION 's3://lake/p/'")  # fmt: skip
    assert spectrum.rows("SELECT * FROM spectrum.p") == [("q", 5, None)]


def test_external_tables_are_listed_and_dropped(spectrum: Any) -> None:
    spectrum.run(EXTERNAL)
    assert spectrum.rows("SELECT schemaname, databasename FROM svv_external_schemas") == [
        ("spectrum", "spectrumdb")
    ]
    assert spectrum.rows("SELECT tablename, location FROM svv_external_tables") == [
        ("sales", "s3://lake/sales/")
    ]
    assert spectrum.rows(
        "SELECT columnname, external_type, part_key FROM svv_external_columns ORDER BY columnnum"
    )[-1] == ("day", "date", 1)
    assert "external schema" in refused(
        spectrum, EXTERNAL.replace("spectrum.sales", "public.sales")
    )
    assert refused(spectrum, "SELECT 1", EXTERNAL) == (
        "ERROR: CREATE EXTERNAL TABLE cannot run inside a transaction block"
    )
    spectrum.run("DROP TABLE spectrum.sales")
    assert spectrum.rows("SELECT * FROM svv_external_tables") == []
    assert 'table "sales" does not exist' in refused(spectrum, "DROP TABLE spectrum.sales")
    spectrum.run("DROP SCHEMA spectrum DROP EXTERNAL DATABASE CASCADE")
