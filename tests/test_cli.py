"""The command line on a small project of its own: outputs, messages, exit codes, kept state."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import cli
from simulator.commands.inputs import execution_input
from tests.support.demo import MACHINE, TOML

ROOT = Path(__file__).resolve().parents[1]
HANDLER = """
def handler(event, context):
    print("working on", event.get("day"))
    return check(event)

def check(event):
    if event["day"] == "bad":
        raise ValueError("no such day")
    return {"loaded": event["day"]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "simulator.toml").write_text(TOML)
    (tmp_path / "machine.asl.json").write_text(MACHINE)
    (tmp_path / "fn").mkdir()
    (tmp_path / "fn" / "index.py").write_text(HANDLER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(cli.TRACEBACK, raising=False)
    return tmp_path


@pytest.fixture
def simulator(folder, capsys):
    """Run a command: (exit code, stdout, stderr)."""

    def simulator(*arguments: str) -> tuple[int, str, str]:
        try:
            code = cli.main(arguments)
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        # a user's own frames may be shown, ours may not
        assert str(ROOT / "simulator") not in out + err
        return code, out, err

    return simulator


def test_a_run_shows_its_timeline_and_its_figures(simulator):
    code, out, err = simulator("run")
    assert code == 0
    assert out.startswith("Demo, run-1: SUCCEEDED in 60.")
    for state in ("Pause", "Work"):
        assert any(line.startswith(state) and line[-1] in "█▌" for line in out.splitlines())
    assert "2 state transitions, 1 Lambda invocation, 0 Data API calls" in out
    assert err == ""


def test_json_is_one_document_and_nothing_else(simulator):
    code, out, _ = simulator("run", "--json", "--show", "Work")
    document = json.loads(out)
    assert code == 0
    assert document["status"] == "SUCCEEDED"
    assert document["output"] == {"loaded": "2024-01-05"}
    assert document["virtual_seconds"] > 60 > document["real_seconds"]
    assert [state["name"] for state in document["states"]] == ["Pause", "Work"]
    assert document["transitions"] == 2
    # ExecutionStarted, 2 of Pause, 5 of Work, ExecutionSucceeded
    assert document["history_events"] == 9


def test_two_runs_are_the_same_but_for_real_time(simulator):
    first, second = (json.loads(simulator("run", "--json")[1]) for _ in range(2))
    for document in (first, second):
        document.pop("real_seconds")
    assert first == second


def test_the_history_file_holds_aws_s_events(simulator, folder):
    simulator("run", "--history", "events.json", "--start-time", "2024-02-29T05:00:00Z")
    events = json.loads((folder / "events.json").read_text())["events"]
    assert events[0]["timestamp"] == "2024-02-29T05:00:00.000+00:00"
    assert [event["type"] for event in events][-1] == "ExecutionSucceeded"
    assert events[0]["executionStartedEventDetails"]["input"] == '{"day": "2024-01-05"}'


def test_a_failed_run_says_why_in_the_user_s_words_and_what_to_do(simulator, folder):
    code, out, _ = simulator("run", "--set", "day=bad", "--seed", "3")
    assert code == 1
    assert "Demo, run-1: FAILED" in out
    assert "FAILED in Work\nerror: ValueError\ncause: ValueError: no such day\n" in out
    assert f'File "{folder / "fn" / "index.py"}", line 8, in check' in out
    assert "it printed:\n    working on bad" in out
    assert "simulator/services" not in out
    assert out.rstrip().endswith("python -m simulator run --set day=bad --seed 3")


def test_a_failed_run_in_json_explains_itself_on_stderr(simulator):
    code, out, err = simulator("run", "--json", "--set", "day=bad")
    assert code == 1
    assert json.loads(out)["error"] == "ValueError"
    assert "no such day" in err


def test_show_prints_a_state_s_input_and_output(simulator):
    _, out, _ = simulator("run", "--show", "Work", "--set", "connection.user=etl_user")
    assert '"user": "etl_user"' in out
    assert 'State output:\n{\n  "loaded": "2024-01-05"\n}' in out


def test_show_of_an_unknown_state_names_near_ones(simulator, folder):
    code, out, err = simulator("run", "--show", "Wrk")
    assert (code, out) == (2, "")
    assert err == (
        "--show: expected a state of the definition, got 'Wrk'\n  hint: did you mean 'Work'?\n"
    )
    # before the run, whose result would be of no use
    assert not (folder / ".simulator" / "run.json").exists()


def test_show_of_a_state_that_the_run_did_not_enter_leaves_the_exit_code(simulator, folder):
    (folder / "machine.asl.json").write_text(
        MACHINE.replace('"Next": "Work"', '"Next": "Choose"').replace(
            '"Work": {',
            '"Choose": {"Type": "Choice", "Default": "Done", "Choices": ['
            '{"Variable": "$.day", "StringEquals": "never", "Next": "Work"}]},'
            '"Done": {"Type": "Succeed"},\n"Work": {',
        )
    )
    code, out, _ = simulator("run", "--show", "Work")
    assert code == 0
    assert "\nWork: this run did not enter it\n" in out


def test_continue_goes_on_in_time_and_takes_the_next_name(simulator, folder):
    simulator("run")
    end = json.loads((folder / ".simulator" / "run.json").read_text())["ended_ms"]
    _, out, _ = simulator("run", "--continue", "--history", "events.json")
    assert out.startswith("Demo, run-2: SUCCEEDED")
    kept = json.loads((folder / ".simulator" / "run.json").read_text())
    assert kept["executions"] == ["run-1", "run-2"]
    assert kept["ended_ms"] > end + 60_000
    simulator("run")
    assert json.loads((folder / ".simulator" / "run.json").read_text())["executions"] == ["run-1"]


def test_a_used_name_is_refused_as_aws_refuses_it(simulator):
    simulator("run", "--name", "orchestration")
    code, _, err = simulator("run", "--continue", "--name", "orchestration")
    assert code == 2
    assert "ExecutionAlreadyExists" in err
    assert "'run-1' is free" in err


WRITER = """
import boto3

def handler(event, context):
    s3 = boto3.client("s3")
    before = s3.list_objects_v2(Bucket="out").get("Contents", [])
    s3.put_object(Bucket="out", Key=f"part-{len(before)}", Body=b"x")
    return [one["Key"] for one in before]
"""


def test_each_run_begins_with_the_same_buckets_unless_it_goes_on(simulator, folder):
    (folder / "fn" / "index.py").write_text(WRITER)
    (folder / "simulator.toml").write_text(TOML + "[lake.out]\n")
    seen = []
    for more in ((), (), ("--continue",), ("--continue",), ()):
        _, out, _ = simulator("run", *more, "--history", "events.json")
        events = json.loads((folder / "events.json").read_text())["events"]
        seen.append(json.loads(events[-1]["executionSucceededEventDetails"]["output"]))
    assert seen == [[], [], ["part-0"], ["part-0", "part-1"], []]
    (line,) = [line for line in out.splitlines() if line.startswith("bucket")]
    place = line.removeprefix("bucket out was written to: ")
    assert [one.name for one in (folder / place).iterdir()] == ["part-0"]
    assert len(list((folder / ".simulator").glob("buckets-*"))) == 1


def test_continue_without_a_run_before_says_so(simulator):
    code, _, err = simulator("run", "--continue")
    assert code == 2
    assert ".simulator: expected what a run leaves behind, got none" in err


@pytest.mark.parametrize("text", ['{"format": 2, "warehouse": null}', "{", "[]"])
def test_a_state_file_of_another_kind_is_refused(simulator, folder, text):
    (folder / ".simulator").mkdir()
    (folder / ".simulator" / "run.json").write_text(text)
    code, _, err = simulator("run", "--continue")
    assert code == 2
    assert "run.json: expected" in err
    assert "without --continue" in err


def test_render_prints_the_definition_as_deployed(simulator):
    code, out, _ = simulator("render")
    assert code == 0
    assert json.loads(out)["States"]["Work"]["Resource"] == (
        "arn:aws:lambda:us-east-1:123456789012:function:work"
    )


def test_validate_is_quiet_about_a_good_definition(simulator):
    assert simulator("validate")[:2] == (0, "")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('"Next": "Work"', '"Next": "Wrok"', 4, "MISSING_TRANSITION_TARGET"),
        ('"Type": "Wait"', '"Type": "Wiat"', 4, "SCHEMA_VALIDATION_FAILED"),
        ('"End": true}', '"End": true', 8, "INVALID_JSON_DESCRIPTION"),
        ("${work_arn}", "arn:aws:lambda:us-east-1:123456789012:function:wrok", 5,
         ("UNKNOWN_FUNCTION state 'Work': expected a function of [lambda.*] in simulator.toml, got"
         " 'wrok'; did you mean 'work'?")),
        ('"Seconds": 60', '"SecondsPath": "a.b"', 4, "SCHEMA_VALIDATION_FAILED"),
    ],
)  # fmt: skip
def test_a_bad_definition_is_placed_in_the_template(simulator, folder, old, new, line, message):
    (folder / "machine.asl.json").write_text(MACHINE.replace(old, new))
    code, out, _ = simulator("validate")
    assert code == 2
    assert out.startswith(f"machine.asl.json:{line}:")
    assert message in out.splitlines()[0]
    assert all(line.startswith("machine.asl.json:") for line in out.splitlines())
    # and a run of it is refused with the same place
    code, out, err = simulator("run")
    assert (code, out) == (2, "")
    assert err.startswith(f"machine.asl.json:{line}:")
    assert not (folder / ".simulator" / "run.json").exists()


