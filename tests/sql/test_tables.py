"""CREATE TABLE, ALTER TABLE and views: Redshift's attributes, defaults and informational keys."""

# ruff: noqa: DTZ001 - Redshift's TIMESTAMP has no time zone
from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from simulator.sql.errors import NotSupported, SqlError

FULL = """
CREATE TABLE IF NOT EXISTS sales.orders (
    order_id    BIGINT IDENTITY(100, 5) NOT NULL ENCODE az64,
    customer    INTEGER NOT NULL REFERENCES customers (id) DISTKEY,
    note        VARCHAR DEFAULT 'none' ENCODE zstd,
    code        CHAR(3) ENCODE bytedict,
    amount      DECIMAL,
    loaded_at   TIMESTAMP DEFAULT SYSDATE,
    seen        TIMESTAMP WITHOUT TIME ZONE DEFAULT getdate() NULL,
    ratio       DOUBLE PRECISION,
    PRIMARY KEY (order_id),
    CONSTRAINT once UNIQUE (customer, code),
    FOREIGN KEY (customer) REFERENCES customers (id)
)
BACKUP NO
DISTSTYLE KEY
INTERLEAVED SORTKEY (customer, loaded_at);
"""


@pytest.fixture
def orders(desk: Any) -> Any:
    desk.run("CREATE SCHEMA sales", "CREATE TABLE customers (id int PRIMARY KEY)", FULL)
    return desk


def test_a_table_with_all_of_redshifts_attributes(orders: Any) -> None:
    orders.run("INSERT INTO sales.orders (customer, amount) VALUES (1, 2.6), (1, NULL)")
    outcome = orders.run("SELECT * FROM sales.orders ORDER BY order_id")
    at = datetime(2024, 1, 9, 10)
    assert outcome.rows == (
        (100, 1, "none", None, Decimal(3), at, at, None),
        (105, 1, "none", None, None, at, at, None),
    )
    described = {c.name: (c.type_name, c.precision, c.scale, c.nullable) for c in outcome.columns}
    assert described["note"] == ("varchar", 256, 0, 1)
    assert described["amount"] == ("numeric", 18, 0, 1)
    assert described["code"] == ("bpchar", 3, 0, 1)
    assert described["order_id"] == ("int8", 19, 0, 0)
    assert {(c.schema_name, c.table_name) for c in outcome.columns} == {("sales", "orders")}


def test_keys_are_informational(orders: Any) -> None:
    orders.run("INSERT INTO customers VALUES (1), (1)")
    # neither the unique pair nor the foreign key is enforced
    orders.run("INSERT INTO sales.orders (customer, code) VALUES (9, 'x'), (9, 'x')")
    assert orders.value("count(*) FROM sales.orders") == 2


def test_a_primary_key_column_takes_no_null(orders: Any) -> None:
    with pytest.raises(SqlError) as caught:
        orders.run("INSERT INTO customers VALUES (NULL)")
    assert caught.value.message == "ERROR: Cannot insert a NULL value into column id"


def test_an_identity_column_takes_no_value(orders: Any) -> None:
    with pytest.raises(SqlError, match="cannot set an identity column to a value"):
        orders.run("INSERT INTO sales.orders (order_id, customer) VALUES (1, 1)")


def test_varchar_counts_bytes(orders: Any) -> None:
    orders.run("CREATE TABLE t (a varchar(3), b char(2))")
    orders.run("INSERT INTO t VALUES ('é', 'a')")
    with pytest.raises(SqlError) as caught:
        orders.run("INSERT INTO t (a) VALUES ('éé')")
    assert caught.value.message.startswith("ERROR: Value too long for character type\n")
    assert "value too long for type character varying(3)\n" in caught.value.message
    # "Character types": CHAR holds single-byte characters only
    with pytest.raises(SqlError, match=r"value too long for type character\(2\)"):
        orders.run("INSERT INTO t (b) VALUES ('é')")
    with pytest.raises(SqlError, match=r"character varying\(256\)"):
        orders.run("INSERT INTO sales.orders (customer, note) SELECT 1, repeat('x', 257)")


