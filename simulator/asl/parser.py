"""A definition's text becomes frozen states. The validator has the first word: what it lets pass
can be built without a further check."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TypedDict

from simulator.asl.comparisons import OPERATORS, PATH_OPERATORS
from simulator.asl.errors import DefinitionError
from simulator.asl.model import (
    JSON,
    And,
    Catcher,
    Choice,
    ChoiceRule,
    Comparison,
    Definition,
    Fail,
    Flow,
    Map,
    Not,
    Or,
    Parallel,
    Pass,
    Retrier,
    Rule,
    State,
    Succeed,
    Task,
    Wait,
)
from simulator.asl.positions import read_json
from simulator.asl.validator import validate

Fields = Mapping[str, JSON]


def parse(text: str, source: str = "definition") -> Definition:
    """Return the definition in `text`; `source` names it in messages, such as a file's path.

    Raises `DefinitionError` with every diagnostic of severity ERROR, those for features that AWS
    has and the simulator lacks (NOT_MODELLED) included.
    """
    errors = tuple(one for one in validate(text) if one.severity == "ERROR")
    if errors:
        raise DefinitionError(errors, source)
    return _definition(text)


# frozen, so thousands of simulations share it
@lru_cache(maxsize=16)
def _definition(text: str) -> Definition:
    raw = read_json(text)
    return Definition(
        flow=_flow(raw, ""),
        source=text,
        raw=raw,
        comment=raw.get("Comment"),
        timeout_seconds=raw.get("TimeoutSeconds"),
        version=raw.get("Version", "1.0"),
    )


def _flow(raw: Fields, pointer: str) -> Flow:
    states = {
        name: _state(name, fields, f"{pointer}/States/{name}")
        for name, fields in raw["States"].items()
    }
    return Flow(start_at=raw["StartAt"], states=states)


class _Common(TypedDict):
    name: str
    pointer: str
    comment: str | None
    input_path: str | None
    output_path: str | None


class _Result(TypedDict):
    next: str | None
    result_path: str | None
    parameters: JSON
    has_parameters: bool


class _Selected(TypedDict):
    result_selector: JSON
    has_result_selector: bool
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


def _common(name: str, fields: Fields, pointer: str) -> _Common:
    return {
        "name": name,
        "pointer": pointer,
        "comment": fields.get("Comment"),
        "input_path": fields.get("InputPath", "$"),
        "output_path": fields.get("OutputPath", "$"),
    }


def _result(fields: Fields) -> _Result:
    return {
        "next": fields.get("Next"),
        "result_path": fields.get("ResultPath", "$"),
        "parameters": fields.get("Parameters"),
        "has_parameters": "Parameters" in fields,
    }


def _selected(fields: Fields) -> _Selected:
    return {
        "result_selector": fields.get("ResultSelector"),
        "has_result_selector": "ResultSelector" in fields,
        "retry": tuple(_retrier(one) for one in fields.get("Retry", ())),
        "catch": tuple(_catcher(one) for one in fields.get("Catch", ())),
    }


def _retrier(fields: Fields) -> Retrier:
    return Retrier(
        error_equals=tuple(fields["ErrorEquals"]),
        interval_seconds=fields.get("IntervalSeconds", 1),
        max_attempts=fields.get("MaxAttempts", 3),
        backoff_rate=float(fields.get("BackoffRate", 2.0)),
        max_delay_seconds=fields.get("MaxDelaySeconds"),
        jitter_strategy=fields.get("JitterStrategy", "NONE"),
    )


def _catcher(fields: Fields) -> Catcher:
    return Catcher(
        error_equals=tuple(fields["ErrorEquals"]),
        next=fields["Next"],
        result_path=fields.get("ResultPath", "$"),
    )


def _state(name: str, fields: Fields, pointer: str) -> State:
    common = _common(name, fields, pointer)
    match fields["Type"]:
        case "Pass":
            return Pass(
                **common,
                **_result(fields),
                result=fields.get("Result"),
                has_result="Result" in fields,
            )
        case "Task":
            return _task(fields, common)
        case "Choice":
            choices = tuple(
                ChoiceRule(rule=_rule(one), next=one["Next"]) for one in fields["Choices"]
            )
            return Choice(**common, choices=choices, default=fields.get("Default"))
        case "Wait":
            return Wait(
                **common,
                next=fields.get("Next"),
                seconds=fields.get("Seconds"),
                seconds_path=fields.get("SecondsPath"),
                timestamp=fields.get("Timestamp"),
                timestamp_path=fields.get("TimestampPath"),
            )
        case "Succeed":
            return Succeed(**common)
        case "Fail":
            return Fail(
                **common,
                error=fields.get("Error"),
                error_path=fields.get("ErrorPath"),
                cause=fields.get("Cause"),
                cause_path=fields.get("CausePath"),
            )
        case "Parallel":
            branches = tuple(
                _flow(branch, f"{pointer}/Branches[{number}]")
                for number, branch in enumerate(fields["Branches"])
            )
            return Parallel(**common, **_result(fields), **_selected(fields), branches=branches)
        case _:
            return _map(fields, common)


def _task(fields: Fields, common: _Common) -> Task:
    return Task(
        **common,
        **_result(fields),
        **_selected(fields),
        resource=fields["Resource"],
        timeout_seconds=fields.get("TimeoutSeconds"),
        timeout_seconds_path=fields.get("TimeoutSecondsPath"),
        heartbeat_seconds=fields.get("HeartbeatSeconds"),
        heartbeat_seconds_path=fields.get("HeartbeatSecondsPath"),
        credentials=fields.get("Credentials"),
    )


def _map(fields: Fields, common: _Common) -> Map:
    """`Iterator` and `Parameters` are the older names of ItemProcessor and ItemSelector."""
    processor_field = "ItemProcessor" if "ItemProcessor" in fields else "Iterator"
    selector_field = "ItemSelector" if "ItemSelector" in fields else "Parameters"
    return Map(
        **common,
        **_selected(fields),
        next=fields.get("Next"),
        result_path=fields.get("ResultPath", "$"),
        processor=_flow(fields[processor_field], f"{common['pointer']}/{processor_field}"),
        items_path=fields.get("ItemsPath", "$"),
        item_selector=fields.get(selector_field),
        has_item_selector=selector_field in fields,
        max_concurrency=fields.get("MaxConcurrency", 0),
        max_concurrency_path=fields.get("MaxConcurrencyPath"),
        tolerated_failure_count=fields.get("ToleratedFailureCount"),
        tolerated_failure_percentage=fields.get("ToleratedFailurePercentage"),
    )


def _rule(fields: Fields) -> Rule:
    if "And" in fields:
        return And(tuple(_rule(one) for one in fields["And"]))
    if "Or" in fields:
        return Or(tuple(_rule(one) for one in fields["Or"]))
    if "Not" in fields:
        return Not(_rule(fields["Not"]))
    operator = next(key for key in fields if key.removesuffix("Path") in OPERATORS)
    name = operator.removesuffix("Path")
    is_path = operator != name and name in PATH_OPERATORS
    return Comparison(
        variable=fields["Variable"],
        operator=name,
        expected=fields[operator],
        is_path=is_path,
    )