def test_bad_json_is_shown_around_its_place(simulator, folder):
    text = MACHINE.replace('"Seconds": 60,', '"Seconds": 60')
    (folder / "machine.asl.json").write_text(text)
    said = (
        "machine.asl.json:4:45: INVALID_JSON_DESCRIPTION Unexpected character ('\"' (code 34)): "
        "was expecting comma to separate entries, near "
        '..."Pause": {"Type": "Wait", "Seconds": 60 "Next": "Work"},...\n'
    )
    assert simulator("validate")[1] == said
    assert simulator("run") == (2, "", said)
    (folder / "other.json").write_text('{"StartAt": ')
    assert simulator("validate", "other.json")[1] == (
        'other.json:1:13: INVALID_JSON_DESCRIPTION Unexpected end-of-input, near {"StartAt":\n'
    )


def test_validate_takes_files_that_belong_to_no_project(simulator, folder):
    (folder / "other.json").write_text('{"StartAt": "A", "States": {}}')
    code, out, _ = simulator("validate", "--json", "other.json", "machine.asl.json")
    document = json.loads(out)
    assert code == 2
    assert document["result"] == "FAIL"
    # the project's own template is rendered first, and is in order
    assert {entry["file"] for entry in document["diagnostics"]} == {"other.json"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "--input", "{bad"], "--input: expected JSON, got '{bad'"),
        (["run", "--input", "@nowhere.json"], "--input @nowhere.json: expected a readable file"),
        (["run", "--input", '{"a": NaN}'], """got '{"a": NaN}' (NaN is no JSON)"""),
        (["run", "--input", '{"a": 1e999}'], "(1e999 is no JSON)"),
        (["run", "--input", "[" * 100_000], "--input: expected JSON, got '[["),
        (["run", "--set", "day=" + "x" * 262_144], "input: expected one that Step Functions takes"),
        (["run", "--set", "day"], "--set: expected NAME=VALUE, got 'day'"),
        (["run", "--start-time", "noon"], "expected a moment such as 2024-01-09T10:00:00Z"),
        (["run", "--project", "nowhere"], "expected a simulator.toml"),
        (["run", "--seed", "x"], "invalid int value"),
        (["serve", "--port", "99999"], "expected a port from 0 to 65535, got '99999'"),
        (["serve", "--port", "-1"], "--port: expected"),
        (["serve", "--host", "192.0.2.1"], "--host: expected an address of this machine"),
        (["deploy", "--speed", "0"], "expected virtual, real or a number above 0, got '0'"),
        (["walk"], "invalid choice"),
        ([], "required"),
        (["query", "select 1"], "expected what a run leaves behind, got none"),
        (["query", "select 1"], "\n  hint: a run leaves it: python -m simulator run\n"),
        (["query", ""], "SQL: expected a statement, got ''"),
        (["query", " ; -- nothing"], "SQL: expected a statement, got ' ; -- nothing'"),
        (["validate", "nowhere.json"], "nowhere.json: expected a readable UTF-8 file"),
    ],
)
def test_a_wrong_use_is_one_message_and_exit_code_2(simulator, folder, arguments, expected):
    if arguments[2:] == ["nowhere"]:
        (folder / "simulator.toml").unlink()
    code, out, err = simulator(*arguments)
    assert (code, out) == (2, "")
    assert expected in err


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("[timing]\napi_call = 3\n", "[timing] api_call: expected a known key"),
        ("[timing]\napi_call_ms = 0\n", "[timing] api_call_ms: expected at least 1, got 0"),
        ("[timing]\nstatement = { noise = 'x' }\n", "[timing] statement: expected a number"),
        ("[quotas]\nhistory_events = '1'\n", "[quotas] history_events: expected an integer"),
        ("[lake.raw]\nfolder = 'gone'\n", "[lake.raw]: expected a folder gone, got nothing there"),
    ],
)
def test_a_wrong_setting_is_said_at_its_line(simulator, folder, toml, expected):
    (folder / "simulator.toml").write_text(TOML + toml)
    code, _, err = simulator("run")
    assert code == 2
    assert f"simulator.toml:{TOML.count(chr(10)) + toml.index(']') // 99 + 1}" in err or (
        f"simulator.toml:{TOML.count(chr(10)) + 2}" in err
    )
    assert expected in err


