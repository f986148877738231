"""What AWS refuses, each in AWS's words and at AWS's location, and pointed at in the text.

The sentences are recorded ones, or were measured by others with ValidateStateMachineDefinition.
"""

import json

import pytest

from simulator.asl.validator import validate
from tests.support.machines import ALL, DONE, FLOW, LAMBDA, choice, machine, of_one, sentences, task

LONG = "n" * 81


SCHEMA = "SCHEMA_VALIDATION_FAILED: "
MISSING = "MISSING_TRANSITION_TARGET: "

REFUSED = {
    "an empty object": ({}, SCHEMA + "These fields are required: [States, StartAt] at /"),
    "no StartAt": ({"States": {"A": DONE}}, SCHEMA + "These fields are required: [StartAt] at /"),
    "no States": ({"StartAt": "A"}, SCHEMA + "These fields are required: [States] at /"),
    "no object": ("[]", SCHEMA + "Expected value of type Object at /"),
    "an unknown field of the machine": (
        machine({"A": DONE}, Retries=3),
        SCHEMA + "Field 'Retries' is not supported at /",
    ),
    "another Version": (
        machine({"A": DONE}, Version="2.0"),
        SCHEMA + "Value should be one of the following: [1.0] at /Version",
    ),
    "a timeout below 0": (
        machine({"A": DONE}, TimeoutSeconds=-1),
        SCHEMA + "Minimum value is 0 at /TimeoutSeconds",
    ),
    "a state that is no object": (
        machine({"A": DONE, "B": 5}),
        SCHEMA + "Expected value of type Object at /States/B",
    ),
    "no Type": (
        machine({"A": {"End": True}}),
        SCHEMA + "These fields are required: [Type] at /States/A",
    ),
    "an unknown Type": (
        of_one(Type="Loop"),
        SCHEMA + "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, "
        "Fail, Choice, Parallel, Map] at /States/A/Type",
    ),
    "a field of another type": (
        of_one(Type="Pass", TimeoutSeconds=5),
        SCHEMA + "Field 'TimeoutSeconds' is not supported at /States/A",
    ),
    "a Catch on a Pass": (
        of_one(Type="Pass", Catch=[{**ALL, "Next": "A"}]),
        SCHEMA + "Field 'Catch' is not supported at /States/A",
    ),
    "a Next on a Succeed": (
        machine({"A": {"Type": "Succeed", "Next": "B"}, "B": DONE}),
        SCHEMA + "Field 'Next' is not supported at /States/A",
    ),
    "a Comment that is no text": (
        of_one(Type="Pass", Comment=5),
        SCHEMA + "Expected value of type String at /States/A/Comment",
    ),
    "neither Next nor End": (
        machine({"A": {"Type": "Pass"}, "B": DONE}, start="A"),
        SCHEMA + "This object should have only one of the following fields: [Next, End] at "
        "/States/A",
    ),
    "both Next and End": (
        machine({"A": {"Type": "Pass", "Next": "B", "End": True}, "B": DONE}),
        SCHEMA + "There should only be one of the following fields: [Next, End] at /States/A",
    ),
    "an End that is no boolean": (
        machine({"A": {"Type": "Pass", "End": "True"}, "B": DONE}),
        SCHEMA + "Expected value of type Boolean at /States/A/End",
    ),
    "an unknown Next": (
        machine({"A": {"Type": "Pass", "Next": "Ghost"}, "Z": DONE}),
        MISSING + "Missing 'Next' target: Ghost at /States/A/Next",
    ),
    "an unknown StartAt": (
        machine({"A": DONE}, start="Not sure"),
        MISSING + "Missing 'Next' target: Not sure at /StartAt",
    ),
    "an unknown Default": (
        choice({"Variable": "$.x", "IsPresent": True, "Next": "Z"}, Default="Ghost"),
        MISSING + "Missing 'Next' target: Ghost at /States/A/Default",
    ),
    "a rule's unknown Next": (
        choice({"Variable": "$.x", "IsPresent": True, "Next": "Ghost"}, Default="Z"),
        MISSING + "Missing 'Next' target: Ghost at /States/A/Choices[0]/Next",
    ),
    "a catcher's unknown Next": (
        task(Catch=[{**ALL, "Next": "Ghost"}]),
        MISSING + "Missing 'Next' target: Ghost at /States/A/Catch[0]/Next",
    ),
    "an unreachable state": (
        machine({"A": DONE, "C": {"Type": "Pass", "Next": "A"}}),
        MISSING + 'State "C" is not reachable. at /States/C',
    ),
    "an unreachable state of a branch": (
        of_one(
            Type="Parallel",
            Branches=[{"StartAt": "W", "States": {"W": DONE, "Ghost": DONE}}],
        ),
        MISSING + 'State "Ghost" is not reachable. at /States/A/Branches[0]/States/Ghost',
    ),
    "an unreachable state of a Map": (
        of_one(Type="Map", ItemProcessor={"StartAt": "W", "States": {"W": DONE, "Ghost": DONE}}),
        MISSING + 'State "Ghost" is not reachable. at /States/A/ItemProcessor/States/Ghost',
    ),
    "a branch that points outside itself": (
        machine({
            "A": {
                "Type": "Parallel",
                "Branches": [{"StartAt": "W", "States": {"W": {"Type": "Pass", "Next": "Z"}}}],
                "Next": "Z",
            },
            "Z": DONE,
        }),
        MISSING + "Missing 'Next' target: Z at /States/A/Branches[0]/States/W/Next",
    ),
    "a Next that points into a branch": (
        machine({
            "A": {"Type": "Parallel", "Branches": [FLOW], "Next": "In"},
            "Z": DONE,
        }),
        MISSING + "Missing 'Next' target: In at /States/A/Next",
    ),
    "a name used in two branches": (
        of_one(Type="Parallel", Branches=[FLOW, FLOW]),
        "DUPLICATE_STATE_NAME: Duplicate State name: In at /States/A/Branches[1]/States/In",
    ),
    "a name used inside and outside": (
        of_one(Type="Map", ItemProcessor={"StartAt": "A", "States": {"A": DONE}}),
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/ItemProcessor/States/A",
    ),
    "a name said twice": (
        '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Fail"}}}',
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A",
    ),
    "a field said twice": (
        '{"StartAt": "A", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        "INVALID_JSON_DESCRIPTION: Duplicate field 'StartAt' at /",
    ),
    "a name that is too long": (
        machine({LONG: DONE}, start=LONG),
        "INVALID_STATE_NAME: State name '" + LONG + "' exceeds the 80-character limit allowed by "
        "the service at /States/" + LONG,
    ),
    "a loop without an end": (
        machine({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}),
        "MISSING_END_STATE: Workflow has no terminal state at null",
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


def test_line_and_column_are_those_of_the_member_at_fault():
    text = '{\n  "StartAt": "A",\n  "States": {\n    "A": {"Type": "Pass", "Next": "B"},\n'
    text += '    "Z": {"Type": "Succeed", "Nxt": 1}\n  }\n}'
    places = [(one.code, one.line, one.column) for one in validate(text)]
    assert places == [
        ("SCHEMA_VALIDATION_FAILED", 5, 30),
        ("MISSING_TRANSITION_TARGET", 4, 27),
        ("MISSING_TRANSITION_TARGET", 5, 5),
    ]


def test_every_mistake_is_found_at_once():
    definition = machine({
        "A": {"Type": "Wait", "Seconds": -1, "Next": "Ghost"},
        "B": {"Type": "Task", "Resource": "x", "Retry": [{}], "End": True},
    })  # fmt: skip
    assert sentences(definition) == [
        SCHEMA + "Minimum value is 0 at /States/A/Seconds",
        SCHEMA + "These fields are required: [ErrorEquals] at /States/B/Retry[0]",
        SCHEMA + "Value is not a valid resource ARN at /States/B/Resource",
        MISSING + "Missing 'Next' target: Ghost at /States/A/Next",
        MISSING + 'State "B" is not reachable. at /States/B',
    ]


def test_no_end_silences_what_nothing_reaches():
    # measured on AWS by others: the missing target first, then the missing end
    assert sentences(machine({"A": {"Type": "Pass", "Next": "NOPE"}})) == [
        MISSING + "Missing 'Next' target: NOPE at /States/A/Next",
        "MISSING_END_STATE: Workflow has no terminal state at null",
    ]


def test_only_the_machine_itself_must_have_an_end():
    # measured on AWS by others
    loop = {"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "B"}}}
    assert sentences(of_one(Type="Map", ItemProcessor=loop)) == []


ACCEPTED = {
    "a loop with an end": machine({
        "A": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 3, "Next": "B"}],
              "Default": "Z"},
        "B": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "A"},
        "Z": DONE,
    }),
    "an End of false beside Next": machine({"A": {"Type": "Pass", "End": False, "Next": "Z"},
                                            "Z": DONE}),
    "paths that are null": task(InputPath=None, OutputPath=None, ResultPath=None),
    "paths of every kind": task(InputPath="$.a[?(@.b == 1)]", OutputPath="$..x",
                                ResultPath="$.a[0]['b c']"),
    "an interval of 0": task(Retry=[{**ALL, "IntervalSeconds": 0, "Comment": "at once"}]),
    "a Choice without Default": choice({"Variable": "$.x", "IsPresent": True, "Next": "Z"}),
    "every operator's Path form": choice({"And": [
        {"Variable": "$.x", f"{kind}{order}Path": "$$.State.Name"}
        for kind in ("String", "Numeric", "Timestamp")
        for order in ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
    ], "Next": "Z"}),
    "the older names of a Map's fields": of_one(Type="Map", Iterator=FLOW,
                                                Parameters={"i.$": "$$.Map.Item.Index"}),
    "a Pass whose Result looks like a template": of_one(Type="Pass", Result={"a.$": "no path"}),
    "a Fail that computes its words": of_one(Type="Fail", ErrorPath="$.e",
                                             CausePath="States.Format('{}', $.c)"),
    "an SDK integration": of_one(Type="Task",
                                 Resource="arn:aws:states:::aws-sdk:redshiftdata:executeStatement"),
    "an integration with region and account": of_one(
        Type="Task", Resource="arn:aws:states:us-east-1:123456789012:aws-sdk:s3:getObject"),
    "a function's alias": of_one(Type="Task", Resource=LAMBDA + ":live"),
    "a timeout of the machine of 0": machine({"A": DONE}, TimeoutSeconds=0),
    "credentials": task(Credentials={"RoleArn.$": "$.role"}),
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_aws_takes_has_no_diagnostics(case):
    assert sentences(ACCEPTED[case]) == []


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            "arn:aws:states:::states:startExecution.sync",
            "Express state machine does not support '.sync' service integration",
        ),
        (
            "arn:aws:states:::sns:publish.waitForTaskToken",
            # AWS's own blank at the end (recorded)
            "Express state machine does not support '.waitForTaskToken' service integration ",
        ),
        (
            "arn:aws:states:us-east-1:123456789012:activity:a",
            "Express state machine does not support Activity ARN",
        ),
    ],
)
def test_an_express_machine_waits_for_nobody(resource, message):
    definition = of_one(Type="Task", Resource=resource)
    assert sentences(definition, machine_type="EXPRESS") == [
        f"{SCHEMA}{message} at /States/A/Resource"
    ]


