"""COPY from the lake: S3's prefixes, Redshift's reading of CSV, and its errors."""

from __future__ import annotations

import bz2
import gzip
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from simulator.sql.errors import NotSupported, SqlError

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/load'"
Put = Callable[[str, bytes], None]
FAILED = "ERROR: Load into table 't' failed.  Check 'stl_load_errors' system table for details."


@pytest.fixture
def table(desk: Any) -> Any:
    desk.run("CREATE TABLE t (a int, b varchar(6), c decimal(8,2), d date)")
    return desk


def load(desk: Any, options: str, source: str = "s3://lake/in/", columns: str = "") -> Any:
    return desk.run(f"COPY t {columns} FROM '{source}' {ROLE} {options}")


def rows(desk: Any) -> Any:
    return desk.rows("SELECT * FROM t ORDER BY a")


def test_a_prefix_is_text_and_no_folder(table: Any, put: Put) -> None:
    put("in/day=1/part.csv", b"1,x,,\n")
    put("in/day=10.csv", b"2,y,,\n")
    put("in/other.csv", b"3,z,,\n")
    assert load(table, "CSV", "s3://lake/in/day=1").row_count == 2
    assert [row[0] for row in rows(table)] == [1, 2]


def test_a_prefix_without_objects_fails_by_name(table: Any) -> None:
    with pytest.raises(SqlError) as caught:
        load(table, "CSV", "s3://lake/in/2024-01-09/")
    assert caught.value.message == (
        "ERROR: The specified S3 prefix 'in/2024-01-09/' does not exist"
    )


def test_an_unknown_bucket_fails_as_s3_says(table: Any) -> None:
    with pytest.raises(SqlError, match="S3ServiceException:The specified bucket does not exist"):
        load(table, "CSV", "s3://nowhere/x")


def test_gzip_header_quotes_and_line_ends(table: Any, put: Put) -> None:
    content = 'a,b,c,d\r\n1,"x, ""y""",1.50,2024-01-09\r\n2,"é\nz",,\r\n'.encode()
    put("in/1.csv.gz", gzip.compress(content))
    put("in/2.csv.gz", gzip.compress(b"\xef\xbb\xbfa,b,c,d\n3,no end,3,2024-01-10"))
    table.run(
        "ALTER TABLE t RENAME TO before", "CREATE TABLE t (a int, b varchar(9), c text, d text)"
    )
    assert load(table, "FORMAT AS CSV GZIP IGNOREHEADER 1").row_count == 3
    assert rows(table) == [
        (1, 'x, "y"', "1.50", "2024-01-09"),
        (2, "é\nz", "", ""),
        (3, "no end", "3", "2024-01-10"),
    ]


def test_an_empty_field_is_an_empty_string_or_null_by_type(table: Any, put: Put) -> None:
    put("in/1", b'1,,,\n2,"","",""\n')
    load(table, "CSV")
    assert rows(table) == [(1, "", None, None), (2, "", None, None)]


@pytest.mark.parametrize("option", ["EMPTYASNULL", "NULL AS ''"])
def test_empty_fields_as_null(table: Any, put: Put, option: str) -> None:
    put("in/1", b"1,,,\n")
    load(table, f"CSV {option}")
    assert rows(table) == [(1, None, None, None)]


def test_the_null_string(table: Any, put: Put) -> None:
    put("in/1", b"1,\\N,\\N,\n2,x,2.5,2024-01-09\n")
    load(table, "CSV")
    assert rows(table)[0] == (1, None, None, None)
    table.run("DELETE FROM t")
    put("in/1", b"1,NA,NA,NA\n2,,,\n")
    load(table, "CSV NULL AS 'NA'")
    assert rows(table) == [(1, None, None, None), (2, "", None, None)]


def test_decimals_are_cut_not_rounded(table: Any, put: Put) -> None:
    # "ROUNDEC": without it COPY truncates a value to the column's scale
    put("in/1", b"1,x,20.259,\n2,x,-20.259,\n3,x,7,\n")
    load(table, "CSV")
    assert [row[2] for row in rows(table)] == [Decimal("20.25"), Decimal("-20.25"), Decimal(7)]


def test_a_delimited_file_with_a_closing_delimiter(table: Any, put: Put) -> None:
    put("in/1", b'1|a"b|1.00|2024-01-09|\n2|c|2.00|\n')
    load(table, "DELIMITER '|'")
    assert [row[:2] for row in rows(table)] == [(1, 'a"b'), (2, "c")]


