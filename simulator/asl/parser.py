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
    ItemReader,
    Map,
    Not,
    Or,
    Parallel,
    Pass,
    ResultWriter,
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
        flow=_flow(raw, "", raw.get("QueryLanguage", "JSONPath")),
        source=text,
        raw=raw,
        comment=raw.get("Comment"),
        timeout_seconds=raw.get("TimeoutSeconds"),
        version=raw.get("Version", "1.0"),
    )


def _flow(raw: Fields, pointer: str, language: str) -> Flow:
    """`language` is the machine's: a state's own one does not reach the states inside it."""
    states = {
        name: _state(name, fields, f"{pointer}/States/{name}", language)
        for name, fields in raw["States"].items()
    }
    return Flow(start_at=raw["StartAt"], states=states)


class _Common(TypedDict):
    name: str
    pointer: str
    comment: str | None
    input_path: str | None
    output_path: str | None
    query_language: str
    assign: JSON
    output: JSON
    has_output: bool


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


def _common(name: str, fields: Fields, pointer: str, language: str) -> _Common:
    return {
        "name": name,
        "pointer": pointer,
        "comment": fields.get("Comment"),
        "input_path": fields.get("InputPath", "$"),
        "output_path": fields.get("OutputPath", "$"),
        "query_language": fields.get("QueryLanguage", language),
        "assign": fields.get("Assign"),
        "output": fields.get("Output"),
        "has_output": "Output" in fields,
    }


def _result(fields: Fields) -> _Result:
    return {
        "next": fields.get("Next"),
        "result_path": fields.get("ResultPath", "$"),
        "parameters": fields.get("Parameters", fields.get("Arguments")),
        "has_parameters": "Parameters" in fields or "Arguments" in fields,
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
        assign=fields.get("Assign"),
        output=fields.get("Output"),
        has_output="Output" in fields,
    )


def _state(name: str, fields: Fields, pointer: str, language: str) -> State:
    common = _common(name, fields, pointer, language)
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
            choices = tuple(_choice(one) for one in fields["Choices"])
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
                _flow(branch, f"{pointer}/Branches[{number}]", language)
                for number, branch in enumerate(fields["Branches"])
            )
            return Parallel(**common, **_result(fields), **_selected(fields), branches=branches)
        case _:
            return _map(fields, common, language)


def _choice(fields: Fields) -> ChoiceRule:
    return ChoiceRule(
        rule=None if "Condition" in fields else _rule(fields),
        next=fields["Next"],
        condition=fields.get("Condition"),
        assign=fields.get("Assign"),
        output=fields.get("Output"),
        has_output="Output" in fields,
    )


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


def _map(fields: Fields, common: _Common, language: str) -> Map:
    """`Iterator` and `Parameters` are the older names of ItemProcessor and ItemSelector."""
    processor_field = "ItemProcessor" if "ItemProcessor" in fields else "Iterator"
    selector_field = "ItemSelector" if "ItemSelector" in fields else "Parameters"
    processor = fields[processor_field]
    config = processor.get("ProcessorConfig", {})
    pointer = f"{common['pointer']}/{processor_field}"
    return Map(
        **common,
        **_selected(fields),
        next=fields.get("Next"),
        result_path=fields.get("ResultPath", "$"),
        processor=_flow(processor, pointer, language),
        mode=config.get("Mode", "INLINE"),
        execution_type=config.get("ExecutionType", "STANDARD"),
        items_path=fields.get("ItemsPath", "$"),
        items=fields.get("Items"),
        has_items="Items" in fields,
        item_reader=_item_reader(fields),
        item_selector=fields.get(selector_field),
        has_item_selector=selector_field in fields,
        item_batcher=fields.get("ItemBatcher"),
        result_writer=_result_writer(fields),
        label=fields.get("Label"),
        max_concurrency=fields.get("MaxConcurrency", 0),
        max_concurrency_path=fields.get("MaxConcurrencyPath"),
        tolerated_failure_count=fields.get("ToleratedFailureCount"),
        tolerated_failure_count_path=fields.get("ToleratedFailureCountPath"),
        tolerated_failure_percentage=fields.get("ToleratedFailurePercentage"),
        tolerated_failure_percentage_path=fields.get("ToleratedFailurePercentagePath"),
    )


def _item_reader(fields: Fields) -> ItemReader | None:
    if "ItemReader" not in fields:
        return None
    reader = fields["ItemReader"]
    return ItemReader(
        resource=reader["Resource"],
        parameters=reader.get("Parameters", reader.get("Arguments")),
        has_parameters="Parameters" in reader or "Arguments" in reader,
        config=reader.get("ReaderConfig", {}),
    )


def _result_writer(fields: Fields) -> ResultWriter | None:
    if "ResultWriter" not in fields:
        return None
    writer = fields["ResultWriter"]
    return ResultWriter(
        resource=writer.get("Resource"),
        parameters=writer.get("Parameters", writer.get("Arguments")),
        config=writer.get("WriterConfig", {}),
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
