"""Functions as deployed: environments, errors in AWS's words, timeouts, records."""

from __future__ import annotations

import base64
import decimal
import json
import logging
import os
import sys
import textwrap
import time
from collections import namedtuple
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from simulator.engine.timing import Timing

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a function's folder: file name -> text."""

    def make(name: str, **files: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file, text in files.items():
            (folder / f"{file}.py").write_text(textwrap.dedent(text))
        return folder

    return make


def _invoke(simulator: Simulator, name: str, event: Any = None) -> tuple[Any, str | None]:
    """The payload and the FunctionError of an invocation."""
    answer = simulator.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def test_two_functions_with_files_of_the_same_names_do_not_mix(write: Write) -> None:
    simulator = Simulator()
    handler = """
        def handler(event, context):
            import utils
            return utils.NAME
        """
    simulator.add_lambda_folder(write("one", index=handler, utils="NAME = 'one'"))
    simulator.add_lambda_folder(write("two", index=handler, utils="NAME = 'two'"))
    names = ["one", "two", "one", "two"]
    assert [_invoke(simulator, name)[0] for name in names] == names
    assert "utils" not in sys.modules
    assert "index" not in sys.modules


def test_a_module_of_the_process_is_hidden_by_the_functions_own(write: Write) -> None:
    simulator = Simulator()
    sys.modules["own_utils"] = sys.modules[__name__]
    try:
        folder = write(
            "f",
            index="import own_utils\ndef handler(e, c): return own_utils.NAME",
            own_utils="NAME = 'own'",
        )
        simulator.add_lambda_folder(folder)
        assert _invoke(simulator, "f") == ("own", None)
        assert sys.modules["own_utils"] is sys.modules[__name__]
    finally:
        del sys.modules["own_utils"]


def test_what_only_lies_in_the_folder_the_simulator_runs_in_is_not_found(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "only_here.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    simulator = Simulator()
    simulator.add_lambda_folder(write("f", index="import only_here\ndef handler(e, c): pass"))
    payload, error = _invoke(simulator, "f")
    assert error == "Unhandled"
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert payload["errorMessage"] == "Unable to import module 'index': No module named 'only_here'"


def test_an_environment_is_kept_warm_and_its_module_runs_once(write: Write) -> None:
    simulator = Simulator()
    text = """
        calls = []
        def handler(event, context):
            calls.append(1)
            return len(calls)
        """
    simulator.add_lambda_folder(write("f", index=text))
    assert [_invoke(simulator, "f")[0] for _ in range(3)] == [1, 2, 3]
    assert [one.is_cold_start for one in simulator.invocations] == [True, False, False]


def test_overlapping_invocations_have_environments_of_their_own(write: Write) -> None:
    simulator = Simulator()
    text = """
        import time
        calls = []
        def handler(event, context):
            calls.append(1)
            time.sleep(10)
            return len(calls)
        """
    arn = simulator.add_lambda_folder(write("f", index=text), timeout_seconds=60)
    branches = [
        {"StartAt": name, "States": {name: {"Type": "Task", "Resource": arn, "End": True}}}
        for name in ("A", "B")
    ]
    simulator.create_state_machine(
        {
            "StartAt": "P",
            "States": {
                "P": {"Type": "Parallel", "Branches": branches, "Next": "Again"},
                "Again": {"Type": "Task", "Resource": arn, "End": True},
            },
        }
    )
    execution = simulator.start()
    simulator.run()
    # a third one finds a warm environment that has had one call
    assert execution.output == 2
    assert [one.is_cold_start for one in simulator.invocations] == [True, True, False]
    # the two slept side by side
    assert execution.virtual_seconds < 25


def test_an_environment_that_was_idle_too_long_is_cold_again(write: Write) -> None:
    simulator = Simulator(timing=Timing(lambda_idle_ms=1000))
    simulator.add_lambda_folder(write("f", index="def handler(e, c): pass"))
    _invoke(simulator, "f")
    simulator.call(time.sleep, 2)
    _invoke(simulator, "f")
    assert [one.is_cold_start for one in simulator.invocations] == [True, True]


def test_a_cold_start_takes_longer_by_the_timing_model(write: Write) -> None:
    timing = Timing(lambda_cold_start_ms=500, lambda_overhead_ms=20, api_call_ms=1)
    simulator = Simulator(timing=timing)
    simulator.add_lambda_folder(write("f", index="def handler(e, c): pass"))
    moments = [simulator.now]
    for _ in range(2):
        _invoke(simulator, "f")
        moments.append(simulator.now)
    assert moments[1] - moments[0] == 1 + 520
    assert moments[2] - moments[1] == 1 + 20


def test_variables_are_lambdas_and_the_functions_own_and_not_the_hosts(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST_ONLY", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("AWS_PROFILE", "production")
    simulator = Simulator(region="eu-west-1")
    text = "import os\ndef handler(e, c):\n  os.environ['LEFT'] = 'x'\n  return dict(os.environ)"
    simulator.add_lambda_folder(write("f", index=text), environment={"MODE": "test"})
    seen, _ = _invoke(simulator, "f")
    assert seen["MODE"] == "test"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "f"
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert seen["AWS_SECRET_ACCESS_KEY"] != "real"
    assert "HOST_ONLY" not in seen
    assert "AWS_PROFILE" not in seen
    assert "LEFT" not in os.environ
    assert os.environ["HOST_ONLY"] == "secret"


def test_the_working_folder_is_the_functions_own_and_local_time_is_utc(write: Write) -> None:
    simulator = Simulator(start_time="2024-07-01T12:00:00Z")
    text = (
        "import os, datetime\ndef handler(e, c): return [os.getcwd(), datetime.datetime.now().hour]"
    )
    folder = write("f", index=text)
    simulator.add_lambda_folder(folder)
    before = Path.cwd()
    assert _invoke(simulator, "f")[0] == [str(folder.resolve()), 12]
    assert Path.cwd() == before


def test_a_layer_is_importable_from_its_python_folder(write: Write, tmp_path: Path) -> None:
    layer = tmp_path / "layer" / "python"
    layer.mkdir(parents=True)
    (layer / "shared_code.py").write_text("VALUE = 7")
    simulator = Simulator()
    folder = write("f", index="import shared_code\ndef handler(e, c): return shared_code.VALUE")
    simulator.add_lambda_folder(folder, layers=[tmp_path / "layer"])
    assert _invoke(simulator, "f") == (7, None)


def test_the_context_counts_down_in_virtual_time(write: Write) -> None:
    simulator = Simulator(account_id="111122223333")
    text = """
        import time
        def handler(event, context):
            before = context.get_remaining_time_in_millis()
            time.sleep(2)
            return [before, context.get_remaining_time_in_millis(), context.function_name,
                    context.invoked_function_arn, context.memory_limit_in_mb,
                    context.log_group_name, context.function_version]
        """
    simulator.add_lambda_folder(write("f", index=text), timeout_seconds=5, memory_mb=256)
    assert _invoke(simulator, "f")[0] == [
        5000,
        3000,
        "f",
        "arn:aws:lambda:us-east-1:111122223333:function:f",
        "256",
        "/aws/lambda/f",
        "$LATEST",
    ]


def test_an_exception_is_answered_as_lambdas_runtime_does(write: Write) -> None:
    simulator = Simulator()
    text = "def handler(event, context):\n    raise ValueError('no such date')\n"
    simulator.add_lambda_folder(write("f", index=text))
    payload, error = _invoke(simulator, "f")
    assert error == "Unhandled"
    assert list(payload) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert payload["errorMessage"] == "no such date"
    assert payload["errorType"] == "ValueError"
    assert payload["stackTrace"] == [
        "  File \"/var/task/index.py\", line 2, in handler\n    raise ValueError('no such date')\n"
    ]
    assert payload["requestId"] == simulator.invocations[0].request_id


def test_the_record_shows_the_users_frames_and_what_was_printed(write: Write) -> None:
    simulator = Simulator()
    text = """
        import boto3, logging, time
        client = boto3.client("stepfunctions")
        def handler(event, context):
            print("before the call")
            logging.getLogger(__name__).warning("careful")
            time.sleep(1)
            client.describe_execution(
                executionArn="arn:aws:states:us-east-1:123456789012:execution:m:x"
            )
        """
    folder = write("f", index=text)
    arn = simulator.add_lambda_folder(folder)
    simulator.create_state_machine(
        {"StartAt": "Load", "States": {"Load": {"Type": "Task", "Resource": arn, "End": True}}}
    )
    execution = simulator.start()
    simulator.run()
    assert execution.error == "ExecutionDoesNotExist"
    (record,) = simulator.invocations
    assert record.state_name == "Load"
    assert record.execution_arn == execution.arn
    assert record.output.startswith("before the call\n[WARNING]\t2024-01-09T10:00:00.")
    assert f"Z\t{record.request_id}\tcareful" in record.output
    assert record.user_traceback is not None
    frames = [line for line in record.user_traceback.splitlines() if line.startswith("  File")]
    assert frames == [f'  File "{folder.resolve()}/index.py", line 8, in handler']
    assert not logging.getLogger("index").handlers


@pytest.mark.parametrize(
    ("text", "handler", "kind", "message"),
    [
        (
            "def other(e, c): pass",
            "index.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'index'",
        ),
        (
            "",
            "handler",
            "Runtime.MalformedHandlerName",
            "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
        ),
        (
            "def handler(:",
            "index.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'index': invalid syntax (index.py, line 1)",
        ),
        (
            "def handler(e, c): return {1, 2}",
            "index.handler",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
        ("import sys\ndef handler(e, c): sys.exit(3)", "index.handler", "Runtime.ExitError", None),
    ],
)
def test_the_runtimes_own_errors_have_awss_words(
    write: Write, text: str, handler: str, kind: str, message: str | None
) -> None:
    simulator = Simulator()
    simulator.add_lambda_folder(write("f", index=text), handler=handler)
    payload, error = _invoke(simulator, "f")
    assert error == "Unhandled"
    assert payload["errorType"] == kind
    if message is None:
        message = (
            f"RequestId: {simulator.invocations[0].request_id}"
            " Error: Runtime exited with error: exit status 3"
        )
    assert payload["errorMessage"] == message


def test_a_handler_over_its_timeout_ends_as_on_aws_and_its_environment_is_gone(
    write: Write,
) -> None:
    simulator = Simulator()
    text = """
        import time
        def handler(event, context):
            try:
                time.sleep(event)
            finally:
                print("finally")
        """
    simulator.add_lambda_folder(write("f", index=text))
    payload, error = _invoke(simulator, "f", 60)
    record = simulator.invocations[0]
    assert error == "Unhandled"
    assert payload == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {record.request_id} Error: Task timed out after 3.00 seconds",
    }
    assert record.ended_ms - record.started_ms == 3000
    assert record.output == ""
    _invoke(simulator, "f", 1)
    assert simulator.invocations[1].is_cold_start


def test_an_endless_loop_ends_as_a_timeout_and_the_record_says_why(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.services.handlers.confinement.REAL_LIMIT_SECONDS", 0.2)
    simulator = Simulator()
    simulator.add_lambda_folder(write("f", index="def handler(e, c):\n    while True: pass"))
    payload, _ = _invoke(simulator, "f")
    assert payload["errorType"] == "Sandbox.Timedout"
    assert "endless loop" in simulator.invocations[0].notes[0]


Point = namedtuple("Point", "x y")  # noqa: PYI024


@pytest.mark.parametrize(
    ("result", "payload"),
    [
        (None, "null"),
        ({"a": (1, 2.0), 3: True}, '{"a": [1, 2.0], "3": true}'),
        (b'"raw"', '"raw"'),
        (decimal.Decimal("1.5"), "1.5"),
        (decimal.Decimal(7), "7"),
        # simplejson, which Lambda's runtime uses, writes named tuples as objects
        (Point(1, 2), '{"x": 1, "y": 2}'),
    ],
)
def test_a_result_is_marshalled_as_lambda_does(result: Any, payload: str) -> None:
    simulator = Simulator()
    simulator.add_lambda("f", lambda event, context: result)
    answer = simulator.client("lambda").invoke(FunctionName="f")
    assert answer["Payload"].read().decode() == payload


def test_nan_cannot_be_marshalled() -> None:
    simulator = Simulator()
    simulator.add_lambda("f", lambda event, context: float("nan"))
    assert _invoke(simulator, "f")[0]["errorType"] == "Runtime.MarshalError"


def test_a_response_over_six_megabytes_is_refused() -> None:
    simulator = Simulator()
    simulator.add_lambda("f", lambda event, context: "x" * 6_291_556)
    payload, error = _invoke(simulator, "f")
    assert error == "Unhandled"
    assert payload["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_handler_gets_a_copy_of_its_event() -> None:
    simulator = Simulator()

    def change(event: Any, context: Any) -> Any:
        event["items"].append(1)
        return event

    arn = simulator.add_lambda("f", change)
    task = {"Type": "Task", "Resource": arn, "ResultPath": "$.result", "End": True}
    simulator.create_state_machine({"StartAt": "A", "States": {"A": task}})
    execution = simulator.start({"items": []})
    simulator.run()
    assert execution.output == {"items": [], "result": {"items": [1]}}


def test_an_asynchronous_invocation_is_tried_again_after_one_and_two_minutes() -> None:
    simulator = Simulator()
    moments: list[float] = []

    def fail(event: Any, context: Any) -> None:
        moments.append(time.time())
        raise RuntimeError("again")

    simulator.add_lambda("f", fail)
    answer = simulator.client("lambda").invoke(FunctionName="f", InvocationType="Event")
    assert answer["StatusCode"] == 202
    simulator.run()
    assert [round(later - earlier) for earlier, later in pairwise(moments)] == [
        60,
        120,
    ]


def test_the_log_tail_is_there_when_asked_for() -> None:
    simulator = Simulator()
    simulator.add_lambda("f", lambda event, context: print("hello"))
    answer = simulator.client("lambda").invoke(FunctionName="f", LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert tail.splitlines()[1] == "hello"
    assert tail.startswith("START RequestId: ")


def test_one_handler_invokes_another(write: Write) -> None:
    simulator = Simulator()
    text = """
        import boto3, json
        functions = boto3.client("lambda")
        def handler(event, context):
            answer = functions.invoke(FunctionName="inner", Payload=json.dumps(event))
            return json.loads(answer["Payload"].read()) + 1
        """
    simulator.add_lambda_folder(write("outer", index=text))
    simulator.add_lambda("inner", lambda event, context: event * 10)
    assert _invoke(simulator, "outer", 4) == (41, None)
    assert [one.caller for one in simulator.invocations] == ["lambda:outer", "client"]


def test_the_same_seed_gives_the_same_request_ids_whatever_else_is_called() -> None:
    def ids(*others: str) -> list[str]:
        simulator = Simulator(seed=3)
        for name in ("f", "g"):
            simulator.add_lambda(name, lambda event, context: None)
        for name in (*others, "f"):
            _invoke(simulator, name)
        return [one.request_id for one in simulator.invocations if one.function_name == "f"]

    assert ids() == ids("g", "g")


def test_functions_are_described_and_listed() -> None:
    simulator = Simulator()
    simulator.add_lambda("b", lambda event, context: None, timeout_seconds=30)
    simulator.add_lambda("a", lambda event, context: None)
    client = simulator.client("lambda")
    assert client.get_function(FunctionName="b")["Configuration"]["Timeout"] == 30
    assert [one["FunctionName"] for one in client.list_functions()["Functions"]] == ["a", "b"]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_function(FunctionName="c")


def test_a_timeout_outside_of_awss_range_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 1 to 900, got 901"):
        Simulator().add_lambda("f", lambda event, context: None, timeout_seconds=901)
