"""What a rule's target is handed of an event: all, a part, a text of its own, or a template.

"Amazon EventBridge input transformation" (EventBridge user guide). A template is text between
quotation marks, or JSON; `<name>` stands for what InputPathsMap finds in the event, and a variable
that finds nothing is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from simulator.services.api import NotModelled, ServiceError

Event = Mapping[str, Any]
Target = Mapping[str, Any]

_VARIABLE = re.compile(r"<([A-Za-z0-9_.-]+)>")
# a step of a path: .name, ['name'] or [0]
_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\['([^']*)'\]|\[(\d+)\]")
_MISSING = object()
# what EventBridge gives a variable for by itself
_RESERVED = {
    "aws.events.event": "the event",
    "aws.events.event.json": "the event",
    "aws.events.event.ingestion-time": "when it came in",
    "aws.events.rule-arn": "the rule's ARN",
    "aws.events.rule-name": "the rule's name",
}
_KINDS = ("Input", "InputPath", "InputTransformer")


def check(target: Target) -> None:
    """Refuse what EventBridge refuses of a target's input, and what is not simulated."""
    given = [kind for kind in _KINDS if target.get(kind) is not None]
    where = f"target {target.get('Id')}"
    if len(given) > 1:
        raise _invalid(
            f"Only one of Input, InputPath, or InputTransformer must be provided for {where}."
        )
    if "Input" in given:
        _json(target["Input"], f"Input of {where}")
    if "InputPath" in given:
        _steps(target["InputPath"])
    if "InputTransformer" in given:
        _check_transformer(target["InputTransformer"], where)


def _check_transformer(transformer: Target, where: str) -> None:
    paths = transformer.get("InputPathsMap") or {}
    for name, path in paths.items():
        if name.upper().startswith("AWS"):
            raise _invalid(f"InputPathsMap of {where}: {name} is a reserved name.")
        _steps(path)
    template = transformer["InputTemplate"]
    for name in _VARIABLE.findall(template):
        if name not in paths and name not in _RESERVED:
            raise _invalid(
                f"Invalid InputTemplate for {where}: the template uses the undefined <{name}>."
            )


def payload_of(target: Target, event: Event, *, rule_arn: str) -> str:
    """What a target is handed, as text."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath") is not None:
        found = _find(event, target["InputPath"])
        return json.dumps(None if found is _MISSING else found)
    if target.get("InputTransformer") is not None:
        return _transformed(target["InputTransformer"], event, rule_arn)
    return json.dumps(event)


def _transformed(transformer: Target, event: Event, rule_arn: str) -> str:
    values: dict[str, Any] = {
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
        "aws.events.event.ingestion-time": event.get("time"),
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
    }
    for name, path in (transformer.get("InputPathsMap") or {}).items():
        values[name] = _find(event, path)
    return "".join(_pieces(transformer["InputTemplate"], values))


def _pieces(template: str, values: Mapping[str, Any]) -> list[str]:
    """The template with what stands for each variable. Within quotation marks that is text as it
    is, outside of them it is JSON."""
    pieces, place, is_quoted = [], 0, False
    for match in _VARIABLE.finditer(template):
        before = template[place : match.start()]
        is_quoted ^= len(re.findall(r'(?<!\\)"', before)) % 2 == 1
        pieces.append(before)
        pieces.append(_shown(values.get(match[1], _MISSING), is_quoted=is_quoted))
        place = match.end()
    return [*pieces, template[place:]]


def _shown(value: Any, *, is_quoted: bool) -> str:
    if value is _MISSING:
        return "" if is_quoted else '""'
    if is_quoted:
        # "a JSON object or array in a string is escaped"; text is put in as it is
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        return text if isinstance(value, str) else json.dumps(text)[1:-1]
    return json.dumps(value, separators=(",", ":"))


def _find(event: Event, path: str) -> Any:
    found: Any = event
    for name, index in _steps(path):
        if index is not None:
            found = found[index] if isinstance(found, list) and index < len(found) else _MISSING
        else:
            found = found.get(name, _MISSING) if isinstance(found, Mapping) else _MISSING
        if found is _MISSING:
            break
    return found


def _steps(path: str) -> list[tuple[str, int | None]]:
    """A path such as $.detail.items[0] as its steps. Raises for what is none, and for wildcards."""
    if not path.startswith("$"):
        raise _invalid(f"Invalid JsonPath: {path}.")
    if "*" in path or ".." in path or "?" in path:
        raise NotModelled(f"events JsonPath {path}: only names and indices are simulated")
    steps, place = [], 1
    while place < len(path):
        match = _STEP.match(path, place)
        if match is None:
            raise _invalid(f"Invalid JsonPath: {path}.")
        name = match[1] if match[1] is not None else match[2]
        steps.append((name or "", int(match[3]) if match[3] is not None else None))
        place = match.end()
    return steps


def _json(text: str, where: str) -> None:
    try:
        json.loads(text)
    except ValueError:
        raise _invalid(f"JSON syntax error in {where}.") from None


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
