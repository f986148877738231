"""Checks of each state's fields, by its type.

The table of fields and the bounds of numbers are AWS's as measured with
ValidateStateMachineDefinition (published in September 2026), not the specification's.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.asl.choices import check_choices
from simulator.asl.expressions import (
    check_jsonata,
    check_output,
    check_path,
    check_reference,
    check_template,
    check_text_expression,
)
from simulator.asl.findings import (
    Report,
    check_fields,
    check_only_one,
    check_other_language,
    check_range,
    check_required,
    is_one_of,
    is_type,
    listed,
)
from simulator.asl.map_parts import check_map_parts
from simulator.asl.model import JSON
from simulator.asl.resources import check_resource_arn
from simulator.asl.retries import check_catch, check_retry
from simulator.asl.timestamps import timestamp_ns
from simulator.asl.transitions import inner_flows

Fields = Mapping[str, JSON]

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
LANGUAGES = ("JSONPath", "JSONata")
_EVERYWHERE = ("Type", "Comment", "QueryLanguage")
_DATA = ("InputPath", "OutputPath", "Output", "Assign")
_ONWARD = ("Next", "End")
_RESULT = ("ResultPath", "Parameters", "ResultSelector", "Retry", "Catch")
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "Pass": (*_DATA, *_ONWARD, "Result", "ResultPath", "Parameters"),
    "Task": (
        *_DATA,
        *_ONWARD,
        *_RESULT,
        "Arguments",
        "Resource",
        "Credentials",
        "TimeoutSeconds",
        "TimeoutSecondsPath",
        "HeartbeatSeconds",
        "HeartbeatSecondsPath",
    ),
    "Wait": (*_DATA, *_ONWARD, "Seconds", "Timestamp", "SecondsPath", "TimestampPath"),
    "Parallel": (*_DATA, *_ONWARD, *_RESULT, "Arguments", "Branches"),
    "Map": (
        *_DATA,
        *_ONWARD,
        *_RESULT,
        "ItemProcessor",
        "Iterator",
        "ItemsPath",
        "Items",
        "ItemSelector",
        "ItemReader",
        "ItemBatcher",
        "ResultWriter",
        "MaxConcurrency",
        "MaxConcurrencyPath",
        "ToleratedFailurePercentage",
        "ToleratedFailurePercentagePath",
        "ToleratedFailureCount",
        "ToleratedFailureCountPath",
        "Label",
    ),
    "Choice": (*_DATA, "Choices", "Default"),
    "Succeed": ("InputPath", "OutputPath", "Output"),
    "Fail": ("Error", "Cause", "ErrorPath", "CausePath"),
}
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}
_PAIRS = (
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
)
_WAITS = ("SecondsPath", "Seconds", "TimestampPath", "Timestamp")
# field: (least, most, AWS's name of the type)
_NUMBERS: Mapping[str, tuple[float, float | None, str]] = {
    "TimeoutSeconds": (1, 99999999, "Integer"),
    "HeartbeatSeconds": (1, 99999999, "Integer"),
    "Seconds": (0, 99999999, "Integer"),
    "MaxConcurrency": (0, None, "Integer"),
    "ToleratedFailureCount": (0, None, "Integer"),
    "ToleratedFailurePercentage": (0.0, 100.0, "Number"),
}
_JSONPATH_ONLY = frozenset(
    {
        "InputPath",
        "OutputPath",
        "ResultPath",
        "Parameters",
        "ResultSelector",
        "Result",
        "ItemsPath",
        "TimeoutSecondsPath",
        "HeartbeatSecondsPath",
        "SecondsPath",
        "TimestampPath",
        "MaxConcurrencyPath",
        "ToleratedFailurePercentagePath",
        "ToleratedFailureCountPath",
        "ErrorPath",
        "CausePath",
    }
)
_JSONATA_ONLY = frozenset({"Arguments", "Output", "Items"})
_REFERENCES = (
    "TimeoutSecondsPath",
    "HeartbeatSecondsPath",
    "SecondsPath",
    "TimestampPath",
    "MaxConcurrencyPath",
    "ToleratedFailurePercentagePath",
    "ToleratedFailureCountPath",
    "ItemsPath",
)
_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Credentials")
_EXPRESSIONS = ("Arguments", "Items", "ItemSelector", "Credentials", "Timestamp", "Error", "Cause")
_TEXTS = ("Comment", "Next", "Default", "Error", "Cause")


def check_machine(report: Report, machine: JSON) -> None:
    """The whole document."""
    if not is_type(report, machine, "Object", "/"):
        return
    allowed = ("Comment", "QueryLanguage", "StartAt", "TimeoutSeconds", "Version", "States")
    for name in machine:
        if name not in allowed:
            report.schema(f"Field '{name}' is not supported", "/", at=f"/{name}")
    language = _language(report, machine, "")
    if "Version" in machine:
        is_one_of(report, machine["Version"], ("1.0",), "/Version")
    if "TimeoutSeconds" in machine:
        # other than a state's, the machine's may be 0
        check_range(
            report, machine["TimeoutSeconds"], "/TimeoutSeconds", minimum=0, maximum=99999999
        )
    _check_flow(report, machine, "", language)


def _language(report: Report, fields: Fields, pointer: str, outer: str = "JSONPath") -> str:
    if "QueryLanguage" not in fields:
        return outer
    language = fields["QueryLanguage"]
    is_one_of(report, language, LANGUAGES, f"{pointer}/QueryLanguage")
    # as AWS reads it: what is not JSONPath is JSONata
    return "JSONPath" if language == "JSONPath" else "JSONata"


def _check_flow(report: Report, flow: Fields, pointer: str, language: str) -> None:
    """A StartAt and the States, of the machine, a branch or an item processor."""
    if "Comment" in flow:
        is_type(report, flow["Comment"], "String", f"{pointer}/Comment")
    check_required(report, flow, ("States", "StartAt"), pointer)
    if "StartAt" in flow:
        is_type(report, flow["StartAt"], "String", f"{pointer}/StartAt")
    if "States" in flow and is_type(report, flow["States"], "Object", f"{pointer}/States"):
        if not flow["States"]:
            report.schema("Value cannot be empty", f"{pointer}/States")
        for name, fields in flow["States"].items():
            location = f"{pointer}/States/{name}"
            if is_type(report, fields, "Object", location):
                _check_state(report, fields, location, language)


def _check_state(report: Report, fields: Fields, location: str, outer_language: str) -> None:
    if not check_required(report, fields, ("Type",), location):
        return
    kind = fields["Type"]
    if kind not in TYPES:
        report.schema(
            f"The field 'Type' should have one of these values: {listed(TYPES)}", f"{location}/Type"
        )
        return
    language = _language(report, fields, location, outer_language)
    is_downgraded = outer_language == "JSONata" and language == "JSONPath"
    if is_downgraded:
        report.schema(
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
            location,
            at=f"{location}/QueryLanguage",
        )
    check_fields(report, fields, (*_EVERYWHERE, *_FIELDS[kind]), location)
    check_required(report, fields, _REQUIRED.get(kind, ()), location)
    _check_exclusive(report, kind, fields, location)
    if not is_downgraded:
        wrong = _JSONPATH_ONLY if language == "JSONata" else _JSONATA_ONLY
        names = [field for field in fields if field in wrong and field in _FIELDS[kind]]
        check_other_language(report, fields, names, location, language)
    for field in _TEXTS:
        if field in fields and field in (*_EVERYWHERE, *_FIELDS[kind]):
            is_type(report, fields[field], "String", f"{location}/{field}")
    _check_values(report, kind, fields, location, language)
    if language == "JSONPath":
        _check_paths(report, kind, fields, location)
    else:
        _check_expressions(report, kind, fields, location)
    _check_parts(report, kind, fields, location, language)
    if kind in ("Parallel", "Map"):
        _check_inner_flows(report, kind, fields, location, outer_language)
    if kind == "Map":
        mode, name = _processor_mode(fields), location.rpartition("/States/")[2]
        check_map_parts(report, name, fields, location, mode=mode, language=language)


def _check_exclusive(report: Report, kind: str, fields: Fields, location: str) -> None:
    for pair in _PAIRS:
        check_only_one(report, fields, pair, location)
    if kind == "Wait":
        check_only_one(report, fields, _WAITS, location, is_required=True)
    if kind == "Map":
        processors = ("ItemProcessor", "Iterator")
        check_only_one(report, fields, processors, location, is_required=True)
        check_only_one(report, fields, ("ItemSelector", "Parameters"), location)
    if "Next" not in _FIELDS[kind]:
        return
    ends = fields.get("End")
    if "End" in fields and not is_type(report, ends, "Boolean", f"{location}/End"):
        return
    if ends is True:
        check_only_one(report, fields, _ONWARD, location)
    elif "Next" not in fields:
        report.schema(
            f"This object should have only one of the following fields: {listed(_ONWARD)}", location
        )


def _is_jsonata(value: JSON) -> bool:
    return type(value) is str and value.startswith("{%") and value.endswith("%}")


def _check_values(report: Report, kind: str, fields: Fields, location: str, language: str) -> None:
    """Numbers within their bounds, a Wait's Timestamp, the heartbeat within the timeout."""
    for field, (least, most, number) in _NUMBERS.items():
        if field not in fields or field not in _FIELDS[kind]:
            continue
        if language == "JSONata" and _is_jsonata(fields[field]):
            continue
        check_range(
            report, fields[field], f"{location}/{field}", minimum=least, maximum=most, kind=number
        )
    if "Assign" in _FIELDS[kind]:
        check_output(report, fields, location, language=language)
    elif "Output" in _FIELDS[kind] and "Output" in fields and language == "JSONata":
        check_jsonata(report, fields["Output"], f"{location}/Output")
    timestamp = fields.get("Timestamp")
    if kind == "Wait" and "Timestamp" in fields:
        is_later = language == "JSONata" and _is_jsonata(timestamp)
        if not is_later and timestamp_ns(timestamp) is None:
            report.schema("String does not match RFC3339 timestamp", f"{location}/Timestamp")
    timeout, heartbeat = fields.get("TimeoutSeconds"), fields.get("HeartbeatSeconds")
    if type(timeout) is int and type(heartbeat) is int and 0 < timeout <= heartbeat:
        report.schema(
            "HeartbeatSeconds must be smaller than TimeoutSeconds", f"{location}/HeartbeatSeconds"
        )


