"""The Store Sales pipeline, deployed and run over the port by clients that know nothing of it.

What the port tells of an execution is what the simulator tells in process, byte for byte.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.request import urlopen

import pytest

from simulator import Simulator, project
from simulator.engine.timing import Timing

SCALED = 600.0


class Run:
    """An execution that several followers asked for all the time, and the port that it ran on."""

    def __init__(self, deployed: Any) -> None:
        self.deployed = deployed
        self.arn = f"{deployed.machine.replace(':stateMachine:', ':execution:')}:day-1"
        with ThreadPoolExecutor(3) as threads:
            # they ask before it is there: it goes on only while nobody asks
            followers = [threads.submit(self._follow) for _ in range(3)]
            self.started = deployed.start("day-1")
            self.asked = sum(follower.result() for follower in followers)

    def _follow(self) -> int:
        client = self.deployed.port.client("stepfunctions")
        asked = 0
        for _ in range(100_000):
            try:
                described = client.describe_execution(executionArn=self.arn)
            except client.exceptions.ExecutionDoesNotExist:
                continue
            if described["status"] != "RUNNING":
                break
            client.get_execution_history(executionArn=self.arn, reverseOrder=True)
            asked += 1
        return asked


@pytest.fixture(scope="module")
def ran(serve_module, deploy):
    """The pipeline on a port in virtual time, and one execution of it."""
    return Run(deploy(serve_module()))


def _history(stepfunctions, arn) -> str:
    """Every event of an execution by whichever client, as text."""
    pages = stepfunctions.get_paginator("get_execution_history").paginate(executionArn=arn)
    return json.dumps([event for page in pages for event in page["events"]], default=_moment)


def _moment(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.astimezone(UTC).isoformat()


def _in_process(root, started: dict[str, Any], name: str) -> str:
    """The history of the execution of this name that the project's files give."""
    with Simulator.from_project(root, start_time=started["startDate"]) as simulator:
        execution = simulator.start(name=name)
        simulator.run()
        assert execution.arn == started["executionArn"]
        return _history(simulator.client("stepfunctions"), execution.arn)


def test_the_pipeline_loads_its_tables_over_the_port(ran, clean_run):
    deployed = ran.deployed
    assert deployed.ended(ran.arn)["status"] == "SUCCEEDED"
    simulator, _ = clean_run
    expected = {table: rows for table, rows in simulator.tables().items() if "etl" not in table}
    table = max(expected, key=lambda name: expected[name])
    statement_id = deployed.run_sql(f"SELECT count(*) FROM {table}", DbUser="awsuser")
    data = deployed.port.client("redshift-data")
    (row,) = data.get_statement_result(Id=statement_id)["Records"]
    assert row == [{"longValue": expected[table]}]
    assert deployed.port.said == []


def test_the_history_is_the_in_process_one_however_often_somebody_asks(ran, root):
    assert ran.asked > 0
    assert _history(ran.deployed.states, ran.arn) == _in_process(root, ran.started, "day-1")


def test_at_scaled_speed_too_from_the_moment_it_was_started(serve, deploy, root):
    # the sample lake's days are those of the default start
    deployed = deploy(serve(speed=SCALED))
    started = deployed.start("day-1")
    deployed.ended(started["executionArn"])
    assert _history(deployed.states, started["executionArn"]) == _in_process(root, started, "day-1")


def test_what_is_deployed_is_what_was_simulated(ran, tmp_path):
    """The definition's text, each function's bytes, and what they do when they are taken back."""
    deployed, settings = ran.deployed, ran.deployed.settings
    definition = deployed.states.describe_state_machine(stateMachineArn=deployed.machine)
    rendered = project.render(settings, account_id="123456789012", region="us-east-1")
    assert definition["definition"].encode() == rendered.text.encode()
    with Simulator(
        start_time=ran.started["startDate"],
        seed=settings.run.seed,
        timing=project.figures(Timing, settings, "timing"),
        lake={name: lake.folder for name, lake in settings.lake.items()},
        warehouse=settings.warehouse,
    ) as simulator:
        for name in deployed.packages:
            function = deployed.port.client("lambda").get_function(FunctionName=name)
            shown = function["Configuration"]
            with urlopen(function["Code"]["Location"]) as answer:
                code = answer.read()
            assert code == deployed.packages[name]
            digest = hashlib.sha256(code).digest()
            assert shown["CodeSha256"] == b64encode(digest).decode()
            with zipfile.ZipFile(io.BytesIO(code)) as archive:
                archive.extractall(tmp_path / name)
            simulator.add_lambda_folder(
                tmp_path / name,
                name=name,
                handler=shown["Handler"],
                timeout_seconds=shown["Timeout"],
                memory_mb=shown["MemorySize"],
                environment=shown.get("Environment", {}).get("Variables", {}),
                role_arn=shown["Role"],
            )
        simulator.create_state_machine(definition["definition"], name=definition["name"])
        execution = simulator.start(settings.input, name="day-1")
        simulator.run()
        again = _history(simulator.client("stepfunctions"), execution.arn)
    assert again == _history(deployed.states, ran.arn)