def test_an_error_nobody_foresaw_says_that_it_is_ours(simulator, monkeypatch):
    from simulator.commands import render

    monkeypatch.setattr(render, "run", lambda options: {}["x"])
    code, out, err = simulator("render")
    assert (code, out) == (2, "")
    assert err.startswith("internal error: KeyError: 'x'")


def test_input_is_replaced_by_input_and_changed_by_set(tmp_path):
    file = tmp_path / "input.json"
    file.write_text('{"a": {"b": 1}}')
    settings = ["a.c=2", "d=2024-01-05", "e=[1]", "f=NaN", "g=", 'h="7"', "i=1e999"]
    assert execution_input(f"@{file}", settings, {"unused": True}) == {
        "a": {"b": 1, "c": 2},
        "d": "2024-01-05",
        "e": [1],
        "f": "NaN",
        "i": "1e999",
        "g": "",
        "h": "7",
    }
    assert execution_input(None, ["a.b=1"], None) == {"a": {"b": 1}}


def test_the_module_runs_and_its_exit_code_arrives(folder):
    for day, code in (("2024-01-05", 0), ("bad", 1)):
        ran = subprocess.run(
            [sys.executable, "-m", "simulator", "run", "--json", "--set", f"day={day}"],
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
            check=False,
        )
        assert ran.returncode == code
        assert json.loads(ran.stdout)["status"] in ("SUCCEEDED", "FAILED")