@pytest.mark.parametrize(
    "create",
    [
        "CREATE TABLE copied AS SELECT a FROM source",
        "CREATE TABLE copied DISTKEY(a) SORTKEY(a) AS (SELECT a FROM source)",
        "CREATE TABLE copied (a) DISTSTYLE EVEN AS SELECT a FROM source",
        "CREATE TABLE copied (LIKE source)",
        "CREATE TEMP TABLE copied AS SELECT a::varchar(2) FROM source",
        "CREATE TABLE copied (b int)",
    ],
)
def test_copies_of_a_table_count_bytes_too(desk: Any, create: str) -> None:
    add = ["ALTER TABLE copied ADD COLUMN a varchar(2)"] if "(b int)" in create else []
    with pytest.raises(SqlError, match=r"value too long for type character varying\(2\)"):
        desk.run(
            "CREATE TABLE source (a varchar(2))",
            create,
            *add,
            "INSERT INTO copied (a) VALUES ('éé')",
        )


def test_a_key_of_an_unknown_column_is_an_error(desk: Any) -> None:
    for attribute in ("DISTKEY (b)", "SORTKEY (b)", "DISTSTYLE KEY DISTKEY (b)"):
        with pytest.raises(SqlError, match='column "b" named in key does not exist'):
            desk.run(f"CREATE TABLE t (a int) {attribute}")
    with pytest.raises(SqlError, match='column "b" does not exist'):
        desk.run("CREATE TABLE t DISTKEY(b) AS SELECT 1 AS a")


def test_a_reference_to_a_missing_table_is_an_error(desk: Any) -> None:
    with pytest.raises(SqlError, match='relation "gone" does not exist'):
        desk.run("CREATE TABLE t (a int REFERENCES gone (id))")


def test_contradicting_distribution_is_an_error(desk: Any) -> None:
    with pytest.raises(SqlError, match="Cannot specify DISTKEY column with DISTSTYLE EVEN"):
        desk.run("CREATE TABLE t (a int DISTKEY) DISTSTYLE EVEN")


def test_like_keeps_not_null_and_leaves_identity_out(desk: Any) -> None:
    desk.run(
        "CREATE TABLE t (a int IDENTITY(1,1), b int NOT NULL DEFAULT 5)",
        "CREATE TABLE u (LIKE t INCLUDING DEFAULTS)",
        "CREATE TABLE v (LIKE t)",
    )
    desk.run("INSERT INTO u (a) VALUES (1)")
    assert desk.rows("SELECT * FROM u") == [(1, 5)]
    with pytest.raises(SqlError, match="Cannot insert a NULL value into column b"):
        desk.run("INSERT INTO v (a) VALUES (1)")


def test_temporary_tables_end_with_their_session(desk: Any) -> None:
    made = "CREATE TABLE #work (a int)"
    assert desk.rows(made, "INSERT INTO #work VALUES (1)", "SELECT * FROM #work") == [(1,)]
    with pytest.raises(SqlError, match='relation "#work" does not exist'):
        desk.run("SELECT * FROM #work")
    desk.run("CREATE TEMPORARY TABLE work (a int)")
    with pytest.raises(SqlError, match='relation "work" does not exist'):
        desk.run("SELECT * FROM work")


def test_altering_a_table(desk: Any) -> None:
    desk.run(
        "CREATE TABLE t (a int, b int)",
        "INSERT INTO t VALUES (1, 2)",
        "ALTER TABLE t ADD COLUMN c int DEFAULT 3 ENCODE az64",
        "ALTER TABLE t DROP COLUMN b",
        "ALTER TABLE t RENAME COLUMN a TO first",
        "ALTER TABLE t RENAME TO renamed",
        "ALTER TABLE renamed OWNER TO etl",
        "ALTER TABLE renamed ALTER DISTSTYLE KEY DISTKEY first",
        "ALTER TABLE renamed ALTER SORTKEY (first, c)",
    )
    outcome = desk.run("SELECT * FROM renamed", user="etl")
    assert ([c.name for c in outcome.columns], outcome.rows) == (["first", "c"], ((1, 3),))


