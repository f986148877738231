"""Step Functions' API: state machines, executions, paging, and AWS's words for refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from simulator.engine.identity import Identity
from simulator.engine.ports import Pending, TaskOutcome, TaskRequest, TaskSuccess, World
from simulator.engine.quotas import Quotas
from simulator.engine.scheduler import Scheduler
from simulator.engine.timing import Timing
from simulator.engine.trace import Trace
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.stepfunctions import StepFunctions

CALLER = Caller("client", "arn:aws:iam::123456789012:role/client")
ROLE = "arn:aws:iam::123456789012:role/machine"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:machine"
PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 1, "End": True}}})
WAIT = json.dumps({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}})
START = datetime(2024, 1, 9, 10, tzinfo=UTC)


class EchoTasks:
    """Answers every call with its parameters, and knows of one resource that can't be."""

    def __init__(self, world: World) -> None:
        self._world = world

    def check(self, resource: str, state_name: str) -> str | None:
        return "no such function" if resource.endswith(":missing") else None

    def start(self, request: TaskRequest, done: Callable[[TaskOutcome], None]) -> None:
        self._world.scheduler.after(10, lambda: done(TaskSuccess(request.parameters)))


class Api:
    """The service, called as the doors call it."""

    def __init__(self, quotas: Quotas | None = None) -> None:
        self.world = World(
            Scheduler(int(START.timestamp() * 1000)),
            Trace(),
            Identity(0),
            Timing(),
            "123456789012",
            "us-east-1",
        )
        self.service = StepFunctions(self.world, EchoTasks(self.world), quotas or Quotas())

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **request: getattr(self.service, operation)(request, CALLER)

    def create(self, definition: str = PASS, name: str = "machine", **members: Any) -> str:
        members = {"roleArn": ROLE, "definition": definition, "name": name, **members}
        return self.create_state_machine(**members)["stateMachineArn"]

    def start(self, **members: Any) -> str:
        return self.start_execution(stateMachineArn=MACHINE, **members)["executionArn"]

    def run(self) -> None:
        self.world.scheduler.run()


@pytest.fixture
def api() -> Api:
    return Api()


def _refusal(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ServiceError) as refused:
        call()
    return refused.value.code, refused.value.message


# -- state machines ---------------------------------------------------------------------------


def test_a_created_machine_is_described_as_it_was_given(api: Api) -> None:
    assert api.create() == MACHINE
    assert api.describe_state_machine(stateMachineArn=MACHINE) == {
        "stateMachineArn": MACHINE,
        "name": "machine",
        "status": "ACTIVE",
        "definition": PASS,
        "roleArn": ROLE,
        "type": "STANDARD",
        "creationDate": START,
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }


def test_creating_the_same_machine_again_changes_nothing(api: Api) -> None:
    api.create()
    api.world.scheduler.run(until_ms=api.world.scheduler.now_ms + 1000)
    again = api.create_state_machine(name="machine", definition=PASS, roleArn=ROLE)
    assert again == {"stateMachineArn": MACHINE, "creationDate": START}


def test_another_role_and_other_tags_are_ignored_and_change_nothing(api: Api) -> None:
    # "If a following request has a different roleArn or tags, Step Functions will ignore these
    # differences ... roleArn and tags will not be updated"
    api.create()
    assert api.create(roleArn=ROLE + "-other", tags=[{"key": "a", "value": "b"}]) == MACHINE
    assert api.describe_state_machine(stateMachineArn=MACHINE)["roleArn"] == ROLE
    assert api.list_tags_for_resource(resourceArn=MACHINE)["tags"] == []


@pytest.mark.parametrize("members", [{"definition": WAIT}, {"type": "EXPRESS"}])
def test_another_machine_of_the_same_name_is_refused(api: Api, members: dict[str, Any]) -> None:
    api.create()
    assert _refusal(lambda: api.create(**members)) == (
        "StateMachineAlreadyExists",
        f"State Machine Already Exists: '{MACHINE}'",
    )


