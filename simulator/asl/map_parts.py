"""Checks of a Map's own parts: ItemReader, ItemBatcher, ResultWriter and Label.

The fields are the developer guide's; the bounds, and the words for a resource, an InputType and the
pairs of a number and its path were measured with ValidateStateMachineDefinition by others
(published in September 2026). What AWS makes of such a part in an inline Map nobody says, so it is
not run.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.asl.expressions import check_jsonata, check_reference, check_template
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
from simulator.asl.jsonata import is_expression
from simulator.asl.model import JSON

Fields = Mapping[str, JSON]

_PARTS = ("ItemReader", "ItemBatcher", "ResultWriter")
_INPUT_TYPES = ("MANIFEST", "JSON", "CSV", "JSONL", "PARQUET")
# fields of ReaderConfig and WriterConfig that take one of some words
_WORDS: Mapping[str, tuple[str, ...]] = {
    "ManifestType": ("ATHENA_DATA", "S3_INVENTORY"),
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "Transformation": ("NONE", "LOAD_AND_FLATTEN"),
}
_WRITER_WORDS: Mapping[str, tuple[str, ...]] = {
    "OutputType": ("JSON", "JSONL"),
    "Transformation": ("NONE", "COMPACT", "FLATTEN"),
}
_READER_CONFIG = (
    "InputType",
    *_WORDS,
    "CSVHeaders",
    "ItemsPointer",
    "MaxItems",
    "MaxItemsPath",
)
_LIST_OBJECTS = ":states:::s3:listObjectsV2"
_RESOURCES: Mapping[str, tuple[str, ...]] = {
    "ItemReader": (":states:::s3:getObject", _LIST_OBJECTS),
    "ResultWriter": (":states:::s3:putObject",),
}
# "Labels can't exceed 40 characters" (developer guide, "Distributed mode")
_LONGEST_LABEL = 40


def check_map_parts(
    report: Report, name: str, fields: Fields, location: str, *, mode: JSON, language: str
) -> None:
    """The parts of a Map, whose processor is of this `mode`."""
    if "Label" in fields:
        _check_label(report, fields["Label"], f"{location}/Label")
    for part in _PARTS:
        below = f"{location}/{part}"
        if part not in fields or not is_type(report, fields[part], "Object", below):
            continue
        if part == "ItemReader":
            _check_reader(report, name, fields[part], below, language)
        elif part == "ItemBatcher":
            _check_batcher(report, fields[part], below, language)
        else:
            _check_writer(report, fields[part], below, language)
        if mode != "DISTRIBUTED":
            report.lacks(f"{part} in a Map of mode INLINE", below, state=name)


def _check_label(report: Report, value: JSON, location: str) -> None:
    if is_type(report, value, "String", location) and not 0 < len(value) <= _LONGEST_LABEL:
        report.schema(f"Expected 1 to {_LONGEST_LABEL} characters", location)


def _check_reader(report: Report, name: str, reader: Fields, location: str, language: str) -> None:
    check_fields(report, reader, ("Resource", "ReaderConfig", "Parameters", "Arguments"), location)
    is_listing = False
    if check_required(report, reader, ("Resource",), location):
        _check_resource(report, reader["Resource"], f"{location}/Resource", "ItemReader")
        is_listing = str(reader["Resource"]).endswith(_LIST_OBJECTS)
    _check_parameters(report, reader, location, language)
    config, below = reader.get("ReaderConfig", {}), f"{location}/ReaderConfig"
    if not is_type(report, config, "Object", below):
        return
    check_fields(report, config, _READER_CONFIG, below)
    _check_input_type(report, config, below, is_listing=is_listing)
    _check_words(report, config, _WORDS, below)
    headers = config.get("CSVHeaders")
    if "CSVHeaders" in config and is_type(report, headers, "Array", f"{below}/CSVHeaders"):
        for number, header in enumerate(headers):
            is_type(report, header, "String", f"{below}/CSVHeaders[{number}]")
    elif config.get("CSVHeaderLocation") == "GIVEN" and "CSVHeaders" not in config:
        check_required(report, config, ("CSVHeaders",), below)
    if "ItemsPointer" in config:
        is_type(report, config["ItemsPointer"], "String", f"{below}/ItemsPointer")
    _check_number(report, config, "MaxItems", below, language, maximum=100_000_000)
    if config.get("Transformation") == "LOAD_AND_FLATTEN":
        feature = "the Transformation LOAD_AND_FLATTEN of ItemReader"
        report.lacks(feature, f"{below}/Transformation", state=name)


def _check_input_type(report: Report, config: Fields, location: str, *, is_listing: bool) -> None:
    """What the object is; a list of objects needs no type."""
    if "InputType" not in config:
        if not is_listing:
            check_required(report, config, ("InputType",), location)
    elif config["InputType"] not in _INPUT_TYPES:
        report.schema(
            f"The field 'InputType' should have one of these values: {listed(_INPUT_TYPES)}",
            f"{location}/InputType",
        )


def _check_batcher(report: Report, batcher: Fields, location: str, language: str) -> None:
    numbers = ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
    allowed = ("BatchInput", *numbers, *(f"{name}Path" for name in numbers))
    check_fields(report, batcher, allowed, location)
    if not any(name in batcher for name in allowed[1:]):
        # ASL: "MUST contain at least one of" the four
        check_required(report, batcher, numbers[:1], location)
    _check_number(report, batcher, numbers[0], location, language)
    _check_number(report, batcher, numbers[1], location, language, maximum=262_144)
    if "BatchInput" in batcher:
        check = check_jsonata if language == "JSONata" else check_template
        check(report, batcher["BatchInput"], f"{location}/BatchInput")


def _check_writer(report: Report, writer: Fields, location: str, language: str) -> None:
    check_fields(report, writer, ("Resource", "WriterConfig", "Parameters", "Arguments"), location)
    if "Resource" in writer:
        _check_resource(report, writer["Resource"], f"{location}/Resource", "ResultWriter")
        where = "Arguments" if language == "JSONata" else "Parameters"
        check_required(report, writer, (where,), location)
    elif "WriterConfig" not in writer:
        check_required(report, writer, ("Resource",), location)
    _check_parameters(report, writer, location, language)
    config, below = writer.get("WriterConfig", {}), f"{location}/WriterConfig"
    if is_type(report, config, "Object", below):
        check_fields(report, config, tuple(_WRITER_WORDS), below)
        _check_words(report, config, _WRITER_WORDS, below)


def _check_resource(report: Report, value: JSON, location: str, part: str) -> None:
    if not is_type(report, value, "String", location):
        return
    arns = _RESOURCES[part]
    if not value.startswith("arn:") or not value.endswith(arns):
        examples = listed(f"arn:<partition>{arn}" for arn in arns)
        report.schema(
            "The field 'Resource' does not match any of the allowed values. Examples: " + examples,
            location,
        )


def _check_parameters(report: Report, fields: Fields, location: str, language: str) -> None:
    """Parameters in JSONPath, Arguments in JSONata."""
    right, wrong = "Parameters", "Arguments"
    check = check_template
    if language == "JSONata":
        right, wrong, check = wrong, right, check_jsonata
    check_other_language(report, fields, (wrong,), location, language)
    if right not in fields:
        return
    value, below = fields[right], f"{location}/{right}"
    if is_expression(value) or is_type(report, value, "Object", below):
        check(report, value, below)


def _check_number(
    report: Report,
    fields: Fields,
    field: str,
    location: str,
    language: str,
    *,
    maximum: int | None = None,
) -> None:
    path = f"{field}Path"
    check_only_one(report, fields, (field, path), location)
    if language == "JSONata":
        check_other_language(report, fields, (path,), location, language)
    elif path in fields:
        check_reference(report, fields[path], f"{location}/{path}")
    if field not in fields:
        return
    value, below = fields[field], f"{location}/{field}"
    if language == "JSONata" and is_expression(value):
        check_jsonata(report, value, below)
    else:
        check_range(report, value, below, minimum=0, maximum=maximum)


def _check_words(
    report: Report, fields: Fields, words: Mapping[str, tuple[str, ...]], location: str
) -> None:
    for name, allowed in words.items():
        if name in fields:
            is_one_of(report, fields[name], allowed, f"{location}/{name}")
