"""Fields and metadata, against the example answers of the Amazon Redshift Management Guide's page
"Calling the Data API" and its table of types."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import pytest

from simulator.services.redshift_data.results import field_of, metadata_of, result_of


@dataclass(frozen=True)
class Column:
    name: str = "c"
    label: str = "c"
    type_name: str = "varchar"
    length: int = 0
    precision: int = 0
    scale: int = 0
    nullable: int = 1
    table_name: str = "event"
    schema_name: str = "public"


@dataclass(frozen=True)
class Outcome:
    kind: str
    columns: tuple = ()
    rows: tuple = ()
    row_count: int = -1
    rows_touched: int = 0


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, {"isNull": True}),
        (True, {"booleanValue": True}),
        (1, {"longValue": 1}),
        (1.5, {"doubleValue": 1.5}),
        (Decimal("12.50"), {"stringValue": "12.50"}),
        (Decimal("1E+3"), {"stringValue": "1000"}),
        ("event 1", {"stringValue": "event 1"}),
        ("", {"stringValue": ""}),
        (b"\x00\xff", {"blobValue": b"\x00\xff"}),
        (date(2022, 2, 22), {"stringValue": "2022-02-22"}),
        (time(9, 59, 59), {"stringValue": "09:59:59"}),
        # the guide's three timestamps
        (datetime(2022, 2, 22), {"stringValue": "2022-02-22 00:00:00.0"}),  # noqa: DTZ001
        (
            datetime(2020, 8, 21, 17, 33, 51, 887120),  # noqa: DTZ001
            {"stringValue": "2020-08-21 17:33:51.88712"},
        ),
        (
            datetime(2020, 8, 21, 17, 33, 52, 974306),  # noqa: DTZ001
            {"stringValue": "2020-08-21 17:33:52.974306"},
        ),
        (datetime(2008, 1, 1, 9, 59, 59, tzinfo=UTC), {"stringValue": "2008-01-01 09:59:59+00"}),
        (
            datetime(2008, 1, 1, 9, 59, 59, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            {"stringValue": "2008-01-01 09:59:59+05:30"},
        ),
    ],
)
def test_a_value_is_a_field_of_its_type(value, field):
    assert field_of(value) == field


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (
            Column("eventid", "eventid", "int4", nullable=0),
            {"isSigned": True, "isCaseSensitive": False, "precision": 10, "scale": 0},
        ),
        (
            Column("venueid", "venueid", "int2", nullable=0),
            {"isSigned": True, "isCaseSensitive": False, "precision": 5, "scale": 0},
        ),
        (
            Column("xid", "xid", "int8", nullable=0),
            {"isSigned": True, "isCaseSensitive": False, "precision": 19, "scale": 0},
        ),
        (
            Column("eventname", "eventname", "varchar", length=200),
            {"isSigned": False, "isCaseSensitive": True, "precision": 200, "scale": 0},
        ),
        (
            Column("label", "label", "bpchar", length=320),
            {"isSigned": False, "isCaseSensitive": True, "precision": 320, "scale": 0},
        ),
        (
            Column("starttime", "starttime", "timestamp"),
            {"isSigned": False, "isCaseSensitive": False, "precision": 29, "scale": 6},
        ),
        (
            Column("price", "price", "numeric", precision=7, scale=2),
            {"isSigned": True, "isCaseSensitive": False, "precision": 7, "scale": 2},
        ),
    ],
)
def test_a_column_has_every_member_that_the_guide_shows(column, expected):
    assert metadata_of(column) == {
        "isCurrency": False,
        "label": column.name,
        "length": 0,
        "name": column.name,
        "nullable": column.nullable,
        "schemaName": "public",
        "tableName": "event",
        "typeName": column.type_name,
        **expected,
    }


def test_select_1_is_11_bytes_as_in_the_guide():
    column = Column("?column?", "?column?", "int4")
    assert result_of(Outcome("SELECT", (column,), ((1,),), 1)).size == 11


def test_sizes_count_bytes_not_characters():
    assert result_of(Outcome("SELECT", (Column(),), (("é",), (None,)), 2)).size == 2 + 3 + 1
