"""UNLOAD into the lake: file names, formats and refusals, by "UNLOAD" and "UNLOAD examples"."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from simulator.sql.errors import NotSupported, SqlError

ROLE = "IAM_ROLE 'arn:aws:iam::123456789012:role/unload'"
VENUES = """INSERT INTO venue VALUES
    (1, 'Pinewood Racetrack', 'Akron', 'OH', 0),
    (2, 'Columbus "Crew" Stadium', 'Columbus', 'OH', NULL),
    (4, 'Community, Ballpark, Arena', 'Kansas City', 'KS', 0)"""


@pytest.fixture
def venue(desk: Any) -> Any:
    desk.run(
        "CREATE TABLE venue (venueid smallint, venuename varchar(100), venuecity varchar(30),"
        " venuestate char(2), venueseats integer)",
        VENUES,
    )
    return desk


def unload(desk: Any, options: str, *, query: str = "", to: str = "out/v_") -> Any:
    query = (query or "select * from venue order by venueid").replace("'", "''")
    return desk.run(f"UNLOAD ('{query}') TO 's3://lake/{to}' {ROLE} {options}")


def written(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_one_file_in_order_without_parallel(venue: Any, lake_folder: Path) -> None:
    assert unload(venue, "PARALLEL OFF HEADER").row_count == 3
    assert written(lake_folder) == {
        "out/v_000": "venueid|venuename|venuecity|venuestate|venueseats\n"
        "1|Pinewood Racetrack|Akron|OH|0\n"
        '2|Columbus "Crew" Stadium|Columbus|OH|\n'
        "4|Community, Ballpark, Arena|Kansas City|KS|0\n"
    }


def test_csv_quotes_what_needs_it(venue: Any, lake_folder: Path) -> None:
    unload(venue, "CSV PARALLEL FALSE NULL AS 'none'")
    assert written(lake_folder)["out/v_000"] == (
        "1,Pinewood Racetrack,Akron,OH,0\n"
        '2,"Columbus ""Crew"" Stadium",Columbus,OH,none\n'
        '4,"Community, Ballpark, Arena",Kansas City,KS,0\n'
    )


def test_a_part_for_each_slice_and_a_manifest_that_copy_reads(
    venue: Any, lake_folder: Path
) -> None:
    unload(venue, "MANIFEST")
    names = [f"out/v_000{slice_}_part_00" for slice_ in range(3)]
    assert list(written(lake_folder)) == [*names, "out/v_manifest"]
    manifest = json.loads((lake_folder / "out/v_manifest").read_text())
    assert manifest == {"entries": [{"url": f"s3://lake/{name}"} for name in names]}
    venue.run(
        "CREATE TABLE loadvenue (LIKE venue)",
        f"COPY loadvenue FROM 's3://lake/out/v_manifest' {ROLE} MANIFEST",
    )
    assert venue.rows("SELECT * FROM loadvenue MINUS SELECT * FROM venue") == []
    assert venue.value("count(*) FROM loadvenue") == 3


def test_a_verbose_manifest_counts_and_describes(venue: Any, lake_folder: Path) -> None:
    unload(venue, "PARALLEL OFF MANIFEST VERBOSE", query="select venueid, venuename from venue")
    manifest = json.loads((lake_folder / "out/v_manifest").read_text())
    size = (lake_folder / "out/v_000").stat().st_size
    assert manifest["meta"] == {"content_length": size, "record_count": 3}
    assert manifest["entries"][0]["meta"] == {"content_length": size, "record_count": 3}
    assert manifest["author"]["name"] == "Amazon Redshift"
    assert [one["name"] for one in manifest["schema"]["elements"]] == ["venueid", "venuename"]


def test_json_has_an_object_in_each_line(venue: Any, lake_folder: Path) -> None:
    query = (
        "select venueid, venuename, venueseats is null as none, venueseats from venue order by 1"
    )
    unload(venue, "JSON PARALLEL OFF", query=query)
    assert written(lake_folder)["out/v_000"].splitlines()[:2] == [
        '{"venueid":1,"venuename":"Pinewood Racetrack","none":"f","venueseats":0}',
        '{"venueid":2,"venuename":"Columbus \\"Crew\\" Stadium","none":"t","venueseats":null}',
    ]


def test_escape_and_addquotes(desk: Any, lake_folder: Path) -> None:
    desk.run("CREATE TABLE t (a int, b varchar(20))", "INSERT INTO t VALUES (1, 'x|y\\\\z')")
    unload(desk, "PARALLEL OFF ESCAPE", query="select * from t")
    assert written(lake_folder)["out/v_000"] == "1|x\\|y\\\\z\n"
    unload(desk, "PARALLEL OFF ADDQUOTES ALLOWOVERWRITE", query="select a, 'q' as b from t")
    assert written(lake_folder)["out/v_000"] == '"1"|"q"\n'


def test_fixed_width_and_delimiters(venue: Any, lake_folder: Path) -> None:
    query = "select venueid, venuestate from venue order by 1"
    unload(venue, "PARALLEL OFF FIXEDWIDTH 'venueid:3,venuestate:4'", query=query)
    assert written(lake_folder)["out/v_000"].splitlines()[0] == "1  OH  "
    with pytest.raises(SqlError, match="wider than 1"):
        unload(venue, "FIXEDWIDTH 'a:3,b:1'", query=query, to="other/")
    unload(venue, "PARALLEL OFF DELIMITER AS '\\t' GZIP", query=query, to="tab/")
    packed = (lake_folder / "tab/000.gz").read_bytes()
    assert gzip.decompress(packed) == b"1\tOH\n2\tOH\n4\tKS\n"


def test_partitions_are_folders_without_their_column(venue: Any, lake_folder: Path) -> None:
    unload(
        venue,
        "CSV PARTITION BY (venuestate, venueseats) PARALLEL OFF",
        query="select venueid, venuestate, venueseats from venue",
        to="p",
    )
    assert written(lake_folder) == {
        "p/venuestate=KS/venueseats=0/000": "4\n",
        "p/venuestate=OH/venueseats=0/000": "1\n",
        "p/venuestate=OH/venueseats=__HIVE_DEFAULT_PARTITION__/000": "2\n",
    }
    unload(
        venue,
        "CSV PARTITION BY (venuestate) INCLUDE CLEANPATH PARALLEL OFF",
        query="select venueid, venuestate from venue where venuestate = 'KS'",
        to="p",
    )
    assert written(lake_folder)["p/venuestate=KS/000"] == "4,KS\n"


def test_files_in_the_way_stop_it(venue: Any, lake_folder: Path) -> None:
    unload(venue, "PARALLEL OFF")
    with pytest.raises(SqlError, match="Specified unload destination on S3 is not empty"):
        unload(venue, "PARALLEL OFF")
    unload(venue, "PARALLEL OFF ALLOWOVERWRITE", query="select 7 as seven")
    assert written(lake_folder) == {"out/v_000": "7\n"}
    unload(venue, "CLEANPATH", query="select 8 as eight")
    assert written(lake_folder) == {"out/v_0000_part_00": "8\n"}


def test_files_are_cut_at_their_largest_size(desk: Any, lake_folder: Path) -> None:
    desk.run("CREATE TABLE t (a varchar(65535))")
    desk.run("INSERT INTO t SELECT repeat('x', 65000) FROM (" + " UNION ALL ".join(
        ["SELECT 1"] * 100) + ")")  # fmt: skip
    unload(desk, "PARALLEL OFF MAXFILESIZE 5 MB", query="select * from t")
    sizes = [path.stat().st_size for path in sorted((lake_folder / "out").iterdir())]
    assert [path.name for path in sorted((lake_folder / "out").iterdir())] == ["v_000", "v_001"]
    assert sizes == [80 * 65001, 20 * 65001]


def test_parquet_keeps_types(desk: Any, lake_folder: Path) -> None:
    pytest.importorskip("pyarrow")
    desk.run(
        "CREATE TABLE t (a int, b varchar(5), c decimal(8,2), d date, e timestamp, f boolean)",
        "INSERT INTO t VALUES (1, 'x', 1.5, '2024-01-09', '2024-01-09 10:00:00', true),"
        " (2, NULL, NULL, NULL, NULL, NULL)",
    )
    unload(desk, "FORMAT AS PARQUET PARALLEL OFF", query="select * from t order by a")
    desk.run(
        "CREATE TABLE u (LIKE t)",
        f"COPY u FROM 's3://lake/out/v_000.parquet' {ROLE} FORMAT AS PARQUET",
    )
    assert desk.rows("SELECT * FROM u ORDER BY a") == desk.rows("SELECT * FROM t ORDER BY a")
    assert len(desk.rows("SELECT * FROM u")) == 2


def test_no_rows_make_an_empty_file(venue: Any, lake_folder: Path) -> None:
    unload(venue, "", query="select * from venue where venueid = 99")
    assert written(lake_folder) == {"out/v_0000_part_00": ""}


def test_nothing_is_written_before_the_statement_ends(venue: Any, lake_folder: Path) -> None:
    now_ms = 1_704_794_400_000
    transaction = venue.warehouse.begin("dev", "awsuser", now_ms=now_ms)
    sql = f"UNLOAD ('select 1 as a') TO 's3://lake/out/' {ROLE}"
    transaction.execute(sql, None, now_ms=now_ms)
    assert written(lake_folder) == {}
    transaction.rollback()
    assert written(lake_folder) == {}


@pytest.mark.parametrize(
    ("options", "query", "said"),
    [
        ("PARQUET GZIP", "", "PARQUET is not compatible with COMPRESSION"),
        ("JSON HEADER", "", "JSON is not compatible with HEADER"),
        ("CLEANPATH ALLOWOVERWRITE", "", "CLEANPATH is not compatible with ALLOWOVERWRITE"),
        ("MAXFILESIZE 1 MB", "", "between 5 MB and 6.2 GB"),
        ("", "select * from venue limit 10", "Limit clause is not supported"),
        ("PARTITION BY (nothing)", "", 'column "nothing" does not exist'),
    ],
)
def test_what_does_not_go_together(venue: Any, options: str, query: str, said: str) -> None:
    with pytest.raises(SqlError, match=said):
        unload(venue, options, query=query)


def test_rights_and_refusals(venue: Any) -> None:
    with pytest.raises(NotSupported, match="ENCRYPTED"):
        unload(venue, "ENCRYPTED")
    with pytest.raises(SqlError, match="permission denied for relation venue"):
        venue.run(f"UNLOAD ('select * from venue') TO 's3://lake/x' {ROLE}", user="analyst")
    with pytest.raises(SqlError, match="The specified bucket does not exist"):
        venue.run(f"UNLOAD ('select 1 as a') TO 's3://nowhere/x' {ROLE}")
    with pytest.raises(SqlError, match="CREDENTIALS argument is required"):
        venue.run("UNLOAD ('select 1 as a') TO 's3://lake/x'")