@pytest.mark.parametrize("name", ["a b", "a<b", "a*", 'a"b', "a:b", "a/b", "x" * 81, "a\u0085"])
def test_a_bad_name_is_refused(api: Api, name: str) -> None:
    assert _refusal(lambda: api.create(name=name)) == ("InvalidName", f"Invalid Name: '{name}'")


def test_names_may_hold_punctuation_that_aws_takes(api: Api) -> None:
    # AWS recorded this in test_describe_sm_arn_containing_punctuation
    assert api.create(name="state.machine_1-x+@!").endswith(":state.machine_1-x+@!")


def test_a_bad_definition_is_refused_in_awss_words(api: Api) -> None:
    definition = json.dumps({"Comment": "BASE_INVALID_DER", "StartAt": "State_1"})
    # AWS recorded this in test_create_delete_invalid_sm
    assert _refusal(lambda: api.create(definition)) == (
        "InvalidDefinition",
        (
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are "
            "required: [States] at /'"
        ),
    )


def test_what_aws_takes_and_the_simulator_does_not_is_refused_by_name(api: Api) -> None:
    done = {"StartAt": "D", "States": {"D": {"Type": "Succeed"}}}
    each = {"Type": "Map", "ItemProcessor": done, "ItemBatcher": {"MaxItemsPerBatch": 2}}
    definition = {"StartAt": "P", "States": {"P": {**each, "End": True}}}
    with pytest.raises(NotModelled, match=r"'P'.*ItemBatcher"):
        api.create(json.dumps(definition))


def test_a_definition_over_a_mebibyte_is_refused(api: Api) -> None:
    definition = json.dumps({**json.loads(PASS), "Comment": "x" * 1_048_576})
    code, message = _refusal(lambda: api.create(definition))
    assert code == "ValidationException"
    assert "'definition' failed to satisfy constraint" in message
    assert "1048576" in message


@pytest.mark.parametrize("level", ["ALL", "ERROR"])
def test_logging_wants_a_destination(api: Api, level: str) -> None:
    # AWS recorded this in test_invalid_logging_configuration
    assert _refusal(lambda: api.create(loggingConfiguration={"level": level})) == (
        "InvalidLoggingConfiguration",
        "Invalid Logging Configuration: Must specify exactly one Log Destination.",
    )


@pytest.mark.parametrize("configuration", [{}, {"destinations": []}])
def test_an_empty_logging_configuration_is_off(api: Api, configuration: Any) -> None:
    api.create(loggingConfiguration=configuration)
    shown = api.describe_state_machine(stateMachineArn=MACHINE)["loggingConfiguration"]
    assert shown == {"level": "OFF", "includeExecutionData": False}


def test_a_version_description_wants_publish(api: Api) -> None:
    # AWS recorded this in test_create_with_version_description_no_publish
    assert _refusal(lambda: api.create(versionDescription="x")) == (
        "ValidationException",
        "Version description can only be set when publish is true",
    )


def test_an_update_leaves_running_executions_with_what_they_started_with(api: Api) -> None:
    api.create(WAIT)
    before = api.start(name="before")
    answer = api.update_state_machine(stateMachineArn=MACHINE, definition=PASS)
    after = api.start(name="after")
    api.run()
    assert api.service.execution(before).output == {}
    assert api.service.execution(after).output == 1
    described = api.describe_state_machine(stateMachineArn=MACHINE)
    assert (described["definition"], described["revisionId"]) == (PASS, answer["revisionId"])
    started_with = api.describe_state_machine_for_execution(executionArn=before)
    assert started_with["definition"] == WAIT


def test_an_update_of_nothing_is_refused(api: Api) -> None:
    api.create()
    code, _ = _refusal(lambda: api.update_state_machine(stateMachineArn=MACHINE))
    assert code == "MissingRequiredParameter"


