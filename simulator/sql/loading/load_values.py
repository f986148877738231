"""One field into one column, as COPY converts it; what it can't is a `BadValue`.

Source: "Data conversion parameters", "DATEFORMAT and TIMEFORMAT strings" and "Load error
reference" in Redshift's developer guide.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from simulator.sql.loading.copy_command import CopyCommand
from simulator.sql.loading.load_dates import automatic_date, automatic_timestamp

# The catalogue's types by their oids.
BOOL, INT8, INT2, INT4, FLOAT4, FLOAT8 = 16, 20, 21, 23, 700, 701
BPCHAR, VARCHAR, DATE, TIMESTAMP, TIMESTAMPTZ, NUMERIC = 1042, 1043, 1082, 1114, 1184, 1700
BYTES, TEXTS = 17, frozenset({BPCHAR, VARCHAR})
# SUPER is no type of PostgreSQL's, and has no number of its own.
SUPER = -1
_INTEGERS = {INT2: (2, "Smallint"), INT4: (4, "Integer"), INT8: (8, "Bigint")}
_INTEGER = re.compile(r"[+-]?\d+")
_BOOLS = frozenset(("1", "0", "t", "f", "true", "false", "y", "n", "yes", "no"))
_UNIX = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_TYPE_NAMES = {
    BOOL: "bool", INT8: "int8", INT2: "int2", INT4: "int4", FLOAT4: "float4", FLOAT8: "float8",
    BPCHAR: "char", VARCHAR: "varchar", DATE: "date", TIMESTAMP: "timestamp",
    TIMESTAMPTZ: "timestamptz", NUMERIC: "numeric", BYTES: "varbyte", SUPER: "super",
}  # fmt: skip


class BadValue(Exception):
    """A field that doesn't fit: the error's code and reason as STL_LOAD_ERRORS shows them."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Target:
    """A column that COPY fills. `type` is the catalogue's oid; `modifier` PostgreSQL's."""

    name: str
    type: int
    modifier: int
    identity: str = ""
    not_null: bool = False

    @property
    def is_text(self) -> bool:
        return self.type in TEXTS

    @property
    def length(self) -> int:
        """A string's bytes; 0 where there is no limit."""
        return self.modifier - 4 if self.is_text and self.modifier > 4 else 0

    @property
    def precision(self) -> int:
        return (self.modifier - 4) >> 16 & 0xFFFF if self.modifier >= 4 else 38

    @property
    def scale(self) -> int:
        return (self.modifier - 4) & 0x7FF if self.modifier >= 4 else 0

    @property
    def type_name(self) -> str:
        return _TYPE_NAMES.get(self.type, "unknown")

    @property
    def type_length(self) -> str:
        """As STL_LOAD_ERRORS shows it: a string's length, a decimal's precision and scale."""
        if self.type == NUMERIC:
            return f"{self.precision}, {self.scale}"
        return str(self.length) if self.is_text else ""


def converted(command: CopyCommand, target: Target, field: str | None) -> str | None:
    """The field as PostgreSQL takes it. Raises BadValue."""
    value = _nulled(command, target, field)
    if value is None:
        if target.not_null and not target.identity:
            raise BadValue(1213, "Missing data for not-null field")
        return None
    if target.is_text:
        return _text(command, target, value)
    convert = _CONVERSIONS.get(target.type)
    return convert(command, target, value.strip()) if convert is not None else value


def _nulled(command: CopyCommand, target: Target, field: str | None) -> str | None:
    if field is None:
        return None
    null = "\\N" if command.null_as is None else command.null_as
    if field == null:
        return None
    if null == "\x00" and "\x00" in field:
        # "a field that contained a null terminator ... contained more than one byte" ("Load error
        # reference", 1218); the words are ours.
        raise BadValue(1218, "NUL character with NULL AS in a field of more than one byte")
    if not target.is_text:
        return field if field.strip() else None
    if field == "" and (command.empty_as_null or command.null_as == ""):
        return None
    if command.blanks_as_null and field and not field.strip(" "):
        return None
    return field


