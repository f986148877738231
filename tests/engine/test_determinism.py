"""Same definition, input and seed: the same trace, byte for byte, in any process."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
STATES = {
    "M": {
        "Type": "Map",
        "ItemProcessor": {
            "StartAt": "T",
            "States": {
                "T": {
                    "Type": "Task",
                    "Resource": FUNCTION,
                    "Parameters": {"id.$": "States.UUID()", "all.$": "$$"},
                    "Retry": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "MaxAttempts": 2,
                            "JitterStrategy": "FULL",
                        }
                    ],
                    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}],
                    "Next": "C",
                },
                "C": {
                    "Type": "Pass",
                    "Parameters": {"r.$": "States.MathRandom(1, 1000000)"},
                    "End": True,
                },
            },
        },
        "End": True,
    }
}


def _trace(lab: Any, fails: Any) -> str:
    run = lab.run(STATES, [1, 2, 3], tasks={"T": [fails()]})
    assert run.execution.status == "SUCCEEDED"
    return repr(run.world.trace.entries)


def test_two_runs_have_the_same_trace(lab: Any, fails: Any) -> None:
    assert _trace(lab, fails) == _trace(lab, fails)


def test_another_seed_has_another(lab: Any, lab_with: Any, fails: Any) -> None:
    assert _trace(lab, fails) != _trace(lab_with(seed=1), fails)


_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from conftest import Lab
from test_determinism import STATES
from simulator.engine.ports import TaskFailure
run = Lab().run(STATES, [1, 2, 3], tasks={"T": [TaskFailure("Boom", "it broke")]})
print(repr(run.world.trace.entries))
"""


def test_the_hash_seed_changes_nothing(lab: Any, fails: Any) -> None:
    here = pathlib.Path(__file__).resolve().parent
    outputs = []
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(here)],
            cwd=here.parents[1],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.append(done.stdout.strip())
    assert outputs[0] == outputs[1] == _trace(lab, fails)