def test_a_deleted_machine_goes_when_its_executions_ended(api: Api) -> None:
    api.create(WAIT)
    execution = api.start()
    assert api.delete_state_machine(stateMachineArn=MACHINE) == {}
    assert api.describe_state_machine(stateMachineArn=MACHINE)["status"] == "DELETING"
    assert _refusal(api.start)[0] == "StateMachineDeleting"
    api.run()
    assert _refusal(lambda: api.describe_state_machine(stateMachineArn=MACHINE)) == (
        "StateMachineDoesNotExist",
        f"State Machine Does Not Exist: '{MACHINE}'",
    )
    assert api.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    assert api.delete_state_machine(stateMachineArn=MACHINE) == {}


def test_machines_are_listed_in_pages(api: Api) -> None:
    for number in range(5):
        api.create(name=f"m{number}")
    first = api.list_state_machines(maxResults=3)
    second = api.list_state_machines(maxResults=3, nextToken=first["nextToken"])
    names = [one["name"] for one in first["stateMachines"] + second["stateMachines"]]
    assert names == ["m0", "m1", "m2", "m3", "m4"]
    assert "nextToken" not in second


def test_tags_are_added_changed_and_removed(api: Api) -> None:
    api.create(tags=[{"key": "a", "value": "1"}])
    api.tag_resource(resourceArn=MACHINE, tags=[{"key": "a", "value": "2"}, {"key": "b"}])
    api.untag_resource(resourceArn=MACHINE, tagKeys=["b"])
    tags = api.list_tags_for_resource(resourceArn=MACHINE)["tags"]
    assert tags == [{"key": "a", "value": "2"}]
    assert _refusal(lambda: api.list_tags_for_resource(resourceArn=MACHINE + "x"))[0] == (
        "ResourceNotFound"
    )


def test_a_definition_is_validated_without_creating_anything(api: Api) -> None:
    # AWS recorded this in test_validate_state_machine_definition_not_a_definition[EMPTY_DICT]
    assert api.validate_state_machine_definition(definition="{}") == {
        "result": "FAIL",
        "diagnostics": [
            {
                "severity": "ERROR",
                "code": "SCHEMA_VALIDATION_FAILED",
                "message": "These fields are required: [States, StartAt]",
                "location": "/",
            }
        ],
        "truncated": False,
    }
    assert api.validate_state_machine_definition(definition=PASS)["result"] == "OK"
    assert api.list_state_machines()["stateMachines"] == []


# -- executions -------------------------------------------------------------------------------


def test_an_execution_starts_now_and_runs_with_the_scheduler(api: Api) -> None:
    api.create()
    answer = api.start_execution(stateMachineArn=MACHINE, name="mine", input='{"a": 1}')
    arn = "arn:aws:states:us-east-1:123456789012:execution:machine:mine"
    assert answer == {"executionArn": arn, "startDate": START}
    # AWS recorded this in test_describe_execution, and of a running one the reason after its status
    assert api.describe_execution(executionArn=arn) == {
        "executionArn": arn,
        "stateMachineArn": MACHINE,
        "name": "mine",
        "status": "RUNNING",
        "startDate": START,
        "input": '{"a": 1}',
        "inputDetails": {"included": True},
        "redriveCount": 0,
        "redriveStatus": "NOT_REDRIVABLE",
        "redriveStatusReason": "Execution is RUNNING and cannot be redriven",
    }
    api.run()
    described = api.describe_execution(executionArn=arn)
    assert (described["status"], described["output"]) == ("SUCCEEDED", "1")
    assert (described["stopDate"] - START).total_seconds() == 0.005


def test_a_failed_execution_shows_why(api: Api) -> None:
    definition = json.dumps(
        {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}
    )
    api.create(definition)
    arn = api.start()
    api.run()
    described = api.describe_execution(executionArn=arn)
    # AWS recorded this in test_state_fail
    shown = {key: described.get(key) for key in ("status", "error", "cause", "redriveStatus")}
    assert shown == {
        "status": "FAILED",
        "error": "E",
        "cause": "C",
        "redriveStatus": "REDRIVABLE",
    }
    assert "output" not in described