def test_a_pipe_without_unicode_gets_a_chart_all_the_same(folder):
    ran = subprocess.run(
        [sys.executable, "-m", "simulator", "run"],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "NO_COLOR": "1"},
        check=True,
    )
    text = ran.stdout.decode("ascii")
    assert "####" in text
    assert "\\u" not in text


@pytest.fixture
def pipeline(simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Store Sales project in a folder of its own, so that its state is too."""
    folder = tmp_path / "pipeline"
    folder.mkdir()
    toml = (ROOT / "simulator.toml").read_text(encoding="utf-8")
    (folder / "simulator.toml").write_text(toml.replace("days = 7", "days = 2"), "utf-8")
    for name in ("statemachine", "lambda"):
        shutil.copytree(ROOT / name, folder / name)
    monkeypatch.chdir(folder)
    return folder


def test_a_run_s_tables_can_be_asked_and_gone_on_with(pipeline, simulator):
    code, out, err = simulator("run", "--json")
    document = json.loads(out)
    assert (code, document["status"]) == (0, "SUCCEEDED")
    assert err.startswith("filling lake store-sales-lake")
    assert {statement["status"] for statement in document["statements"]} == {"FINISHED"}
    rows = document["tables"]["sales.store_sales"]
    sql = "select count(*) as rows, 1.50::numeric(5, 2) as price, null as nothing"
    code, out, err = simulator("query", "--json", f"{sql} from sales.store_sales")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "columns": ["rows", "price", "nothing"],
        "rows": [[rows, "1.50", None]],
    }
    code, out, _ = simulator("run", "--continue", "--set", "refresh_date=2024-01-07")
    assert code == 0
    assert out.startswith("StoreSalesETLStateMachine, run-2: SUCCEEDED")
    line = next(line for line in out.splitlines() if line.startswith("sales.store_sales "))
    before, after = (int(cell.replace(",", "")) for cell in line.split()[1:3])
    assert (before, after > before) == (rows, True)
    assert "Bethel, OH: daily orders and sales" in out


def test_a_query_that_redshift_refuses_is_told_in_its_words(pipeline, simulator):
    simulator("run", "--set", "refresh_date=no date")
    code, out, err = simulator("query", "select nothing from nowhere")
    assert (code, out) == (2, "")
    assert err == 'ERROR: relation "nowhere" does not exist\n'


def test_a_lake_without_the_day_fails_the_fact_load_by_its_prefix(pipeline, simulator):
    code, out, _ = simulator("run", "--set", "refresh_date=2023-12-07")
    assert code == 1
    place = "FAILED in FailUnlessRedriven > branch 1 > FailLoadDay"
    assert f"{place}\nerror: StoreSalesFactLoadJobFailed\n" in out
    assert "'store_sales/2023-12-07/'" in out
    assert " FAILED" in next(line for line in out.splitlines() if "sql " in line and "FAI" in line)
    assert "run it again on these tables:\n  python -m simulator run --continue" in out


def test_queries_are_answered_although_the_run_paused_its_cluster(pipeline, simulator):
    toml = (pipeline / "simulator.toml").read_text()
    paused = toml.replace("pause_cluster_after = false", "pause_cluster_after = true")
    (pipeline / "simulator.toml").write_text(paused)
    code, out, _ = simulator("run")
    assert code == 0
    assert "2024-01-08" in out[out.index("Bethel, OH") :]
    # and the next run finds it paused, as it was left
    code, out, _ = simulator("run", "--continue", "--json")
    assert "ResumeCluster" in {state["name"] for state in json.loads(out)["states"]}


ASKED = """{
  "StartAt": "Submit",
  "States": {
    "Submit": {"Type": "Task", "Resource": "${work_arn}", "Next": "Ask"},
    "Ask": {
      "Type": "Task",
      "Resource": "arn:aws:states:::aws-sdk:redshiftdata:describeStatement",
      "Parameters": {"Id.$": "$.Id"},
      "End": true
    }
  }
}
"""
SUBMITS = """
import boto3

def handler(event, context):
    return {"Id": boto3.client("redshift-data").execute_statement(
        ClusterIdentifier="c", Database="dev", DbUser="awsuser", Sql="select 1")["Id"]}
"""


def test_who_may_not_see_a_statement_is_told_why(simulator, folder):
    (folder / "machine.asl.json").write_text(ASKED)
    (folder / "fn" / "index.py").write_text(SUBMITS)
    code, out, err = simulator("run")
    assert (code, "error: RedshiftData.ResourceNotFoundException" in out) == (1, True)
    owner = "arn:aws:iam::123456789012:role/work"
    assert "note: state:Ask called redshift-data:DescribeStatement: " in err
    assert f"is there for {owner} alone, which submitted it" in err
    toml = TOML.replace('name = "Demo"', f'name = "Demo"\nrole_arn = "{owner}"')
    (folder / "simulator.toml").write_text(toml)
    code, _, err = simulator("run")
    assert (code, "alone" in err) == (0, False)


MISSES = """
import boto3

def handler(event, context):
    service, operation, request = event["call"]
    return getattr(boto3.client(service), operation)(**request)
"""


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (["s3", "get_object", {"Bucket": "lak", "Key": "x"}],
         "s3:GetObject: there is no bucket 'lak', there are lake: [lake.lak] makes one"),
        (["secretsmanager", "get_secret_value", {"SecretId": "etl"}],
         "GetSecretValue: there is no secret 'etl', there are none: [secret.NAME] makes one"),
        (["ssm", "get_parameter", {"Name": "/no"}],
         "ssm:GetParameter: there is no parameter '/no', there are none: [parameters]"),
        (["dynamodb", "get_item", {"TableName": "t", "Key": {"a": {"S": "x"}}}],
         "dynamodb:GetItem: there is no table 't', there are none: [table.t] makes one"),
        (["redshift-data", "execute_statement",
          {"ClusterIdentifier": "d", "Database": "dev", "DbUser": "awsuser", "Sql": "select 1"}],
         "ExecuteStatement: there is no cluster 'd': [warehouse] declares another"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_with_what_would_make_it(simulator, folder, call, hint):
    (folder / "fn" / "index.py").write_text(MISSES)
    toml = TOML + '[lake.lake]\n[warehouse]\ncluster = "c"\n'
    (folder / "simulator.toml").write_text(toml)
    code, _, err = simulator("run", "--input", json.dumps({"call": call}))
    assert code == 1
    assert "note: lambda:work called" in err
    assert hint in err


INVOKES = """{
  "StartAt": "Work",
  "States": {
    "Work": {
      "Type": "Task",
      "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": {"FunctionName": "NAME", "Payload.$": "$"},
      "End": true
    }
  }
}
"""


def test_a_function_that_is_not_declared_is_named(simulator, folder):
    file = folder / "machine.asl.json"
    arn = "arn:aws:lambda:us-east-1:123456789012:function"
    file.write_text(INVOKES.replace("NAME", f"{arn}:wrok"))
    _, _, err = simulator("run")
    assert "lambda:Invoke: there is no function 'wrok', there are work" in err
    file.write_text(INVOKES.replace("NAME", f"{arn}:work:live"))
    _, _, err = simulator("run")
    assert "lambda:Invoke: function 'work' has no version or alias 'live'" in err
    toml = TOML.replace('path = "fn"', 'path = "fn"\naliases = ["live"]')
    (folder / "simulator.toml").write_text(toml)
    assert simulator("run")[0] == 0
    file.write_text(MACHINE.replace("${work_arn}", f"{arn}:work:live"))
    assert simulator("run")[0] == 0


def test_a_statement_that_fails_behind_an_execution_that_succeeds_is_told(simulator, folder):
    (folder / "fn" / "index.py").write_text(SUBMITS.replace("select 1", "select * from nowhere"))
    text = MACHINE.replace('"End": true', '"Next": "Later"').replace(
        '"States": {', '"States": {"Later": {"Type": "Wait", "Seconds": 9, "End": true},'
    )
    (folder / "machine.asl.json").write_text(text)
    code, _, err = simulator("run")
    assert code == 0
    assert "failed, and the execution went on: ERROR: relation" in err


def test_every_state_machine_of_a_project_is_validated(simulator, folder):
    wrong = MACHINE.replace('"Next": "Work"', '"Next": "Wrok"')
    (folder / "child.asl.json").write_text(wrong)
    substitutions = 'substitutions = { work_arn = { lambda = "work" } }\n'
    child = f'[state_machine.child]\nfile = "child.asl.json"\n{substitutions}'
    (folder / "simulator.toml").write_text(TOML + child)
    for command in (("validate",), ("validate", "child.asl.json"), ("run",)):
        code, out, err = simulator(*command)
        assert code == 2
        assert "child.asl.json:4:" in out + err
    assert simulator("validate", "machine.asl.json")[0] == 0