def test_columns_by_name_leave_the_rest_to_their_defaults(desk: Any, put: Put) -> None:
    desk.run("CREATE TABLE t (id bigint IDENTITY(1,1), a int, b varchar DEFAULT 'none')")
    put("in/1", b"7\n8\n")
    load(desk, "CSV", columns="(a)")
    put("in/1", b"9,given\n")
    load(desk, "CSV")
    assert desk.rows("SELECT * FROM t ORDER BY a") == [
        (1, 7, "none"),
        (2, 8, "none"),
        (3, 9, "given"),
    ]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"1,x,1\n", "Delimiter not found"),
        (b"1,x,1,,5\n", "Extra column(s) found"),
        (b"one,x,1,\n", "Invalid digit, Value 'o', Pos 0, Type: Integer"),
        (b"1,toolong,1,\n", "String length exceeds DDL length"),
        ("1,éééé,1,\n".encode(), "String length exceeds DDL length"),
        (b"1,x,1,2024-02-30\n", "Invalid Date Format"),
        (b"1,x,1,01/02/2024\n", "Invalid Date Format"),
        (b"1,\xff,1,\n", "Bad UTF8 hex sequence: ff"),
        (b"1,x,1234567.00,\n", "out of range for NUMERIC(8,2)"),
    ],
)
def test_what_does_not_fit_fails_the_load(
    table: Any, put: Put, content: bytes, detail: str
) -> None:
    put("in/1", b"5,fine,1,\n" + content)
    with pytest.raises(SqlError) as caught:
        load(table, "CSV")
    assert caught.value.message == FAILED
    assert detail in caught.value.detail
    assert rows(table) == []


def test_rows_read_here_fail_alike(table: Any, put: Put) -> None:
    put("in/1", b"1,toolongforit,1.119,\n")
    load(table, "CSV TRUNCATECOLUMNS")
    assert rows(table) == [(1, "toolon", Decimal("1.11"), None)]
    put("in/1", b"1,x\n")
    with pytest.raises(SqlError) as caught:
        load(table, "CSV TRUNCATECOLUMNS")
    assert caught.value.message == FAILED
    assert caught.value.detail == "s3://lake/in/1, line 1: Delimiter not found"
    table.run("DELETE FROM t")
    load(table, "CSV FILLRECORD BLANKSASNULL")
    assert rows(table) == [(1, "x", None, None)]


@pytest.mark.parametrize(
    ("options", "content", "said"),
    [
        # plain CSV, which PostgreSQL reads; a quoted line break counts as a line
        ("CSV", b'6,"x\ny",1,\n7,x,1,\nsix,x,1,\n8,x,1,\n',
         ("Invalid digit, Value 's', Pos 0, Type: Integer", "line 5: column a")),
        ("CSV", b"6,x,1,\n7,x,1\n", ("Delimiter not found", "line 3: ")),
        # rows read here
        ("CSV IGNOREBLANKLINES", b'6,"x\ny",1,\n\nsix,x,1,\n8,x,1,\n',
         ("Invalid digit, Value 's', Pos 0, Type: Integer", "line 5: column a")),
        ("DELIMITER ','", b"6,x,1,\n7,toolong,1,\n8,x,1,\n",
         ("String length exceeds DDL length", "line 3: column b")),
        ("CSV IGNOREBLANKLINES", b"6,x,1,\n\n7,x,1,2024-01-09,9\n",
         ("Extra column(s) found", "line 4: ")),
        ("CSV BLANKSASNULL", b'6,x,1,\n7,"x"y,1,\n', ("expected after", "line 3: ")),
        ("CSV BLANKSASNULL", b"6,x,1,\n7,\xff,1,\n", ("Bad UTF8 hex sequence: ff", "line 3: ")),
    ],
)  # fmt: skip
def test_bad_data_is_told_with_its_file_and_the_line_there(
    table: Any, put: Put, options: str, content: bytes, said: tuple[str, str]
) -> None:
    put("in/1.csv", b"a,b,c,d\n1,x,1,\n2,x,1,\n3,x,1,\n")
    put("in/2.csv", b"a,b,c,d\n" + content)
    put("in/3.csv", b"a,b,c,d\n9,x,1,\n")
    with pytest.raises(SqlError) as caught:
        load(table, f"{options} IGNOREHEADER 1")
    assert caught.value.message == FAILED
    what, place = said
    assert what in caught.value.detail
    assert f"s3://lake/in/2.csv, {place}" in caught.value.detail


