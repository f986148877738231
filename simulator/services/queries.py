"""One SQL statement asked through the Data API, and its rows as Python values or a data frame."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller

_FINAL = frozenset({"FINISHED", "FAILED", "ABORTED"})
_OFFSET = re.compile(r"([+-]\d{2})$")


@dataclass(frozen=True, slots=True)
class QueryResult:
    """`columns` are names, `metadata` the Data API's ColumnMetadata, `rows` tuples of int, float,
    Decimal, str, bool, bytes, date, time, datetime or None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    metadata: tuple[Mapping[str, Any], ...]

    def to_pandas(self) -> Any:
        """A data frame whose types follow the column metadata: whole numbers stay whole beside
        NULL, dates and timestamps are datetimes. Needs pandas, an extra of this package."""
        import pandas as pd

        series = {}
        for index, column in enumerate(self.metadata):
            values = [row[index] for row in self.rows]
            series[index] = _series(pd, values, column["typeName"])
        frame = pd.DataFrame(series)
        # two columns may have one name
        frame.columns = pd.Index(self.columns)
        return frame


class QueryFailed(Exception):
    """A statement that ended as FAILED or ABORTED, with Redshift's words."""


def run_query(world: World, data: Any, request: dict[str, Any], caller: Caller) -> QueryResult:
    """The result of a statement that the service `data` runs; virtual time passes meanwhile."""
    which = {"Id": data.execute_statement(request, caller)["Id"]}

    def described() -> dict[str, Any]:
        description: dict[str, Any] = data.describe_statement(which, caller)
        return description

    world.scheduler.run(lambda: described()["Status"] in _FINAL)
    ended = described()
    if ended["Status"] != "FINISHED":
        raise QueryFailed(ended.get("Error") or f"the statement is {ended['Status']}")
    if not ended.get("HasResultSet"):
        return QueryResult((), (), ())
    pages = [data.get_statement_result(which, caller)]
    while pages[-1].get("NextToken"):
        following = {**which, "NextToken": pages[-1]["NextToken"]}
        pages.append(data.get_statement_result(following, caller))
    return result_of(pages)


def result_of(pages: Sequence[Mapping[str, Any]]) -> QueryResult:
    """The pages of GetStatementResult, in order, as one result."""
    metadata = tuple(pages[0]["ColumnMetadata"])
    readers = [_READERS.get(column["typeName"]) for column in metadata]
    rows = tuple(
        tuple(map(_value, record, readers)) for page in pages for record in page["Records"]
    )
    columns = tuple(column.get("label") or column["name"] for column in metadata)
    return QueryResult(columns, rows, metadata)


def _value(field: Mapping[str, Any], read: Callable[[Any], Any] | None) -> Any:
    if "isNull" in field:
        return None
    (value,) = field.values()
    return value if read is None else read(value)


def _timestamp(value: str) -> dt.datetime:
    # "2024-01-05 10:00:00+00": an offset of hours alone, which Python 3.11 reads with minutes only
    return dt.datetime.fromisoformat(_OFFSET.sub(r"\1:00", value))


# The Data API gives numbers with a scale, dates and times as text.
_READERS: dict[str, Callable[[Any], Any]] = {
    "numeric": lambda value: Decimal(str(value)),
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timestamp": _timestamp,
    "timestamptz": _timestamp,
}

_PANDAS_TYPES = {
    "int2": "Int64",
    "int4": "Int64",
    "int8": "Int64",
    "float4": "Float64",
    "float8": "Float64",
    "bool": "boolean",
}


def _series(pd: Any, values: list[Any], type_name: str) -> Any:
    if type_name in {"date", "timestamp"}:
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object")))
    if type_name == "timestamptz":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype="object"), utc=True))
    return pd.Series(values, dtype=_PANDAS_TYPES.get(type_name, "object"))