def test_a_view_shows_its_tables_rows(desk: Any) -> None:
    desk.run(
        "CREATE TABLE t (a int)",
        "CREATE VIEW v (total) AS SELECT sum(a) FROM t",
        "CREATE OR REPLACE VIEW w AS SELECT getdate() AS at, total FROM v",
        "INSERT INTO t VALUES (1), (2)",
    )
    assert desk.rows("SELECT total FROM w") == [(3,)]
    with pytest.raises(SqlError, match="other objects depend on it"):
        desk.run("DROP TABLE t")
    with pytest.raises(SqlError, match="All the relation names inside should be qualified"):
        desk.run("CREATE VIEW x AS SELECT a FROM t WITH NO SCHEMA BINDING")


def test_dropping_what_may_be_missing(desk: Any) -> None:
    desk.run("DROP TABLE IF EXISTS gone, nowhere.gone CASCADE", "DROP VIEW IF EXISTS gone")
    with pytest.raises(SqlError) as caught:
        desk.run("DROP TABLE gone")
    assert caught.value.message == 'ERROR: table "gone" does not exist'


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("CREATE INDEX i ON t (a)", "CREATE INDEX is not supported"),
        ("CREATE TABLE t (a int CHECK (a > 0))", "syntax error"),
        ("CREATE TABLE t (a serial)", 'Column "t.a" has unsupported type "serial".'),
        ("CREATE TABLE t (a int[])", 'Column "t.a" has unsupported type "integer[]".'),
        ("CREATE TABLE t (a jsonb)", 'type "jsonb" does not exist'),
        ("CREATE TABLE t (a varchar(65536))", "cannot exceed 65535"),
        ("CREATE TABLE t (a decimal(39, 0))", "between 1 and 38"),
        ("CREATE TABLE t (a int) PARTITION BY RANGE (a)", "syntax error"),
        ("CREATE UNLOGGED TABLE t (a int)", "syntax error"),
        ("CREATE EXTERNAL MODEL m", "not simulated: CREATE EXTERNAL MODEL"),
        ("CREATE FUNCTION f(int) RETURNS int STABLE AS $$ return 1 $$ LANGUAGE plpythonu",
         "not simulated: CREATE FUNCTION ... LANGUAGE plpythonu"),
        ("CREATE TABLE t (a int ENCODE gzip)", 'invalid encoding type "gzip"'),
        ("CREATE TABLE t (a varchar IDENTITY(1, 1))", "must be of type INT or BIGINT"),
        ("CREATE TABLE t (a int, a int)", "specified more than once"),
        (f"CREATE TABLE {'x' * 64} (a int)", "names over 63 bytes"),
    ],
)  # fmt: skip
def test_ddl_that_redshift_or_we_lack_is_refused(desk: Any, sql: str, message: str) -> None:
    with pytest.raises(SqlError) as caught:
        desk.run(sql)
    assert message in caught.value.message


def test_maintenance_checks_that_its_table_exists(desk: Any) -> None:
    desk.run("CREATE TABLE t (a int)", "ANALYZE", "ANALYZE t (a)", "COMMENT ON TABLE t IS 'x'")
    desk.run("VACUUM FULL t TO 99 PERCENT")
    for sql in ("ANALYZE gone", "VACUUM gone"):
        with pytest.raises(SqlError, match='relation "gone" does not exist'):
            desk.run(sql)


def test_vacuum_wants_a_transaction_of_its_own(desk: Any) -> None:
    for batch in (("SELECT 1", "VACUUM"), ("VACUUM", "SELECT 1")):
        with pytest.raises(SqlError, match="VACUUM cannot run inside a transaction block"):
            desk.run(*batch)


def test_harmless_settings_are_taken_and_others_refused(desk: Any) -> None:
    desk.run("SET query_group TO 'etl'", "SET statement_timeout = 60000")
    rows = desk.rows(
        "CREATE SCHEMA s", "CREATE TABLE s.t (a int)", "SET search_path TO s, public",
        "INSERT INTO t VALUES (1)", "SELECT * FROM s.t",
    )  # fmt: skip
    assert rows == [(1,)]
    with pytest.raises(NotSupported, match="SET downcase_delimited_identifier"):
        desk.run("SET downcase_delimited_identifier TO off")
