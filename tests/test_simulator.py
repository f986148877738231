"""The public interface: what it loads, what it wires, what it shows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator
from simulator.asl.errors import DefinitionError
from simulator.engine.ports import Place
from simulator.services.api import NotModelled
from simulator.sql.errors import LockUnavailable

ROOT = Path(__file__).resolve().parents[1]
WAIT = {
    "StartAt": "W",
    "States": {
        "W": {"Type": "Wait", "Seconds": 30, "Next": "P"},
        "P": {"Type": "Pass", "Result": {"done": True}, "End": True},
    },
}


def _loaded(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


HEAVY = {"boto3", "botocore", "greenlet", "time_machine", "psycopg", "sqlglot", "rich", "pytest"}


def test_importing_the_package_loads_no_room() -> None:
    loaded = _loaded("import simulator")
    assert not loaded & HEAVY
    assert [name for name in loaded if name.startswith("simulator.")] == []


def test_a_run_without_handlers_loads_no_boto3_no_greenlets_and_no_sql() -> None:
    code = f"""
from simulator import Simulator
with Simulator() as s:
    s.create_state_machine({WAIT!r})
    s.start()
    s.run()
"""
    assert not _loaded(code) & HEAVY


def test_a_run_of_a_handler_without_clients_loads_no_boto3() -> None:
    code = """
from simulator import Simulator
s = Simulator()
arn = s.add_lambda("f", lambda event, context: event)
s.create_state_machine(
    {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}}
)
execution = s.start(1)
s.run()
assert execution.output == 1
"""
    assert not _loaded(code) & {"boto3", "botocore", "psycopg", "sqlglot", "pytest"}


def test_an_execution_shows_its_end_its_states_and_its_history() -> None:
    simulator = Simulator(start_time="2024-03-01T00:00:00Z")
    simulator.create_state_machine(WAIT, name="Waiting")
    execution = simulator.start({"a": 1}, name="first")
    assert (execution.status, execution.stop) == ("RUNNING", None)
    simulator.run()
    assert execution.arn == "arn:aws:states:us-east-1:123456789012:execution:Waiting:first"
    assert (execution.status, execution.input, execution.output) == (
        "SUCCEEDED",
        {"a": 1},
        {"done": True},
    )
    assert execution.start == 1_709_251_200_000
    assert 30 <= execution.virtual_seconds < 31
    assert [state["name"] for state in execution.states()] == ["W", "P"]
    assert execution.states()[0]["exited"] - execution.states()[0]["entered"] >= 30
    assert [event["type"] for event in execution.history()] == [
        "ExecutionStarted",
        "WaitStateEntered",
        "WaitStateExited",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


def test_the_same_seed_gives_the_same_trace_and_history() -> None:
    def run(seed: int) -> Any:
        simulator = Simulator(seed=seed)
        arn = simulator.add_lambda("f", lambda event, context: context.aws_request_id)
        simulator.create_state_machine(
            {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}}
        )
        execution = simulator.start()
        simulator.run()
        return execution.history(), simulator.trace.entries

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_a_bad_definition_is_refused_with_its_place() -> None:
    text = '{\n  "StartAt": "A",\n  "States": {"A": {"Type": "Pass", "Next": "B"}}\n}'
    with pytest.raises(DefinitionError) as refused:
        Simulator().create_state_machine(text, source="machine.json")
    assert str(refused.value).startswith("machine.json:3:")
    assert "MISSING_TRANSITION_TARGET" in str(refused.value)


def test_mocks_are_not_simulated() -> None:
    with pytest.raises(NotModelled, match="mock_config"):
        Simulator(mock_config={})  # type: ignore[arg-type]


def test_starting_without_a_state_machine_says_so() -> None:
    with pytest.raises(ValueError, match="expected a state machine"):
        Simulator().start()


def test_two_dates_are_the_same_start_time() -> None:
    assert Simulator(start_time="2024-01-01").now == Simulator(start_time="2024-01-01T00:00Z").now


def test_call_answers_boto3_and_sleeps_in_virtual_time() -> None:
    import boto3

    simulator = Simulator()
    arn = simulator.create_state_machine(WAIT)

    def poll(machine: str, *, every: int) -> tuple[str, int]:
        client = boto3.client("stepfunctions")
        execution = client.start_execution(stateMachineArn=machine)["executionArn"]
        polls = 0
        while (status := client.describe_execution(executionArn=execution)["status"]) == "RUNNING":
            polls += 1
            time.sleep(every)
        return status, polls

    # asked 0.08, 10.12 and 20.16 s after the first call; the fourth time, at 30.2 s, it has ended
    assert simulator.call(poll, arn, every=10) == ("SUCCEEDED", 3)


def test_sql_runs_in_any_cluster_without_a_declared_warehouse() -> None:
    with Simulator() as simulator:
        simulator.query("create table t (a int, b varchar(10), c numeric(10,2), d date)")
        simulator.query("insert into t values (1, 'x', 1.50, '2024-01-05'), (2, null, null, null)")
        result = simulator.query("select * from t order by a")
        assert result.columns == ("a", "b", "c", "d")
        assert [str(value) for value in result.rows[0]] == ["1", "x", "1.50", "2024-01-05"]
        assert result.rows[1] == (2, None, None, None)
        frame = result.to_pandas()
        assert str(frame.dtypes.iloc[0]) == "Int64"
        assert frame["d"].dt.year[0] == 2024
        assert simulator.tables() == {"t": 2}
        assert [one.status for one in simulator.statements] == ["FINISHED"] * 3


def test_a_query_that_fails_raises_redshifts_words() -> None:
    from simulator.services.queries import QueryFailed

    with Simulator() as simulator, pytest.raises(QueryFailed, match="nowhere"):
        simulator.query("select * from nowhere")


def test_two_simulations_do_not_see_each_others_tables() -> None:
    with Simulator() as one, Simulator() as other:
        one.query("create table mine (a int)")
        assert other.tables() == {}


class Stuck:
    """A source of choice by which no statement ends."""

    def pick(self, place: Place, options: Sequence[str]) -> str:
        return "STUCK" if place.kind == "statement" else options[0]


def test_what_is_abandoned_never_took_effect_and_keeps_nobody_from_the_tables(
    tmp_path: Path,
) -> None:
    with Simulator() as first:
        first.query("create table t (a int)")
        first.query("insert into t values (1), (2)")
        first.save(tmp_path / "tables")
    with Simulator(warehouse_state=tmp_path / "tables", choices=Stuck()) as simulator:
        data = simulator.client("redshift-data")
        request = {"ClusterIdentifier": "c", "Database": "dev", "DbUser": "awsuser"}
        stuck = data.batch_execute_statement(**request, Sqls=["delete from t", "drop table t"])
        other = data.execute_statement(**request, Sql="delete from t")
        simulator.run()
        statuses = {one.id: one.status for one in simulator.statements}
        assert statuses[stuck["Id"]] == "STARTED"
        with pytest.raises(LockUnavailable):
            simulator.tables()
        simulator.abandon()
        assert simulator.tables() == {"t": 2}
        # what was seen of them stays as it was: nobody cancelled them
        assert {one.id: one.status for one in simulator.statements} == statuses
        simulator.abandon()
        simulator.save(tmp_path / "after")
    assert other["Id"] in statuses
    with Simulator(warehouse_state=tmp_path / "after") as last:
        assert last.query("select sum(a) from t").rows == ((3,),)


def test_tables_are_saved_and_go_on(tmp_path: Path) -> None:
    with Simulator() as first:
        first.query("create table t (a int)")
        first.query("insert into t values (1), (2)")
        first.save(tmp_path / "tables")
    with Simulator(warehouse_state=tmp_path / "tables") as second:
        assert second.query("select sum(a) from t").rows == ((3,),)


def test_a_handler_polls_the_data_api_while_the_statement_runs(tmp_path: Path) -> None:
    (tmp_path / "index.py").write_text(
        """