def test_text_that_is_no_json_has_one_diagnostic():
    (found,) = validate('{"StartAt": }')
    assert found.code == "INVALID_JSON_DESCRIPTION"
    assert (found.line, found.column) == (1, 13)


def test_a_definition_too_deep_is_refused():
    rule = '{"Not": ' * 400 + '{"Variable": "$.x", "IsNull": true}' + "}" * 400
    text = json.dumps(choice({"Next": "Z"})).replace('{"Next"', f'{{"Not": {rule}, "Next"')
    assert [one.code for one in validate(text)] == ["TOO_DEEPLY_NESTED"]


def test_whether_a_resource_can_be_called_is_asked_of_the_caller():
    def check(resource, state_name):
        assert state_name == "A"
        return None if resource == LAMBDA + "g" else f"expected another, got {resource[-6:]!r}"

    (found,) = validate(json.dumps(task()), check_resource=check)
    # a function that is not there is no lack of the simulator
    assert found.code == "UNKNOWN_FUNCTION"
    assert found.message == f"state 'A': expected another, got {LAMBDA[-6:]!r}"
    assert found.location == "/States/A/Resource"
    integration = of_one(Type="Task", Resource="arn:aws:states:::sns:publish")
    (found,) = validate(json.dumps(integration), check_resource=check)
    assert found.code == "NOT_MODELLED"
    assert "state 'A' uses the resource arn:aws:states:::sns:publish" in found.message
    assert (
        validate(json.dumps(of_one(Type="Task", Resource=LAMBDA + "g")), check_resource=check) == ()
    )
