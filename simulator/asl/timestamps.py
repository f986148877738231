"""RFC 3339 timestamps as ASL takes them: an uppercase T, and an uppercase Z or an offset."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from simulator.asl.model import JSON

_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def timestamp_ns(value: JSON) -> int | None:
    """Nanoseconds since 1970 of a timestamp's text; None for anything else."""
    match = _TIMESTAMP.fullmatch(value) if type(value) is str else None
    if match is None:
        return None
    try:
        whole = datetime.fromisoformat(value[:19]).replace(tzinfo=UTC)
    except ValueError:
        return None
    offset = timedelta()
    if match[8] is not None:
        hours, minutes = int(match[9]), int(match[10])
        if hours > 18 or minutes > 59:
            return None
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if match[8] == "-" else 1)
    seconds = (whole - offset - _EPOCH) // timedelta(seconds=1)
    return seconds * 1_000_000_000 + int((match[7] or "").ljust(9, "0"))


def timestamp_ms(value: JSON) -> int | None:
    """Milliseconds since 1970, cut off below; None for what is no timestamp."""
    found = timestamp_ns(value)
    return None if found is None else found // 1_000_000