def test_the_same_name_and_input_mean_the_execution_that_runs(api: Api) -> None:
    api.create(WAIT)
    first = api.start(name="mine", input='{"a":1}')
    assert api.start(name="mine", input='{"a":1}') == first
    refused = ("ExecutionAlreadyExists", f"Execution Already Exists: '{first}'")
    assert _refusal(lambda: api.start(name="mine", input='{"a":2}')) == refused
    api.run()
    assert _refusal(lambda: api.start(name="mine", input='{"a":1}')) == refused


def test_names_that_nobody_chose_come_from_the_seed(api: Api) -> None:
    api.create()
    names = [api.start().rsplit(":", 1)[1] for _ in range(2)]
    other = Api()
    other.create()
    assert names == [other.start().rsplit(":", 1)[1] for _ in range(2)]
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": "NaN"}, "InvalidExecutionInput"),
        ({"input": json.dumps("x" * 262_143)}, "ValidationException"),
        ({"name": "a b"}, "InvalidName"),
        ({"name": "x" * 81}, "InvalidName"),
    ],
)
def test_a_bad_start_is_refused(api: Api, members: dict[str, str], code: str) -> None:
    api.create()
    assert _refusal(lambda: api.start(**members))[0] == code
    assert api.world.trace.entries == []


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("nonsense", "InvalidArn"),
        (MACHINE.replace("stateMachine", "execution") + ":x", "InvalidArn"),
        (MACHINE + "s", "StateMachineDoesNotExist"),
    ],
)
def test_a_bad_arn_is_refused(api: Api, arn: str, code: str) -> None:
    api.create()
    assert _refusal(lambda: api.start_execution(stateMachineArn=arn))[0] == code


@pytest.mark.parametrize("suffix", [":1", ":live"])
def test_a_version_or_alias_that_is_not_there_cannot_be_started(api: Api, suffix: str) -> None:
    api.create()
    refused = _refusal(lambda: api.start_execution(stateMachineArn=MACHINE + suffix))
    assert refused[0] == "StateMachineDoesNotExist"


def test_test_cases_are_not_modelled(api: Api) -> None:
    api.create()
    with pytest.raises(NotModelled, match="not simulated"):
        api.start_execution(stateMachineArn=f"{MACHINE}#Case")


def test_a_stopped_execution_is_aborted_once(api: Api) -> None:
    api.create(WAIT)
    arn = api.start()
    api.world.scheduler.run(until_ms=api.world.scheduler.now_ms + 1000)
    stopped = api.stop_execution(executionArn=arn, error="E", cause="C")
    assert (stopped["stopDate"] - START).total_seconds() == 1
    api.run()
    assert api.stop_execution(executionArn=arn) == stopped
    described = api.describe_execution(executionArn=arn)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "E", "C")


def test_executions_are_listed_newest_first_and_by_status(api: Api) -> None:
    api.create(WAIT)
    first = api.start(name="first")
    api.run()
    second = api.start(name="second")
    listed = api.list_executions(stateMachineArn=MACHINE)["executions"]
    assert [one["executionArn"] for one in listed] == [second, first]
    running = api.list_executions(stateMachineArn=MACHINE, statusFilter="RUNNING")["executions"]
    assert [one["executionArn"] for one in running] == [second]
    assert "stopDate" not in running[0]


def test_the_history_comes_in_pages_from_either_end(api: Api) -> None:
    api.create()
    arn = api.start()
    api.run()
    pages = [api.get_execution_history(executionArn=arn, maxResults=3)]
    token = pages[0]["nextToken"]
    pages.append(api.get_execution_history(executionArn=arn, maxResults=3, nextToken=token))
    events = [event for each in pages for event in each["events"]]
    assert [event["id"] for event in events] == [1, 2, 3, 4]
    assert "nextToken" not in pages[1]
    backwards = api.get_execution_history(executionArn=arn, reverseOrder=True)["events"]
    assert backwards == events[::-1]
    assert events[0]["timestamp"] == START
    code, _ = _refusal(lambda: api.get_execution_history(executionArn=arn, nextToken="x"))
    assert code == "InvalidToken"


