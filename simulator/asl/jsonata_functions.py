"""What an expression can name: `$states`, variables, and the functions that Step Functions adds.

Developer guide, "JSONata functions provided by Step Functions": $partition, $range, $hash, $random,
$uuid and $parse, beside JSONata's own, of which $eval is not supported. Time and chance are the
simulation's.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sys
from collections.abc import Callable
from typing import Any

from simulator.asl.context import ContextObject
from simulator.asl.model import JSON

_HASHES = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}


def bindings(given: JSON, context: ContextObject) -> dict[str, Any]:
    """The names of one evaluation, for the package's frame."""
    package: Any = sys.modules["jsonata"]
    null = package.Utils.NULL_VALUE
    states: dict[str, JSON] = {"input": given, "context": dict(context)}
    states |= context.states
    names: dict[str, Any] = {
        name: null if value is None else value for name, value in context.variables.items()
    }
    names["states"] = states
    for name, function in _functions(context, package).items():
        names[name] = package.Jsonata.JLambda(function)
    return names


def _functions(context: ContextObject, package: Any) -> dict[str, Callable[..., Any]]:
    def now(picture: str | None = None, timezone: str | None = None) -> str:
        if picture is None and timezone is None:
            moment = dt.datetime.fromtimestamp(context.now_ms / 1000, dt.UTC)
            return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        shown: str = package.DateTimeUtils.format_date_time(context.now_ms, picture, timezone)
        return shown

    def random(seed: float | None = None) -> float:
        if seed is None:
            digits = context.draw("jsonata-random")
        else:
            digits = hashlib.blake2b(repr(seed).encode(), digest_size=8).digest()
        return int.from_bytes(digits[:6], "big") / float(1 << 48)

    def uuid() -> str:
        digits = bytearray(context.draw("uuid"))
        digits[6] = digits[6] & 0x0F | 0x40
        digits[8] = digits[8] & 0x3F | 0x80
        text = digits.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def number_range(first: Any, last: Any, step: Any) -> Any:
        if not all(type(one) in (int, float) for one in (first, last, step)) or step == 0:
            raise ValueError("$range takes three numbers, the last of them not 0")
        values = range(round(first), round(last) + (1 if step > 0 else -1), round(step))
        # recorded: a range of one number is that number
        return package.Utils.create_sequence_from_iter(values)

    def refuse_eval(*_arguments: Any) -> Any:
        raise ValueError("$eval is not supported in Step Functions; $parse reads JSON")

    return {
        "now": now,
        "millis": lambda: context.now_ms,
        "random": random,
        "uuid": uuid,
        "partition": _partition,
        "range": number_range,
        "hash": _hash,
        "parse": lambda text: _parsed(text, package.Utils.NULL_VALUE),
        "eval": refuse_eval,
    }


def _partition(values: Any, size: Any) -> list[list[Any]]:
    if not isinstance(values, list) or type(size) not in (int, float) or size < 1:
        raise ValueError("$partition takes an array and a positive number")
    step = int(size)
    return [list(values[at : at + step]) for at in range(0, len(values), step)]


def _hash(data: Any, algorithm: Any) -> str:
    name = _HASHES.get(algorithm)
    if name is None:
        raise ValueError(f"$hash takes one of {', '.join(_HASHES)}")
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _parsed(text: Any, null: Any) -> Any:
    value = json.loads(text)
    return null if value is None else value