def _check_paths(report: Report, kind: str, fields: Fields, location: str) -> None:
    """Every field that holds a path or a template."""
    known = _FIELDS[kind]
    for field in ("InputPath", "OutputPath"):
        if field in fields and field in known:
            check_path(report, fields[field], f"{location}/{field}", may_be_null=True)
    if "ResultPath" in fields and "ResultPath" in known:
        check_reference(
            report,
            fields["ResultPath"],
            f"{location}/ResultPath",
            may_be_null=True,
            is_target=True,
        )
    for field in _REFERENCES:
        if field in fields and field in known:
            check_reference(report, fields[field], f"{location}/{field}")
    for field in ("ErrorPath", "CausePath"):
        if field in fields and field in known:
            check_text_expression(report, fields[field], f"{location}/{field}", field=field)
    for field in _TEMPLATES:
        if field in fields and field in known:
            check_template(report, fields[field], f"{location}/{field}")


def _check_expressions(report: Report, kind: str, fields: Fields, location: str) -> None:
    """Every field that may hold an expression, but Assign and Output."""
    for field in (*_EXPRESSIONS, *_NUMBERS):
        if field in fields and field in _FIELDS[kind]:
            check_jsonata(report, fields[field], f"{location}/{field}")


def _check_parts(report: Report, kind: str, fields: Fields, location: str, language: str) -> None:
    """What a state is made of: rules, retriers, catchers, a resource, flows of its own."""
    if kind == "Choice" and "Choices" in fields:
        below = f"{location}/Choices"
        check_choices(report, fields["Choices"], below, language=language)
    if "Retry" in fields and "Retry" in _FIELDS[kind]:
        check_retry(report, fields["Retry"], f"{location}/Retry")
    if "Catch" in fields and "Catch" in _FIELDS[kind]:
        below = f"{location}/Catch"
        check_catch(report, fields["Catch"], below, language=language)
    if kind == "Task":
        _check_task(report, fields, location)


