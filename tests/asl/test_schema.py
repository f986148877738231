"""What AWS refuses in each kind of state, in AWS's words and at AWS's location.

The sentences are recorded ones, or were measured by others with ValidateStateMachineDefinition.
"""

import json

import pytest

from simulator.asl.validator import validate
from tests.support.machines import ALL, DONE, FLOW, choice, machine, of_one, sentences, task

READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "Parameters": {"Bucket": "b", "Key": "k"},
    "ReaderConfig": {"InputType": "JSON"},
}


def distributed(**fields):
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    return of_one(Type="Map", ItemProcessor={**FLOW, "ProcessorConfig": config}, **fields)


def reading(**config):
    return distributed(ItemReader={**READER, "ReaderConfig": config})


SCHEMA = "SCHEMA_VALIDATION_FAILED: "
MISSING = "MISSING_TRANSITION_TARGET: "

REFUSED = {
    "no Resource": (
        of_one(Type="Task"),
        SCHEMA + "These fields are required: [Resource] at /States/A",
    ),
    "a Resource that is no ARN": (
        of_one(Type="Task", Resource="load"),
        SCHEMA + "Value is not a valid resource ARN at /States/A/Resource",
    ),
    "a Resource that nothing was put in": (
        of_one(Type="Task", Resource="${LoadFunctionArn}"),
        SCHEMA + "Value is not a valid resource ARN at /States/A/Resource",
    ),
    "two ways to say a timeout": (
        task(TimeoutSeconds=5, TimeoutSecondsPath="$.t"),
        SCHEMA + "There should only be one of the following fields: [TimeoutSeconds, "
        "TimeoutSecondsPath] at /States/A",
    ),
    "a timeout of 0": (
        task(TimeoutSeconds=0),
        SCHEMA + "Minimum value is 1 at /States/A/TimeoutSeconds",
    ),
    "a timeout that is text": (
        task(TimeoutSeconds="5"),
        SCHEMA + "Expected value of type Integer at /States/A/TimeoutSeconds",
    ),
    "a timeout that is true": (
        task(TimeoutSeconds=True),
        SCHEMA + "Expected value of type Integer at /States/A/TimeoutSeconds",
    ),
    "a heartbeat as long as the timeout": (
        task(TimeoutSeconds=5, HeartbeatSeconds=5),
        SCHEMA + "HeartbeatSeconds must be smaller than TimeoutSeconds at "
        "/States/A/HeartbeatSeconds",
    ),
    "credentials without a role": (
        task(Credentials={}),
        SCHEMA + "The field 'RoleArn' is required but was missing at /States/A/Credentials",
    ),
    "an InputPath that is no path": (
        of_one(Type="Pass", InputPath="a.b"),
        SCHEMA + "Value must be a valid JSONPath. at /States/A/InputPath",
    ),
    "an OutputPath that is broken": (
        of_one(Type="Pass", OutputPath="$.a["),
        SCHEMA + "Value must be a valid JSONPath. at /States/A/OutputPath",
    ),
    "an intrinsic call as InputPath": (
        of_one(Type="Pass", InputPath="States.Array()"),
        SCHEMA + "Value must be a valid JSONPath. at /States/A/InputPath",
    ),
    "a ResultPath with a wildcard": (
        of_one(Type="Pass", ResultPath="$.*"),
        SCHEMA + "Value is not a Reference Path at /States/A/ResultPath",
    ),
    "a ResultPath without a dollar": (
        of_one(Type="Pass", ResultPath="a"),
        SCHEMA + "Value is not a Reference Path: Reference path didn't start with '$' at "
        "/States/A/ResultPath",
    ),
    "a ResultPath into the Context Object": (
        of_one(Type="Pass", ResultPath="$$.a"),
        SCHEMA + "Value is not a Reference Path: the Context Object is read-only at "
        "/States/A/ResultPath",
    ),
    "a template's broken path": (
        of_one(Type="Pass", Parameters={"deep": {"x.$": "a"}}),
        SCHEMA + "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic "
        "function call at /States/A/Parameters/deep",
    ),
    "a template's unknown function": (
        of_one(Type="Pass", Parameters=[{"x.$": "States.Default($.a, 1)"}]),
        SCHEMA + "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic "
        "function call at /States/A/Parameters[0]",
    ),
    "a template's number as path": (
        task(ResultSelector={"x.$": 5}),
        SCHEMA + "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic "
        "function call at /States/A/ResultSelector",
    ),
    "a field both given and computed": (
        of_one(Type="Pass", Parameters={"x": 1, "x.$": "$.a"}),
        SCHEMA + "The fields 'x' and 'x.$' stand for the same field at /States/A/Parameters",
    ),
    "an ErrorPath whose function gives no text": (
        of_one(Type="Fail", ErrorPath="States.Array()"),
        SCHEMA + "The value for the field 'ErrorPath' must be a valid JSONPath or a valid "
        "intrinsic function call at /States/A/ErrorPath",
    ),
    "both Cause and CausePath": (
        of_one(Type="Fail", Cause="c", CausePath="$.c"),
        SCHEMA + "There should only be one of the following fields: [Cause, CausePath] at "
        "/States/A",
    ),
    "a Wait for nothing": (
        of_one(Type="Wait"),
        SCHEMA + "This object should have only one of the following fields: [SecondsPath, "
        "Seconds, TimestampPath, Timestamp] at /States/A",
    ),
    "a Wait for two things": (
        of_one(Type="Wait", Seconds=1, Timestamp="2024-01-09T10:00:00Z"),
        SCHEMA + "There should only be one of the following fields: [SecondsPath, Seconds, "
        "TimestampPath, Timestamp] at /States/A",
    ),
    "a Wait below 0": (
        of_one(Type="Wait", Seconds=-1),
        SCHEMA + "Minimum value is 0 at /States/A/Seconds",
    ),
    "a Wait of more than three years": (
        of_one(Type="Wait", Seconds=100000000),
        SCHEMA + "Maximum value is 99999999 at /States/A/Seconds",
    ),
    "a Wait until no timestamp": (
        of_one(Type="Wait", Timestamp="2016-12-05T21:29:29"),
        SCHEMA + "String does not match RFC3339 timestamp at /States/A/Timestamp",
    ),
    "no Choices": (
        machine({"A": {"Type": "Choice", "Default": "Z"}, "Z": DONE}),
        SCHEMA + "These fields are required: [Choices] at /States/A",
    ),
    "empty Choices": (
        choice(Default="Z"),
        SCHEMA + "Value cannot be empty at /States/A/Choices",
    ),
    "a rule without Next": (
        choice({"Variable": "$.x", "IsPresent": True}, Default="Z"),
        SCHEMA + "These fields are required: [Next] at /States/A/Choices[0]",
    ),
    "a rule's Next inside another": (
        choice({"Not": {"Variable": "$.x", "IsPresent": True, "Next": "Z"}, "Next": "Z"}),
        SCHEMA + "Field 'Next' is not supported at /States/A/Choices[0]/Not",
    ),
    "an empty And": (
        choice({"And": [], "Next": "Z"}),
        SCHEMA + "Value cannot be empty at /States/A/Choices[0]/And",
    ),
    "a rule about nothing": (
        choice({"Next": "Z"}),
        SCHEMA + "The object must have only one of the following fields, [And, Or, Not, "
        "Variable, Condition] at /States/A/Choices[0]",
    ),
    "a Variable that is no path": (
        choice({"Variable": "x", "IsPresent": True, "Next": "Z"}),
        SCHEMA + "Value is not a Reference Path: Reference path didn't start with '$' at "
        "/States/A/Choices[0]/Variable",
    ),
    "a number compared with text": (
        choice({"Or": [{"Variable": "$.x", "NumericEquals": "1"}], "Next": "Z"}),
        SCHEMA + "Expected value of type Number at /States/A/Choices[0]/Or[0]/NumericEquals",
    ),
    "a moment compared with text": (
        choice({"Variable": "$.x", "TimestampEquals": "today", "Next": "Z"}),
        SCHEMA + "String does not match RFC3339 timestamp at /States/A/Choices[0]/TimestampEquals",
    ),
    "a type test with a number": (
        choice({"Variable": "$.x", "IsNull": 5, "Next": "Z"}),
        SCHEMA + "Expected value of type Boolean at /States/A/Choices[0]/IsNull",
    ),
    "an unknown operator": (
        choice({"Variable": "$.x", "IsPresent": True, "IsNice": True, "Next": "Z"}),
        SCHEMA + "Field 'IsNice' is not supported at /States/A/Choices[0]",
    ),
    "no Branches": (
        of_one(Type="Parallel"),
        SCHEMA + "These fields are required: [Branches] at /States/A",
    ),
    "empty Branches": (
        of_one(Type="Parallel", Branches=[]),
        SCHEMA + "Value cannot be empty at /States/A/Branches",
    ),
    "a branch without StartAt": (
        of_one(Type="Parallel", Branches=[{"States": {"In": DONE}}]),
        SCHEMA + "These fields are required: [StartAt] at /States/A/Branches[0]",
    ),
    "a Map of nothing": (
        of_one(Type="Map"),
        SCHEMA + "This object should have only one of the following fields: [ItemProcessor, "
        "Iterator] at /States/A",
    ),
    "a Map said in both ways": (
        of_one(Type="Map", ItemProcessor=FLOW, Iterator={"StartAt": "J", "States": {"J": DONE}}),
        SCHEMA + "There should only be one of the following fields: [ItemProcessor, Iterator] at "
        "/States/A",
    ),
    "a MaxConcurrency below 0": (
        of_one(Type="Map", ItemProcessor=FLOW, MaxConcurrency=-1),
        SCHEMA + "Minimum value is 0 at /States/A/MaxConcurrency",
    ),
    "an ItemsPath of many": (
        of_one(Type="Map", ItemProcessor=FLOW, ItemsPath="$.a[*]"),
        SCHEMA + "Value is not a Reference Path at /States/A/ItemsPath",
    ),
    "an unknown Mode": (
        of_one(Type="Map", ItemProcessor={**FLOW, "ProcessorConfig": {"Mode": "FAST"}}),
        SCHEMA + "Value should be one of the following: [INLINE, DISTRIBUTED] at "
        "/States/A/ItemProcessor/ProcessorConfig/Mode",
    ),
    "no ErrorEquals": (
        task(Retry=[{}]),
        SCHEMA + "These fields are required: [ErrorEquals] at /States/A/Retry[0]",
    ),
    "an empty ErrorEquals": (
        task(Retry=[{"ErrorEquals": []}]),
        SCHEMA + "Value cannot be empty at /States/A/Retry[0]/ErrorEquals",
    ),
    "States.ALL among others": (
        task(Retry=[{"ErrorEquals": ["States.Timeout", "States.ALL"]}]),
        SCHEMA + "States.ALL must appear alone and at end of list at "
        "/States/A/Retry[0]/ErrorEquals",
    ),
    "States.ALL before others": (
        task(Retry=[ALL, {"ErrorEquals": ["States.Timeout"]}]),
        SCHEMA + "States.ALL must appear alone and at end of list at "
        "/States/A/Retry[0]/ErrorEquals",
    ),
    "a catcher without Next": (
        task(Catch=[ALL]),
        SCHEMA + "These fields are required: [Next] at /States/A/Catch[0]",
    ),
    "a BackoffRate below 1": (
        task(Retry=[{**ALL, "BackoffRate": 0.5}]),
        SCHEMA + "Minimum value is 1 at /States/A/Retry[0]/BackoffRate",
    ),
    "MaxAttempts below 0": (
        task(Retry=[{**ALL, "MaxAttempts": -1}]),
        SCHEMA + "Minimum value is 0 at /States/A/Retry[0]/MaxAttempts",
    ),
    "a MaxDelaySeconds over its bound": (
        task(Retry=[{**ALL, "MaxDelaySeconds": 31622401}]),
        SCHEMA + "Maximum value is 31622400 at /States/A/Retry[0]/MaxDelaySeconds",
    ),
    "an unknown JitterStrategy": (
        task(Retry=[{**ALL, "JitterStrategy": "SOME"}]),
        SCHEMA + "Value should be one of the following: [NONE, FULL] at "
        "/States/A/Retry[0]/JitterStrategy",
    ),
    "a field of the other language": (
        of_one(Type="Pass", Output={}),
        SCHEMA + "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported "
        "for the 'JSONata' QueryLanguage at /States/A",
    ),
    "JSONata's fields outside of it": (
        choice({"Condition": "{% true %}", "Next": "Z"}),
        SCHEMA + "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported "
        "for the 'JSONata' QueryLanguage at /States/A/Choices[0]",
    ),
    "JSONPath's fields inside JSONata": (
        of_one(Type="Pass", QueryLanguage="JSONata", Parameters={}),
        SCHEMA + "The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported "
        "for the 'JSONPath' QueryLanguage at /States/A",
    ),
    "an unknown language": (
        of_one(Type="Pass", QueryLanguage="jsonpath"),
        SCHEMA + "Value should be one of the following: [JSONPath, JSONata] at "
        "/States/A/QueryLanguage",
    ),
    "a catcher's Next that is no name": (
        task(Catch=[{**ALL, "Next": 0}]),
        SCHEMA + "Expected value of type String at /States/A/Catch[0]/Next",
    ),
    "a rule's Next that is no name": (
        machine(
            {"A": {"Type": "Choice", "Default": "Z", "Choices": [
                {"Variable": "$.n", "IsNull": True, "Next": False}]}, "Z": DONE}
        ),
        SCHEMA + "Expected value of type String at /States/A/Choices[0]/Next",
    ),
    "a share below none": (
        of_one(Type="Map", ItemProcessor=FLOW, ToleratedFailurePercentage=-1),
        SCHEMA + "Minimum value is 0.0 at /States/A/ToleratedFailurePercentage",
    ),
    "an ItemReader that is no object": (
        distributed(ItemReader=5),
        SCHEMA + "Expected value of type Object at /States/A/ItemReader",
    ),
    "a resource that reads no items": (
        distributed(ItemReader={**READER, "Resource": "arn:aws:states:::s3:listBuckets"}),
        SCHEMA + "The field 'Resource' does not match any of the allowed values. Examples: "
        "[arn:<partition>:states:::s3:getObject, arn:<partition>:states:::s3:listObjectsV2] at "
        "/States/A/ItemReader/Resource",
    ),
    "a type of input that there is not": (
        reading(InputType="XLS"),
        SCHEMA + "The field 'InputType' should have one of these values: [MANIFEST, JSON, CSV, "
        "JSONL, PARQUET] at /States/A/ItemReader/ReaderConfig/InputType",
    ),
    "a field of ReaderConfig misspelt": (
        reading(InputType="CSV", CSVHeaderlocation="FIRST_ROW"),
        SCHEMA + "Field 'CSVHeaderlocation' is not supported at /States/A/ItemReader/ReaderConfig",
    ),
    "headers that are not given": (
        reading(InputType="CSV", CSVHeaderLocation="GIVEN"),
        SCHEMA + "These fields are required: [CSVHeaders] at /States/A/ItemReader/ReaderConfig",
    ),
    "more items than a Map reads": (
        reading(InputType="JSON", MaxItems=100_000_001),
        SCHEMA + "Maximum value is 100000000 at /States/A/ItemReader/ReaderConfig/MaxItems",
    ),
    "two ways to say how many items": (
        reading(InputType="JSON", MaxItems=1, MaxItemsPath="$.n"),
        SCHEMA + "There should only be one of the following fields: [MaxItems, MaxItemsPath] at "
        "/States/A/ItemReader/ReaderConfig",
    ),
    "a path to the size of batches in JSONata": (
        distributed(ItemBatcher={"MaxItemsPerBatchPath": "$.n"}, QueryLanguage="JSONata"),
        SCHEMA + "The QueryLanguage is set to 'JSONata', but field 'MaxItemsPerBatchPath' is only "
        "supported for the 'JSONPath' QueryLanguage at /States/A/ItemBatcher",
    ),
    "batches of no size": (
        distributed(ItemBatcher={"BatchInput": {}}),
        SCHEMA + "These fields are required: [MaxItemsPerBatch] at /States/A/ItemBatcher",
    ),
    "a batch of less than none": (
        distributed(ItemBatcher={"MaxItemsPerBatch": -1}),
        SCHEMA + "Minimum value is 0 at /States/A/ItemBatcher/MaxItemsPerBatch",
    ),
    "a writer that writes nowhere": (
        distributed(ResultWriter={"Resource": "arn:aws:states:::s3:putObject"}),
        SCHEMA + "These fields are required: [Parameters] at /States/A/ResultWriter",
    ),
    "results in a form that there is not": (
        distributed(ResultWriter={"WriterConfig": {"OutputType": "CSV"}}),
        SCHEMA + "Value should be one of the following: [JSON, JSONL] at "
        "/States/A/ResultWriter/WriterConfig/OutputType",
    ),
    "a label that is no text": (
        distributed(Label=5),
        SCHEMA + "Expected value of type String at /States/A/Label",
    ),
    "a language that is no text": (
        machine({"A": DONE}, QueryLanguage=5),
        SCHEMA + "Expected value of type [STRING] at /QueryLanguage",
    ),
    "a language of a branch": (
        of_one(Type="Parallel", Branches=[{**FLOW, "QueryLanguage": "JSONPath"}]),
        SCHEMA + "Field 'QueryLanguage' is not supported at /States/A/Branches[0]",
    ),
    "JSONPath inside JSONata": (
        machine(
            {"A": {"Type": "Succeed", "QueryLanguage": "JSONPath"}},
            QueryLanguage="JSONata",
        ),
        SCHEMA + "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state "
        "machine at /States/A",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mistake_is_refused_with_one_sentence(mistake):
    definition, sentence = REFUSED[mistake]
    found = sentences(definition)
    assert found[0] == sentence
    # a target that a mistake takes away leaves a state that nothing reaches, and no more than that
    assert all(one.startswith(MISSING + "State ") for one in found[1:])


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mistake_is_pointed_at_in_the_text(mistake):
    definition, _sentence = REFUSED[mistake]
    text = definition if isinstance(definition, str) else json.dumps(definition, indent=1)
    for one in validate(text):
        assert 1 <= one.line <= text.count("\n") + 1
        assert one.column >= 1
