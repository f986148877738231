"""Times moto's Step Functions interpreter on workload files; prints one JSON line for each.

    python -m benchmarks.peer_moto FOLDER RUNS

A process of its own: moto patches botocore, and its executions run in threads in real time. Its
backend is asked directly and looked at seldom, so that neither boto3 nor the looking costs it time.
"""

from __future__ import annotations

import json
import logging
import os
import pathlib
import sys
import time
from typing import Any

ACCOUNT, REGION = "111111111111", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/benchmark"
GIVE_UP_SECONDS = 120.0
LOOK_SECONDS = 0.002


def main(folder: pathlib.Path, runs: int) -> None:
    logging.disable(logging.CRITICAL)
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION=REGION,
        MOTO_ACCOUNT_ID=ACCOUNT,
    )
    import boto3
    from moto import mock_aws
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("stepfunctions")
        backend = stepfunctions_parser_backends[ACCOUNT][REGION]
        for file in sorted(folder.glob("*.json")):
            workload = json.loads(file.read_text())
            machine = client.create_state_machine(
                name=file.stem, definition=json.dumps(workload["definition"]), roleArn=ROLE
            )["stateMachineArn"]
            timed = [_run(backend, machine, f"run-{n}", workload["input"]) for n in range(runs)]
            failures = [status for _, status in timed if status != "SUCCEEDED"]
            line = {
                "workload": file.stem,
                "milliseconds": [milliseconds for milliseconds, _ in timed],
                "failure": failures[0] if failures else None,
            }
            print(json.dumps(line), flush=True)


def _run(backend: Any, machine: str, name: str, text: str) -> tuple[float, str]:
    """One execution's milliseconds and status."""
    began = time.perf_counter()
    execution = backend.start_execution(machine, name, text)
    while execution.status == "RUNNING" and time.perf_counter() - began < GIVE_UP_SECONDS:
        time.sleep(LOOK_SECONDS)
    return (time.perf_counter() - began) * 1000, execution.status


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
