"""How values that PostgreSQL and Redshift show differently come out of a connection: SUPER, TIMETZ
and intervals."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, DecimalTuple
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.types.datetime import TimetzLoader

from simulator.sql.errors import SqlError
from simulator.sql.types import RESULT_TYPES

Row = tuple[Any, ...]
_INTERVAL_PARTS = re.compile(r"(-?\d+) (year|mon|day)s?")
_CLOCK = re.compile(r"(-?)(\d+):(\d+):(\d+)(\.\d+)?$")
_TIMETZ = 1266
_INTERVAL = 1186
_NUMERIC = 1700
_REAL = 700
# The number of the type SUPER in each server, which is none that PostgreSQL fixes.
_numbers: dict[tuple[Any, ...], int] = {}


class _SuperLoader(Loader):
    """A SUPER as JSON text: what is no string stands after a byte 1, and a floating-point number
    that needs no exponent has "e0" at its end (`overlay.super_values`)."""

    def load(self, data: Buffer) -> str:
        text = bytes(data).decode()
        if not text.startswith("\x01"):
            return json.dumps(text, ensure_ascii=False)
        return _OUR_EXPONENT.sub(_kept, text[1:]) if "e0" in text else text[1:]


_OUR_EXPONENT = re.compile(r'("(?:[^"\\]|\\.)*")|e0(?![0-9])')


def _kept(match: re.Match[str]) -> str:
    return match[1] or ""


class _RealLoader(Loader):
    """A REAL to its "precision of about 6 digits", as the pages show it ("Examples with numeric
    types")."""

    def load(self, data: Buffer) -> float:
        return float(f"{float(bytes(data)):.6g}")


class _UtcTimeLoader(Loader):
    """ "TIMETZ values are UTC" in Redshift's tables and results."""

    def __init__(self, oid: int, context: Any = None) -> None:
        super().__init__(oid, context)
        self._inner = TimetzLoader(oid, context)

    def load(self, data: Buffer) -> time:
        found = self._inner.load(data)
        moment = datetime.combine(date(2000, 1, 2), found).astimezone(UTC)
        return moment.timetz()


class _IntervalLoader(Loader):
    """An interval as Redshift shows it by default: "1 years 2 mons", or "3 days 4 hours 5 mins
    6.0 secs" ("Interval data types and literals")."""

    def load(self, data: Buffer) -> str:
        return interval_text(bytes(data).decode())


def interval_text(text: str) -> str:
    """Redshift's text of what PostgreSQL writes in its own style."""
    parts = {name: int(number) for number, name in _INTERVAL_PARTS.findall(text)}
    if "year" in parts or "mon" in parts:
        return f"{parts.get('year', 0)} years {parts.get('mon', 0)} mons"
    clock = _CLOCK.search(text)
    sign, hours, minutes, seconds, fraction = clock.groups() if clock else ("", "0", "0", "0", "")
    fraction = (fraction or "").rstrip("0").rstrip(".") or ".0"
    days = parts.get("day", 0)
    if int(hours) > 23 and (days >= 0) == (not sign):
        # A duration has no days apart from its hours.
        more, left = divmod(int(hours), 24)
        days, hours = days + (-more if sign else more), str(left)
    shown = [f"{sign if int(one) else ''}{int(one)}" for one in (hours, minutes)]
    second = f"{sign if int(seconds) or fraction != '.0' else ''}{int(seconds)}{fraction}"
    return f"{days} days {shown[0]} hours {shown[1]} mins {second} secs"


def with_even_scales(result: Any, rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows with one scale for each computed decimal column: a DECIMAL has its scale by its
    type, whichever side of COALESCE or UNION a value comes from ("Computations with numeric
    values")."""
    scales: dict[int, int] = {}
    for index in range(result.nfields):
        if result.ftype(index) == _NUMERIC and result.fmod(index) < 0:
            parts = [row[index].as_tuple() for row in rows if row[index] is not None]
            found = {_scale(one) for one in parts}
            # "The maximum precision for all DECIMAL values is 38."
            if any(len(one.digits) > 38 for one in parts):
                raise SqlError("ERROR: Numeric data overflow (result precision)", sqlstate="22003")
            if len(found) > 1:
                scales[index] = max(found)
    if not scales:
        return rows
    return tuple(
        tuple(
            value if index not in scales or value is None else _rescaled(value, scales[index])
            for index, value in enumerate(row)
        )
        for row in rows
    )


def _scale(parts: DecimalTuple) -> int:
    return -parts.exponent if isinstance(parts.exponent, int) else 0


def _rescaled(value: Decimal, scale: int) -> Decimal:
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return value
    return Decimal((sign, (*digits, *(0 for _ in range(scale + exponent))), -scale))


def prepare(connection: psycopg.Connection[Any]) -> None:
    """Makes a connection read such values."""
    info = connection.info
    key = (info.host, info.port)
    if key not in _numbers:
        found = connection.execute("SELECT 'super'::regtype::oid::bigint").fetchone()
        assert found is not None
        _numbers[key] = found[0]
    number = _numbers[key]
    RESULT_TYPES[number] = ("super", 0, 0)
    connection.adapters.register_loader(number, _SuperLoader)
    connection.adapters.register_loader(_REAL, _RealLoader)
    connection.adapters.register_loader(_TIMETZ, _UtcTimeLoader)
    connection.adapters.register_loader(_INTERVAL, _IntervalLoader)
