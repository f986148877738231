"""Runs our own cases (`*.json` beside this file), and AWS's recordings where they are.

A case states a definition, its input, what each function answers in turn, and what the States
Language demands: the end of the execution, and how much virtual time the waits add up to.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from simulator import Simulator

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECORDINGS = ROOT.parent / "shared" / "conformance" / "run.py"

CASES = [
    pytest.param(case, id=f"{file.stem}:{case['name']}")
    for file in sorted(HERE.glob("*.json"))
    for case in json.loads(file.read_text())
]


def _handler(answers: list[dict[str, Any]]) -> Any:
    remaining = list(answers)

    def handler(event: Any, context: Any) -> Any:
        answer = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        if "raise" in answer:
            raise type(answer["raise"], (Exception,), {})(answer.get("message", ""))
        return event if answer.get("echo") else answer["return"]

    return handler


@pytest.mark.parametrize("case", CASES)
def test_case_ends_as_the_specification_says(case: dict[str, Any]) -> None:
    with Simulator() as simulator:
        for name, answers in case.get("functions", {}).items():
            simulator.add_lambda(name, _handler(answers))
        client = simulator.client("stepfunctions")
        machine = client.create_state_machine(
            name="case",
            definition=json.dumps(case["definition"]),
            roleArn="arn:aws:iam::123456789012:role/case",
        )["stateMachineArn"]
        arn = client.start_execution(
            stateMachineArn=machine, input=json.dumps(case.get("input", {}))
        )["executionArn"]
        simulator.run()
        execution = simulator.execution(arn)
        expect = case["expect"]
        assert execution.status == expect["status"], execution.cause
        if "output" in expect:
            assert execution.output == expect["output"]
        if "error" in expect:
            assert execution.error == expect["error"]
        if "cause" in expect:
            assert execution.cause == expect["cause"]
        if "seconds" in expect:
            # invocations and transitions cost some virtual milliseconds on top of the waits
            assert expect["seconds"] <= execution.virtual_seconds < expect["seconds"] + 5
        if "entered" in expect:
            entered = [
                event["stateEnteredEventDetails"]["name"]
                for event in execution.history()
                if "stateEnteredEventDetails" in event
            ]
            assert entered == expect["entered"]


@pytest.mark.parametrize(
    ("arguments", "floor"),
    [
        (["--kind", "execution", "--group", "choice_operators"], 1.0),
        (["--kind", "execution", "--group", "intrinsic_functions", "--without", "JSONata"], 1.0),
        # 130 of the 283 in reach; the others need parts of the language that come later
        (["--kind", "execution"], 130 / 283),
    ],
    ids=["choice_operators", "intrinsic_functions", "executions"],
)
def test_recordings_of_aws_are_reproduced(arguments: list[str], floor: float) -> None:
    if not RECORDINGS.exists():
        pytest.skip("AWS's recordings are not beside this checkout")
    command = [sys.executable, str(RECORDINGS), *arguments, "--floor", str(floor)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
