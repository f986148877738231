"""Dates and times as COPY recognises them by itself, with DATEFORMAT and TIMEFORMAT 'auto'.

Source: "Using automatic recognition with DATEFORMAT and TIMEFORMAT" in Redshift's developer guide.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# Besides ISO's.
_DATES = (
    "%m/%d/%Y", "%m/%d/%y", "%m.%d.%Y", "%m-%d-%Y", "%Y/%m/%d", "%d-%b-%Y", "%b-%d-%Y",
    "%d %b %Y", "%b %d %Y", "%b %d,%Y", "%B %d, %Y", "%d %B %Y", "%d.%m.%Y", "%Y-%b-%d",
    "%b-%d-%y", "%d-%b-%y", "%Y.%j", "%Y-%m-%d",
)  # fmt: skip
_TIMES = ("", " %H:%M:%S", " %H:%M:%S.%f", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
_FORMATS = (
    *(day + clock for day in _DATES for clock in _TIMES),
    "%d %b %H:%M:%S %Y", "%a %b %d %H:%M:%S %Y", "%b %d %H:%M:%S %Y",
)  # fmt: skip
# All digits: by their number, since strptime would take a year of four from YYMMDD.
_DIGITS = {6: "%y%m%d", 8: "%Y%m%d"}
# "Time zone abbreviations": those that name one offset.
_OFFSETS = {
    "UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "CET": 1, "CEST": 2, "BST": 1, "JST": 9,
}  # fmt: skip
_MONTHS = frozenset(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
)
# A Julian day less Python's number of the same day.
_JULIAN = 1721425
_ZONE = re.compile(r"(.*\d)\s+([A-Za-z]+(?:/[A-Za-z_]+)*)")


def automatic_date(value: str) -> str:
    text, era = _era(value)
    return automatic(text).date().isoformat() + era


def automatic_timestamp(value: str, *, keep_zone: bool, iso: bool) -> str:
    """The value in ISO's form. `iso`: nothing else is recognised. Raises ValueError."""
    if iso and not re.match(r"\d{4}-\d{1,2}-\d{1,2}", value):
        raise ValueError(value)
    text, era = _era(value)
    return automatic(text, keep_zone=keep_zone).isoformat(" ") + era


def automatic(value: str, *, keep_zone: bool = False) -> datetime:
    """Raises ValueError for what isn't a date."""
    text = value.strip().replace("T", " ", 1) if re.match(r"\d{4}-\d\d-\d\dT", value) else value
    try:
        found = datetime.fromisoformat(_padded(text))
    except ValueError:
        found = _by_format(text.strip())
    return found if keep_zone else found.replace(tzinfo=None)


def _era(value: str) -> tuple[str, str]:
    """The value without its era, and the era; a year before Christ is taken as written."""
    match = re.fullmatch(r"([A-Za-z]+-\d{1,2})-(\d{1,4})\s+BC", value.strip())
    if match:
        return f"{match[1]}-{int(match[2]):04}", " BC"
    match = re.fullmatch(r"(.*\S)\s+(BC|AD)", value.strip())
    if match:
        return match[1], " BC" if match[2] == "BC" else ""
    return value, ""


def _by_format(text: str) -> datetime:
    match = _ZONE.fullmatch(text)
    if match and match[2].upper() not in ("AM", "PM") and not _is_month(match[2]):
        return _by_format(match[1]).replace(tzinfo=_zone(match[2]))
    match = re.fullmatch(r"[Jj](\d{1,7})(?:\s+(.+))?", text)
    if match:
        text = date.fromordinal(int(match[1]) - _JULIAN).isoformat()
        return _by_format(f"{text} {match[2]}" if match[2] else text)
    match = re.fullmatch(r"(\d{6}|\d{8})(?:\s+(\d{6})|\s+(\d{1,2}:.+))?", text)
    if match:
        day = datetime.strptime(match[1], _DIGITS[len(match[1])]).date().isoformat()  # noqa: DTZ007 - a DATE has no zone
        digits = match[2]
        clock = f"{digits[:2]}:{digits[2:4]}:{digits[4:]}" if digits else match[3]
        return _by_format(f"{day} {clock}" if clock else day)
    for wanted in _FORMATS:
        try:
            return datetime.strptime(text, wanted)  # noqa: DTZ007 - TIMESTAMP has no zone
        except ValueError:
            continue
    raise ValueError(text)


def _is_month(word: str) -> bool:
    return word[:3].lower() in _MONTHS


def _zone(word: str) -> timezone | ZoneInfo:
    offset = _OFFSETS.get(word.upper())
    if offset is not None:
        return timezone(timedelta(hours=offset))
    try:
        return ZoneInfo(word)
    except (KeyError, OSError):
        raise ValueError(word) from None


def _padded(text: str) -> str:
    """ISO's form with two digits of each and a fraction of six."""
    match = re.fullmatch(
        r"(\d{4})-(\d{1,2})-(\d{1,2})(?: (\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d+)?)?)?\s*(.*)", text
    )
    if match is None:
        return text
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    shown = f"{year}-{int(month):02}-{int(day):02}"
    if hour is not None:
        shown += f" {int(hour):02}:{int(minute):02}:{int(second or 0):02}"
        shown += f".{fraction[1:7].ljust(6, '0')}" if fraction else ""
    return shown + {"utc": "+00:00", "z": "+00:00", "gmt": "+00:00"}.get(zone.lower(), zone)