def test_a_history_asked_for_while_it_grows_is_never_stale(api: Api) -> None:
    api.create(WAIT)
    arn = api.start()
    assert len(api.get_execution_history(executionArn=arn)["events"]) == 1
    api.run()
    assert len(api.get_execution_history(executionArn=arn)["events"]) == 4


def test_two_executions_in_one_trace_have_histories_of_their_own(api: Api) -> None:
    api.create(WAIT)
    arns = [api.start(name=name, input=json.dumps(name)) for name in ("a", "b")]
    api.run()
    for arn, name in zip(arns, ("a", "b"), strict=True):
        events = api.get_execution_history(executionArn=arn)["events"]
        assert [event["id"] for event in events] == [1, 2, 3, 4]
        assert events[0]["executionStartedEventDetails"]["input"] == f'"{name}"'


def test_a_history_can_leave_out_its_data(api: Api) -> None:
    api.create()
    arn = api.start()
    api.run()
    events = api.get_execution_history(executionArn=arn, includeExecutionData=False)["events"]
    assert events[1]["stateEnteredEventDetails"] == {"name": "P"}
    assert events[0]["executionStartedEventDetails"] == {"roleArn": ROLE}


def test_a_token_that_no_task_was_given_is_refused(api: Api) -> None:
    # AWS recorded this in test_sfn_send_task_outcome_with_no_such_token
    refused = ("InvalidToken", "Invalid Token: 'Invalid token'")
    assert _refusal(lambda: api.send_task_success(taskToken="t", output="{}")) == refused
    assert _refusal(lambda: api.send_task_failure(taskToken="t")) == refused


# -- Express ----------------------------------------------------------------------------------


def test_a_synchronous_execution_answers_when_it_ended(api: Api) -> None:
    api.create(WAIT, type="EXPRESS")
    pending = api.start_sync_execution(stateMachineArn=MACHINE, name="mine", input='{"a": 1}')
    assert isinstance(pending, Pending)
    assert not pending.is_settled
    api.run()
    answer = pending.value
    assert answer["executionArn"].startswith(
        "arn:aws:states:us-east-1:123456789012:express:machine:mine:"
    )
    # AWS recorded this in test_base[BASE_PASS_RESULT]
    shown = ("status", "input", "output", "inputDetails", "outputDetails", "billingDetails")
    assert {key: answer[key] for key in shown} == {
        "status": "SUCCEEDED",
        "input": '{"a": 1}',
        "output": '{"a":1}',
        "inputDetails": {"included": True},
        "outputDetails": {"included": True},
        # 60.005 seconds
        "billingDetails": {"billedDurationInMilliseconds": 60_100, "billedMemoryUsedInMB": 64},
    }


def test_express_executions_may_share_a_name(api: Api) -> None:
    api.create(type="EXPRESS")
    assert api.start(name="mine") != api.start(name="mine")


def test_what_express_machines_cannot_do_is_refused(api: Api) -> None:
    api.create(name="standard")
    standard = MACHINE.replace(":machine", ":standard")
    assert _refusal(lambda: api.start_sync_execution(stateMachineArn=standard))[0] == (
        "StateMachineTypeNotSupported"
    )
    api.create(type="EXPRESS")
    express = api.start()
    assert _refusal(lambda: api.list_executions(stateMachineArn=MACHINE))[0] == (
        "StateMachineTypeNotSupported"
    )
    assert _refusal(lambda: api.describe_execution(executionArn=express)) == (
        "InvalidArn",
        "Invalid Arn: 'Resource type not valid in this context: express'",
    )


def test_quotas_can_be_set() -> None:
    api = Api(Quotas(name_characters=5, state_data_bytes=10))
    assert _refusal(lambda: api.create(name="longer"))[0] == "InvalidName"
    api.create(name="short")
    arn = MACHINE.replace(":machine", ":short")
    refused = _refusal(lambda: api.start_execution(stateMachineArn=arn, input='"123456789"'))
    assert refused[0] == "ValidationException"


def test_a_tag_without_a_key_is_refused(api: Api) -> None:
    with pytest.raises(ServiceError, match="expected a key in each"):
        api.create(tags=[{"value": "v"}])