def test_an_empty_file_holds_no_row(table: Any, put: Put) -> None:
    put("in/1", b"")
    put("in/2", b"1|x|1.00|2024-01-09\n")
    assert load(table, "DELIMITER '|'").row_count == 1


def test_a_file_that_is_not_gzip_fails_the_load(table: Any, put: Put) -> None:
    put("in/1", b"1,x,,\n")
    with pytest.raises(SqlError) as caught:
        load(table, "CSV GZIP")
    assert caught.value.message == FAILED
    assert caught.value.detail.startswith("s3://lake/in/1: not in gzip format")


def test_a_missing_table_or_column_is_named(table: Any, put: Put) -> None:
    put("in/1", b"1\n")
    with pytest.raises(SqlError, match="Cannot COPY into nonexistent table gone"):
        table.run(f"COPY gone FROM 's3://lake/in/' {ROLE} CSV")
    with pytest.raises(SqlError, match='column "z" of relation "t" does not exist'):
        load(table, "CSV", columns="(z)")


def test_a_user_without_the_right_may_not_load(table: Any, put: Put) -> None:
    put("in/1", b"1,x,,\n")
    with pytest.raises(SqlError, match="permission denied"):
        table.run(f"COPY t FROM 's3://lake/in/' {ROLE} CSV", user="analyst")


@pytest.mark.parametrize(
    "option",
    ["LZOP", "FORMAT AS AVRO 'auto'", "ENCRYPTED", "SSH", "READRATIO 50", "ENCODING ISO88591"],
)
def test_options_that_are_not_simulated_are_refused_by_name(table: Any, option: str) -> None:
    with pytest.raises(NotSupported, match=r"COPY \.\.\. "):
        load(table, option)


def test_harmless_options_are_taken(table: Any, put: Put) -> None:
    put("in/1", b"1,x,1.00,2024-01-09\n")
    load(
        table,
        "CSV QUOTE AS '\"' REGION AS 'eu-west-1' DATEFORMAT 'auto' TIMEFORMAT AS 'auto'"
        " COMPUPDATE OFF STATUPDATE ON MAXERROR 0 ENCODING UTF8 ACCEPTINVCHARS",
    )
    assert len(rows(table)) == 1
    table.run("COPY t FROM 's3://lake/in/' IAM_ROLE DEFAULT CSV")


def test_authorization_is_required(table: Any) -> None:
    with pytest.raises(SqlError, match="CREDENTIALS argument is required"):
        table.run("COPY t FROM 's3://lake/in/' CSV")


def test_what_was_loaded_is_known_to_the_planner(table: Any, put: Put) -> None:
    put("in/1.csv", b"".join(b"%d,x,,\n" % number for number in range(300)))
    load(table, "CSV")
    connection = table.warehouse.connection("dev")
    found = connection.execute("SELECT reltuples FROM pg_class WHERE relname = 't'").fetchone()
    table.warehouse.give_back("dev", connection)
    assert found == (300.0,)


def test_json_by_names_and_by_paths(table: Any, put: Put) -> None:
    # "Load from JSON data using the 'auto' option": names in lower case, any order, more fields
    put("in/1", b'{"b": "x", "a": 1, "other": [1]}\n{"a": 2, "c": 1.509, "d": "2024-01-09"}')
    load(table, "FORMAT AS JSON 'auto'")
    assert [row[:3] for row in rows(table)] == [(1, "x", None), (2, None, Decimal("1.50"))]
    table.run("DELETE FROM t")
    put("in/1", b'{"A": 3, "B": {"z": true}}')
    load(table, "JSON 'auto ignorecase' TRUNCATECOLUMNS")
    assert [row[:2] for row in rows(table)] == [(3, '{"z":t')]
    table.run("DELETE FROM t")
    put("in/1", b'{"k": {"id": 4, "tags": ["p", "q"]}, "p": 2.5}')
    put("paths.json", b'{"jsonpaths": ["$.k.id", "$[\'k\'][\'tags\'][1]", "$.p", "$.none"]}')
    load(table, "JSON 's3://lake/paths.json'")
    assert rows(table) == [(4, "q", Decimal("2.50"), None)]
    put("paths.json", b'{"jsonpaths": ["$.k.id"]}')
    with pytest.raises(SqlError, match="Number of jsonpaths and the number of columns"):
        load(table, "JSON 's3://lake/paths.json'")