def _check_task(report: Report, fields: Fields, location: str) -> None:
    if "Resource" in fields:
        check_resource_arn(report, fields["Resource"], f"{location}/Resource")
    if "Credentials" in fields:
        credentials, below = fields["Credentials"], f"{location}/Credentials"
        if _is_jsonata(credentials) or not is_type(report, credentials, "Object", below):
            return
        if "RoleArn" not in credentials and "RoleArn.$" not in credentials:
            report.schema("The field 'RoleArn' is required but was missing", below)
        check_fields(report, credentials, (*credentials, "RoleArn", "RoleArn.$"), below)


def _check_inner_flows(
    report: Report, kind: str, fields: Fields, location: str, machine_language: str
) -> None:
    """A state's own QueryLanguage does not reach the states inside it; the machine's does."""
    if kind == "Parallel" and "Branches" in fields:
        branches, below = fields["Branches"], f"{location}/Branches"
        if is_type(report, branches, "Array", below):
            if not branches:
                report.schema("Value cannot be empty", below)
            for number, branch in enumerate(branches):
                is_type(report, branch, "Object", f"{below}[{number}]")
    for field in ("ItemProcessor", "Iterator"):
        if kind == "Map" and field in fields:
            is_type(report, fields[field], "Object", f"{location}/{field}")
    for pointer, flow in inner_flows(fields, location):
        allowed: tuple[str, ...] = ("Comment", "StartAt", "States")
        if kind == "Map":
            allowed = (*allowed, "ProcessorConfig")
            _check_processor_config(report, flow, pointer)
        check_fields(report, flow, allowed, pointer)
        _check_flow(report, flow, pointer, machine_language)


def _processor_mode(fields: Fields) -> JSON:
    """INLINE unless the processor says otherwise, well-formed or not."""
    processor = fields.get("ItemProcessor", fields.get("Iterator"))
    config = processor.get("ProcessorConfig") if isinstance(processor, dict) else None
    return config.get("Mode", "INLINE") if isinstance(config, dict) else "INLINE"


def _check_processor_config(report: Report, flow: Fields, pointer: str) -> None:
    config, below = flow.get("ProcessorConfig"), f"{pointer}/ProcessorConfig"
    if "ProcessorConfig" not in flow or not is_type(report, config, "Object", below):
        return
    assert isinstance(config, dict)
    mode = config.get("Mode", "INLINE")
    if not is_one_of(report, mode, ("INLINE", "DISTRIBUTED"), f"{below}/Mode"):
        return
    if mode == "DISTRIBUTED":
        check_fields(report, config, ("Mode", "ExecutionType"), below)
        if check_required(report, config, ("ExecutionType",), below):
            kinds = ("STANDARD", "EXPRESS")
            is_one_of(report, config["ExecutionType"], kinds, f"{below}/ExecutionType")
    else:
        check_fields(report, config, ("Mode",), below)