import boto3, time
client = boto3.client("redshift-data")
def handler(event, context):
    id = client.execute_statement(
        ClusterIdentifier="c", Database="dev", DbUser="awsuser", Sql="select 42 as answer"
    )["Id"]
    seen = []
    while not seen or seen[-1] not in ("FINISHED", "FAILED", "ABORTED"):
        seen.append(client.describe_statement(Id=id)["Status"])
        time.sleep(0.1)
    return [seen[0], seen[-1], client.get_statement_result(Id=id)["Records"][0][0]]
"""
    )
    with Simulator() as simulator:
        arn = simulator.add_lambda_folder(tmp_path, name="poll", timeout_seconds=30)
        simulator.create_state_machine(
            {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": arn, "End": True}}}
        )
        execution = simulator.start()
        simulator.run()
        assert execution.output == ["SUBMITTED", "FINISHED", {"longValue": 42}], execution.cause


def test_a_state_machine_calls_the_data_api_itself() -> None:
    submit = "arn:aws:states:::aws-sdk:redshiftdata:executeStatement"
    describe = "arn:aws:states:::aws-sdk:redshiftdata:describeStatement"
    states = {
        "Submit": {
            "Type": "Task",
            "Resource": submit,
            "Parameters": {
                "ClusterIdentifier": "c",
                "Database": "dev",
                "DbUser": "awsuser",
                "Sql": "select 1",
            },
            "Next": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 10, "Next": "Describe"},
        "Describe": {
            "Type": "Task",
            "Resource": describe,
            "Parameters": {"Id.$": "$.Id"},
            "End": True,
        },
    }
    with Simulator() as simulator:
        simulator.create_state_machine({"StartAt": "Submit", "States": states})
        execution = simulator.start()
        simulator.run()
        assert execution.output["Status"] == "FINISHED", execution.cause
        assert json.dumps(execution.output)


def test_a_project_is_wired_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "machine.json").write_text(
        json.dumps(
            {
                "StartAt": "A",
                "States": {"A": {"Type": "Task", "Resource": "${function_arn}", "End": True}},
            }
        )
    )
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "index.py").write_text(
        "import os\ndef handler(event, context): return [event, os.environ['MODE']]"
    )
    (tmp_path / "simulator.toml").write_text(
        """
[definition]
file = "machine.json"
name = "Machine"
[definition.substitutions]
function_arn = { lambda = "Doer" }
[lambda.Doer]
path = "code"
environment = { MODE = "on" }
[run]
seed = 4
"""
    )
    simulator = Simulator.from_project(tmp_path / "simulator.toml")
    execution = simulator.start({"a": 1})
    simulator.run()
    assert execution.output == [{"a": 1}, "on"]
    assert simulator.world.identity.seed == 4