def test_a_manifest_names_the_files(table: Any, put: Put) -> None:
    put("in/1", b"1,x,,\n")
    put("in/2", b"2,x,,\n")
    entries = b'{"entries": [{"url": "s3://lake/in/2", "mandatory": true}, %s]}'
    put("m", entries % b'{"url": "s3://lake/in/gone", "mandatory": false}')
    assert load(table, "CSV MANIFEST", "s3://lake/m").row_count == 1
    put("m", entries % b'{"url": "s3://lake/in/gone", "mandatory": true}')
    with pytest.raises(SqlError, match="s3://lake/in/gone not found"):
        load(table, "CSV MANIFEST", "s3://lake/m")


def test_fixed_width_columns_count_characters(table: Any, put: Put) -> None:
    put("in/1", "  1été   1.502024-01-09\n 22b    12.25\n".encode())
    load(table, "FIXEDWIDTH 'a:3,b:5,c:5,d:10' TRIMBLANKS")
    assert [row[:3] for row in rows(table)] == [
        (1, "été", Decimal("1.50")),
        (22, "b", Decimal("12.25")),
    ]


def test_escape_and_removequotes(desk: Any, put: Put) -> None:
    # The examples of "ESCAPE".
    desk.run("CREATE TABLE t (a int, b varchar(60))")
    put(
        "in/1",
        rb"""1|The quick brown fox\
jumped over the lazy dog.
2| A\\B\\C
3| A \| B \| C
4|'A Midsummer Night\'s Dream'
5|\N
""",
    )
    load(desk, "ESCAPE REMOVEQUOTES")
    assert rows(desk) == [
        (1, "The quick brown fox\njumped over the lazy dog."),
        (2, " A\\B\\C"),
        (3, " A | B | C"),
        (4, "A Midsummer Night's Dream"),
        (5, None),
    ]


@pytest.mark.parametrize(
    ("options", "content", "wanted"),
    [
        ("DATEFORMAT 'MM/DD/YYYY'", "01/09/2024", "2024-01-09"),
        ("DATEFORMAT 'DD-MON-YY'", "09-Jan-24", "2024-01-09"),
        ("DATEFORMAT 'auto'", "01/09/2024", "2024-01-09"),
        ("DATEFORMAT 'auto' ACCEPTANYDATE", "00/00/00", "None"),
    ],
)
def test_formats_of_dates(desk: Any, put: Put, options: str, content: str, wanted: str) -> None:
    desk.run("CREATE TABLE t (a date)")
    put("in/1", f"{content}\n".encode())
    load(desk, f"CSV {options}")
    assert str(rows(desk)[0][0]) == wanted


@pytest.mark.parametrize(
    ("options", "content", "wanted"),
    [
        ("", "2024-01-09 08:30:15.5", "2024-01-09 08:30:15.500000"),
        ("TIMEFORMAT 'MM/DD/YYYY HH:MI:SS'", "01/09/2024 8:30:15", "2024-01-09 08:30:15"),
        ("TIMEFORMAT 'YYYY-MM-DD HH12:MI:SS AM'", "2024-01-09 08:30:15 PM",
         "2024-01-09 20:30:15"),
        ("TIMEFORMAT 'epochsecs'", "1704794400", "2024-01-09 10:00:00"),
        ("TIMEFORMAT 'epochmillisecs'", "1704794400500", "2024-01-09 10:00:00.500000"),
        ("TIMEFORMAT 'auto'", "2024-01-09T10:00:00Z", "2024-01-09 10:00:00"),
    ],
)  # fmt: skip
def test_formats_of_times(desk: Any, put: Put, options: str, content: str, wanted: str) -> None:
    desk.run("CREATE TABLE t (a timestamp)")
    put("in/1", f"{content}\n".encode())
    load(desk, f"CSV {options}")
    assert str(rows(desk)[0][0]) == wanted


def test_noload_reads_and_loads_nothing(table: Any, put: Put) -> None:
    put("in/1", b"1,x,,\n")
    load(table, "CSV NOLOAD")
    assert rows(table) == []
    put("in/1", b"x,x,,\n")
    with pytest.raises(SqlError):
        load(table, "CSV NOLOAD")


def test_parquet_by_the_places_of_columns(table: Any, lake_folder: Any) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    (lake_folder / "in").mkdir()
    content = arrow.table(
        {
            "n": arrow.array([1, 2], arrow.int32()),
            "w": ["x", None],
            "m": arrow.array([Decimal("1.50"), None], arrow.decimal128(8, 2)),
            "day": arrow.array([19731, None], arrow.date32()),
        }
    )
    parquet.write_table(content, lake_folder / "in" / "1.parquet")
    load(table, "FORMAT AS PARQUET")
    assert [tuple(map(str, row)) for row in rows(table)] == [
        ("1", "x", "1.50", "2024-01-09"),
        ("2", "None", "None", "None"),
    ]
    with pytest.raises(SqlError, match="not supported for PARQUET based COPY"):
        load(table, "FORMAT AS PARQUET MAXERROR 3")


