"""`[mock.STATE]`: a pipeline whose definition also calls what is not simulated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator import Simulator, cli
from simulator.project import ProjectError

GLUE = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync"}
RETRY = [{"ErrorEquals": ["Glue.ConcurrentRunsExceededException"], "IntervalSeconds": 45}]
DEFINITION = {
    "StartAt": "Silver",
    "States": {
        "Silver": {
            **GLUE,
            "Parameters": {"JobName": "silver"},
            "Retry": RETRY,
            "ResultPath": "$.silver",
            "Next": "Elsewhere",
        },
        # a function in another language than Python
        "Elsewhere": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "node-function", "Payload": {}},
            "ResultPath": "$.said",
            "End": True,
        },
    },
}
MOCKS = """
[mock.Silver]
outcomes = [
    { error = "Glue.ConcurrentRunsExceededException", cause = "busy" },
    { output = { JobRunState = "SUCCEEDED" }, seconds = 90 },
]

[mock.Elsewhere]
output = { Payload = [1, 2], StatusCode = 200 }
"""


def write(folder: Path, mocks: str) -> Path:
    (folder / "etl.asl.json").write_text(json.dumps(DEFINITION))
    (folder / "simulator.toml").write_text('[definition]\nfile = "etl.asl.json"\n' + mocks)
    return folder


def test_a_state_is_answered_as_its_mock_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Simulator.from_project(write(tmp_path, MOCKS)) as simulator:
        began = simulator.now
        # each execution begins with the first outcome
        executions = [simulator.start({"n": n}, name=f"run-{n}") for n in (1, 2)]
        simulator.run()
        for execution in executions:
            assert execution.output["silver"] == {"JobRunState": "SUCCEEDED"}
            assert execution.output["said"]["Payload"] == [1, 2]
            types = [event["type"] for event in execution.history()]
            assert types.count("TaskFailed") == 1
        # the first call's, the retry's interval and the second call's
        assert 135_000 <= simulator.now - began <= 136_000
    assert cli.main(["run", "--project", str(tmp_path)]) == 0
    told = capsys.readouterr().err
    for name in ("Silver", "Elsewhere"):
        assert f"note: state '{name}' called nothing: [mock.{name}] answered" in told


@pytest.mark.parametrize(
    ("mocks", "expected"),
    [
        ("[mock.Silvr]\noutput = 1\n", r"\[mock.Silvr\]: expected a state .* got 'Silvr'"),
        ("[mock.Silver]\n", "expected one of 'output' and 'error', got none"),
        ('[mock.Silver]\noutput = 1\nerror = "E"\n', "got 'output', 'error'"),
        ("[mock.Silver]\noutcomes = []\n", "expected a list of tables"),
        ("[mock.Silver]\noutput = 1\nseconds = -1\n", "expected a time, got -1.0"),
        ("[mock.Silver]\noutput = 1\nresult = 2\n", "result"),
    ],
)
def test_a_mock_that_cannot_be_meant_is_refused(tmp_path: Path, mocks: str, expected: str) -> None:
    with pytest.raises(ProjectError, match=expected):
        Simulator.from_project(write(tmp_path, mocks))


def test_a_callback_cannot_be_mocked_but_may_fail(tmp_path: Path) -> None:
    waits = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.waitForTaskToken"}
    definition = {"StartAt": "A", "States": {"A": {**waits, "End": True}}}
    toml = '[definition]\nfile = "a.asl.json"\n[mock.A]\n'
    for mock, error in (("output = 1", "Simulator.NotModelled"), ('error = "Mine"', "Mine")):
        (tmp_path / "a.asl.json").write_text(json.dumps(definition))
        (tmp_path / "simulator.toml").write_text(toml + mock + "\n")
        with Simulator.from_project(tmp_path) as simulator:
            execution = simulator.start({})
            simulator.run()
            assert execution.error == error