def _text(command: CopyCommand, target: Target, value: str) -> str:
    if command.trim_blanks and target.type == VARCHAR:
        value = value.rstrip(" ")
    if target.type == BPCHAR:
        wide = next((one for one in value if ord(one) > 127), "")
        if wide:
            shown = " ".join(f"{byte:02x}" for byte in wide.encode())
            raise BadValue(
                1220,
                "Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid"
                f" char: {shown}",
            )
        value = value.rstrip(" ")
    limit = target.length
    if limit and len(value.encode()) > limit:
        if not command.truncate_columns:
            raise BadValue(1204, "String length exceeds DDL length")
        return value.encode()[:limit].decode(errors="ignore")
    return value


def super_text(written: str) -> str:
    """JSON as a SUPER keeps it: a string is itself, anything else follows a byte 1. Raises
    ValueError."""
    value = json.loads(written, parse_float=Number, parse_int=Number, parse_constant=_no_constant)
    return value if type(value) is str else f"\x01{written_json(value)}"


class Number(str):
    """A number of JSON as it stands in the file."""

    __slots__ = ()


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


def written_json(value: Any) -> str:
    """Nested JSON without blanks, with numbers as they were."""
    if isinstance(value, dict):
        inner = ",".join(
            f"{json.dumps(k, ensure_ascii=False)}:{written_json(v)}" for k, v in value.items()
        )
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{','.join(map(written_json, value))}]"
    if isinstance(value, Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _super(_command: CopyCommand, _target: Target, value: str) -> str:
    """ "Amazon Redshift represents SUPER columns in text and CSV formats as single-line JSON"."""
    try:
        return super_text(value)
    except ValueError:
        reason = "Input data is not properly formatted JSON for super data type"
        raise BadValue(1224, reason) from None


def _bytes(_command: CopyCommand, _target: Target, value: str) -> str:
    """Hexadecimal digits ("VARBYTE type")."""
    try:
        return f"\\x{bytes.fromhex(value).hex()}"
    except ValueError:
        raise BadValue(1219, "Invalid hexadecimal value") from None


def _integer(_command: CopyCommand, target: Target, value: str) -> str:
    size, name = _INTEGERS[target.type]
    if not _INTEGER.fullmatch(value):
        at = next(
            (
                i
                for i, one in enumerate(value)
                if not one.isdigit() and not (i == 0 and one in "+-")
            ),
            0,
        )
        reason = f"Invalid digit, Value '{value[at]}', Pos {at}, Type: {name}"
        raise BadValue(1207, reason)
    limit = 1 << (8 * size - 1)
    if not -limit <= int(value) < limit:
        raise BadValue(1204, f"Overflow, value out of range for {size} bytes, Type: {name}")
    return value


def _decimal(command: CopyCommand, target: Target, value: str) -> str:
    try:
        number = Decimal(value)
    except InvalidOperation:
        at = next((i for i, one in enumerate(value) if one not in "+-.0123456789"), 0)
        reason = f"Invalid digit, Value '{value[at]}', Pos {at}, Type: Decimal"
        raise BadValue(1207, reason) from None
    if not number.is_finite():
        raise BadValue(1209, "Invalid decimal value")
    unit = Decimal(1).scaleb(-target.scale)
    # Fifty digits hold any decimal of 38.
    fitted = _quantized(number, unit, rounds=command.round_decimals)
    if abs(fitted) >= Decimal(10) ** (target.precision - target.scale):
        reason = f"Overflow, Value out of range for NUMERIC({target.precision},{target.scale})"
        raise BadValue(1204, reason)
    return format(fitted, "f")


def _quantized(number: Decimal, unit: Decimal, *, rounds: bool) -> Decimal:
    from decimal import ROUND_DOWN, Context

    context = Context(prec=400)
    rounding = ROUND_HALF_UP if rounds else ROUND_DOWN
    return number.quantize(unit, rounding=rounding, context=context)


def _float(_command: CopyCommand, _target: Target, value: str) -> str:
    try:
        float(value)
    except ValueError:
        raise BadValue(1208, f"Invalid float value '{value}'") from None
    return value


def _boolean(_command: CopyCommand, _target: Target, value: str) -> str:
    if value.lower() not in _BOOLS:
        raise BadValue(1210, "Unknown boolean format")
    return value


def _date(command: CopyCommand, _target: Target, value: str) -> str | None:
    wanted = command.date_format or "YYYY-MM-DD"
    try:
        if wanted == "auto":
            return automatic_date(value)
        if wanted == "YYYY-MM-DD":
            return _iso_date(value)
        return _parsed(value, wanted).date().isoformat()
    except (ValueError, BadValue) as error:
        if command.accept_any_date:
            return None
        if isinstance(error, BadValue):
            raise
        raise BadValue(1205, f"Invalid Date Format [{wanted}]") from None


def _timestamp(command: CopyCommand, target: Target, value: str) -> str | None:
    wanted = command.time_format or "YYYY-MM-DD HH:MI:SS"
    try:
        if wanted in ("epochsecs", "epochmillisecs"):
            count = int(value)
            step = (
                timedelta(seconds=count) if wanted == "epochsecs" else timedelta(milliseconds=count)
            )
            return (_UNIX + step).isoformat(" ")
        if wanted in ("auto", "YYYY-MM-DD HH:MI:SS", "YYYY-MM-DD HH24:MI:SS"):
            keep_zone = target.type == TIMESTAMPTZ
            return automatic_timestamp(value, keep_zone=keep_zone, iso=wanted != "auto")
        return _parsed(value, wanted).isoformat(" ")
    except (ValueError, OverflowError):
        if command.accept_any_date:
            return None
        reason = f"Invalid timestamp format or value [{wanted}]"
        raise BadValue(1206, reason) from None


def _iso_date(value: str) -> str:
    if len(value) < 8:
        raise BadValue(1205, "Invalid Date Format - length must be 10 or more")
    year, month, day = value[:10].split("-")
    return date(int(year), int(month), int(day[:2])).isoformat()


# "DATEFORMAT and TIMEFORMAT strings", longest first.
_PARTS = (
    ("YYYY", r"(?P<Y>\d{4})"), ("HH24", r"(?P<H>\d{1,2})"), ("HH12", r"(?P<I>\d{1,2})"),
    ("MON", r"(?P<b>[A-Za-z]{3,9})"), ("YY", r"(?P<y>\d{2})"), ("MM", r"(?P<m>\d{1,2})"),
    ("DD", r"(?P<d>\d{1,2})"), ("HH", r"(?P<H>\d{1,2})"), ("MI", r"(?P<M>\d{1,2})"),
    ("SS", r"(?P<S>\d{1,2})(?:\.(?P<f>\d{1,6})\d*)?"), ("AM", r"(?P<p>[AaPp][Mm])"),
    ("PM", r"(?P<p>[AaPp][Mm])"), ("OF", r"(?P<z>[+-]\d{2}(?::?\d{2})?)"),
)  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _parsed(value: str, wanted: str) -> datetime:
    """A value by a DATEFORMAT or TIMEFORMAT string. Raises ValueError."""
    pattern, at = "", 0
    while at < len(wanted):
        for word, expression in _PARTS:
            if wanted[at:].upper().startswith(word):
                pattern += expression
                at += len(word)
                break
        else:
            pattern += re.escape(wanted[at])
            at += 1
    match = re.match(pattern, value.strip())
    if match is None:
        raise ValueError(value)
    found = {key: text for key, text in match.groupdict().items() if text is not None}
    year = int(found["Y"]) if "Y" in found else 2000 + int(found.get("y", "0"))
    if "Y" not in found and int(found.get("y", "0")) >= 70:
        year -= 100
    month = _MONTHS.index(found["b"][:3].lower()) + 1 if "b" in found else int(found.get("m", "1"))
    hour = int(found.get("H", found.get("I", "0")))
    if "p" in found:
        hour = hour % 12 + 12 * (found["p"].lower() == "pm")
    micro = int(found.get("f", "0").ljust(6, "0"))
    minute, second = int(found.get("M", "0")), int(found.get("S", "0"))
    return datetime(year, month, int(found.get("d", "1")), hour, minute, second, micro)  # noqa: DTZ001 - TIMESTAMP has no zone


_CONVERSIONS = {
    INT2: _integer, INT4: _integer, INT8: _integer, NUMERIC: _decimal, FLOAT4: _float,
    FLOAT8: _float, BOOL: _boolean, DATE: _date, TIMESTAMP: _timestamp, TIMESTAMPTZ: _timestamp,
    SUPER: _super, BYTES: _bytes,
}  # fmt: skip