def test_compression_and_encoding(table: Any, put: Put) -> None:
    put("in/1", bz2.compress(b"1,x,,\n"))
    load(table, "CSV BZIP2")
    put("in/1", "2,é,,\n".encode("utf-16"))
    load(table, "CSV ENCODING UTF16")
    assert [row[:2] for row in rows(table)] == [(1, "x"), (2, "é")]


def test_invalid_characters_are_replaced_by_as_many(table: Any, put: Put) -> None:
    put("in/1", b"1,a\xe0\xa1b,,\n")
    load(table, "CSV ACCEPTINVCHARS AS '^'")
    assert rows(table)[0][1] == "a^^b"


def test_what_was_replaced_stands_in_stl_replacements(table: Any, put: Put) -> None:
    put("in/1", b"1|a|1.00|\n2|\xffx|\xff|\n3|\xc3|1.00|\n4|\xc3\xa9|1.00|\n")
    load(table, "ACCEPTINVCHARS MAXERROR 2")
    # the second row is none, since its replaced amount is no number
    assert [row[:2] for row in rows(table)] == [(1, "a"), (3, "?"), (4, "é")]
    asked = (
        "SELECT r.query = l.query, trim(r.filename), r.line_number, trim(r.colname),"
        " trim(r.raw_line) FROM stl_replacements r JOIN stl_load_commits l USING (query)"
    )
    assert table.rows(asked) == [(True, "s3://lake/in/1", 3, "b", "3|?|1.00|")]
    assert table.rows("SELECT raw_line FROM stl_load_errors")[0][0].rstrip() == "2|?x|?|"
    # "each of the first 100 rows ... that required at least one replacement"
    put("in/1", b"1|\xff|1.00|\n" * 150)
    load(table, "ACCEPTINVCHARS")
    last = "(SELECT max(query) FROM stl_load_commits)"
    assert table.rows(f"SELECT count(*) FROM stl_replacements WHERE query = {last}") == [(100,)]


def test_explicit_ids_and_defaults(desk: Any, put: Put) -> None:
    desk.run("CREATE TABLE t (id int IDENTITY(1,1), a int NOT NULL, b int DEFAULT 7)")
    put("in/1", b"100,5,6\n")
    load(desk, "CSV EXPLICIT_IDS")
    put("in/1", b"8\n")
    load(desk, "CSV", columns="(a)")
    assert rows(desk) == [(100, 5, 6), (1, 8, 7)]
    put("in/1", b",1\n")
    with pytest.raises(SqlError) as caught:
        load(desk, "CSV", columns="(a, b)")
    assert "Missing data for not-null field" in caught.value.detail


def test_maxerror_skips_what_does_not_fit_and_the_system_views_tell(table: Any, put: Put) -> None:
    put("in/1", b"1|x|1.00|2024-01-09\nzwei|x|1|\n3|toolong|1|\n4|y|1|\n")
    with pytest.raises(SqlError):
        load(table, "MAXERROR 2")
    assert load(table, "MAXERROR 3").row_count == 2
    assert [row[0] for row in rows(table)] == [1, 4]
    said = table.rows(
        "SELECT trim(filename), line_number, trim(colname), trim(type), trim(col_length),"
        " trim(raw_field_value), err_code, trim(err_reason) FROM stl_load_errors"
        " WHERE query = (SELECT max(query) FROM stl_load_errors) ORDER BY line_number"
    )
    assert said == [
        ("s3://lake/in/1", 2, "a", "int4", "0", "zwei", 1207,
         "Invalid digit, Value 'z', Pos 0, Type: Integer"),
        ("s3://lake/in/1", 3, "b", "varchar", "6", "toolong", 1204,
         "String length exceeds DDL length"),
    ]  # fmt: skip
    detail = table.rows(
        "SELECT file_name, line_number, column_name, error_code, error_message"
        " FROM sys_load_error_detail ORDER BY query_id, line_number"
    )
    # both loads that met errors are there, the failed one too
    assert len(detail) == 4
    assert detail[0] == ("s3://lake/in/1", 2, "a", 1207,
                         "Invalid digit, Value 'z', Pos 0, Type: Integer")  # fmt: skip
