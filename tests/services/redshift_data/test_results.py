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
    ("type_name", "is_signed", "is_case_sensitive"),
    [
        ("int2", True, False),
        ("int4", True, False),
        ("int8", True, False),
        ("numeric", True, False),
        ("varchar", False, True),
        ("bpchar", False, True),
        ("timestamp", False, False),
    ],
)
def test_a_column_has_every_member_that_the_guide_shows(type_name, is_signed, is_case_sensitive):
    column = Column("c", "label", type_name, precision=7, scale=2, nullable=0)
    assert metadata_of(column) == {
        "isCaseSensitive": is_case_sensitive,
        "isCurrency": False,
        "isSigned": is_signed,
        "label": "label",
        "length": 0,
        "name": "c",
        "nullable": 0,
        "precision": 7,
        "scale": 2,
        "schemaName": "public",
        "tableName": "event",
        "typeName": type_name,
    }


def test_select_1_is_11_bytes_as_in_the_guide():
    column = Column("?column?", "?column?", "int4")
    assert result_of(Outcome("SELECT", (column,), ((1,),), 1)).size == 11


def test_sizes_count_bytes_not_characters():
    assert result_of(Outcome("SELECT", (Column(),), (("é",), (None,)), 2)).size == 2 + 3 + 1
