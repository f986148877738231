"""What stands around a pipeline, as `simulator.toml` declares it: rules, queues, tables, more."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, get_args

from simulator.project.sections import ProjectError, Section, json_value, near
from simulator.project.settings import (
    KeySettings,
    LambdaSettings,
    MockOutcome,
    MockSettings,
    ParameterSettings,
    QueueSettings,
    RuleSettings,
    TableSettings,
    TargetKind,
)

# a statement of the Data API is a template's alone
_TARGETS: tuple[TargetKind, ...] = get_args(TargetKind)[:-1]
_KEY_TYPES = ("S", "N", "B")
# "The default is 10 ... standard queues up to 10,000", which needs a batching window of its own
_MOST_AT_ONCE = 10


def rule(
    section: Section, lambdas: Mapping[str, LambdaSettings], machines: Collection[str]
) -> RuleSettings:
    """`[rule.NAME]`. Queues and topics need no declaration, as anywhere else."""
    pattern = section.section("pattern", required=True)
    target = section.section("target", required=True)
    given = [kind for kind in _TARGETS if kind in target.values]
    if len(given) != 1:
        raise section.error(
            "target", f"expected one of {', '.join(_TARGETS)}, got {dict(target.values)!r}"
        )
    kind = given[0]
    name = target.take(kind, str)
    target.finish()
    if kind == "state_machine" and name not in machines:
        expected = f"the state machine {next(iter(machines))!r}"
        if len(machines) > 1:
            expected = f"one of the state machines {', '.join(map(repr, machines))}"
        raise target.error(kind, f"expected {expected}, got {name!r}", near(name, machines))
    if kind == "lambda":
        check_function(target, kind, name, lambdas)
    settings = RuleSettings(
        name=section.path[-1],
        # what a pattern may be is the bus's to say
        pattern={key: json_value(pattern, key, value) for key, value in pattern.values.items()},
        target=name,
        kind=kind,
        where=pattern.document.where(pattern.path),
        inputs=_inputs(section),
    )
    section.finish()
    return settings


def _inputs(section: Section) -> dict[str, Any]:
    """`input`, any value; `input_path`; or `input_transformer`, with `paths` and a `template`."""
    given: dict[str, Any] = {}
    section.known.append("input")
    if "input" in section.values:
        value = json_value(section, "input", section.values["input"])
        given["Input"] = json.dumps(value, ensure_ascii=False)
    if "input_path" in section.values:
        given["InputPath"] = section.take("input_path", str)
    transformer = section.section("input_transformer")
    if transformer.values:
        paths = transformer.section("paths")
        given["InputTransformer"] = {
            "InputPathsMap": {name: paths.take(name, str) for name in paths.values},
            "InputTemplate": transformer.take("template", str),
        }
        transformer.finish()
    section.known.append("input_path")
    return given


def check_function(
    section: Section, key: str, name: str, lambdas: Mapping[str, LambdaSettings]
) -> None:
    """Refuse a function that is not declared."""
    if name not in lambdas:
        hint = near(name, lambdas) or f"declare it: [lambda.{name}]"
        raise section.error(key, f"expected a function of [lambda.*], got {name!r}", hint)


def queue(section: Section, lambdas: Mapping[str, LambdaSettings]) -> QueueSettings:
    """`[queue.NAME]`."""
    function = section.take("lambda", str)
    check_function(section, "lambda", function, lambdas)
    settings = QueueSettings(
        name=section.path[-1],
        function=function,
        batch_size=_positive(section, "batch_size", 10),
        visibility_seconds=_positive(section, "visibility_seconds", 30),
        max_receives=_positive(section, "max_receives", None),
        dead_letter_queue=section.take("dead_letter_queue", str, None),
    )
    if settings.batch_size > _MOST_AT_ONCE:
        raise section.error("batch_size", f"expected 1 to 10, got {settings.batch_size}")
    if (settings.max_receives is None) != (settings.dead_letter_queue is None):
        raise section.error(
            "max_receives", "expected 'max_receives' and 'dead_letter_queue' together, got one"
        )
    section.finish()
    return settings


def _positive(section: Section, key: str, default: Any) -> Any:
    number = section.take(key, int, default)
    if number is not None and number < 1:
        raise section.error(key, f"expected at least 1, got {number!r}")
    return number


def table(section: Section) -> TableSettings:
    """`[table.NAME]`."""
    key = _key(section)
    indexes = {one.path[-1]: _key(one, is_whole=True) for one in section.sections("indexes")}
    settings = TableSettings(
        name=section.path[-1],
        key=key,
        indexes=indexes,
        items=section.path_of("items", folder=False) if "items" in section.values else None,
        where=section.document.where(section.path),
    )
    section.known.append("items")
    section.finish()
    return settings


def _key(section: Section, *, is_whole: bool = False) -> KeySettings:
    """A name alone is text: `key = "id"`; `key = { id = "N" }` says another type."""
    partition, kind = _attribute(section, "key")
    types = {partition: kind}
    sort = None
    section.known.append("sort_key")
    if "sort_key" in section.values:
        sort, types_of_sort = _attribute(section, "sort_key")
        types[sort] = types_of_sort
    if is_whole:
        section.finish()
    return KeySettings(partition, sort, types)


def _attribute(section: Section, key: str) -> tuple[str, str]:
    given = section.values.get(key)
    if isinstance(given, dict):
        section.known.append(key)
        if len(given) != 1 or next(iter(given.values())) not in _KEY_TYPES:
            raise section.error(
                key, f'expected a name and its type, as in {{ id = "N" }}, got {given!r}'
            )
        return next(iter(given.items()))
    return section.take(key, str), "S"


def parameter(section: Section, name: str) -> ParameterSettings:
    """One of `[parameters]`: text, a list of texts, or `{ secure = "text" }`."""
    value = section.values[name]
    section.known.append(name)
    if isinstance(value, str):
        return ParameterSettings(name, value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ParameterSettings(name, ",".join(value), "StringList")
    if isinstance(value, dict) and isinstance(value.get("secure"), str) and len(value) == 1:
        return ParameterSettings(name, value["secure"], "SecureString")
    raise section.error(
        name, f'expected text, a list of texts or {{ secure = "text" }}, got {value!r}'
    )


def mock(section: Section) -> MockSettings:
    """`[mock.STATE]`: one outcome, or `outcomes` in turn."""
    where = section.document.where(section.path)
    if "outcomes" not in section.values:
        return MockSettings((_outcome(section),), where)
    given = section.take("outcomes", list)
    if not given or not all(isinstance(one, dict) for one in given):
        raise section.error("outcomes", f"expected a list of tables, got {given!r}")
    section.finish()
    path = (*section.path, "outcomes")
    return MockSettings(
        tuple(_outcome(Section(section.document, path, one)) for one in given), where
    )


def _outcome(section: Section) -> MockOutcome:
    if ("output" in section.values) == ("error" in section.values):
        got = ", ".join(map(repr, section.values)) or "none"
        raise ProjectError(
            section.document.where(section.path), f"expected one of 'output' and 'error', got {got}"
        )
    section.known.append("output")
    seconds = section.take("seconds", float, 0.0)
    if not 0 <= seconds < float("inf"):
        raise section.error("seconds", f"expected a time, got {seconds!r}")
    outcome = MockOutcome(
        output=json_value(section, "output", section.values.get("output", {})),
        error=section.take("error", str, None),
        cause=section.take("cause", str, None),
        seconds=seconds,
    )
    section.finish()
    return outcome
