"""Times moto's Step Functions interpreter on workload files; prints one JSON line for each.

    python -m benchmarks.peer_moto FOLDER RUNS

A process of its own: moto patches botocore, and its executions run in threads in real time.
"""

from __future__ import annotations

import json
import logging
import os
import pathlib
import sys
import time

ROLE = "arn:aws:iam::111111111111:role/benchmark"
GIVE_UP_SECONDS = 120.0
POLL_SECONDS = 0.005


def main(folder: pathlib.Path, runs: int) -> None:
    logging.disable(logging.CRITICAL)
    os.environ.update(
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION="us-east-1",
        MOTO_ACCOUNT_ID="111111111111",
    )
    import boto3
    from moto import mock_aws

    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        client = boto3.client("stepfunctions")
        for file in sorted(folder.glob("*.json")):
            workload = json.loads(file.read_text())
            machine = client.create_state_machine(
                name=file.stem, definition=json.dumps(workload["definition"]), roleArn=ROLE
            )["stateMachineArn"]
            milliseconds, status = [], "RUNNING"
            for _ in range(runs):
                began = time.perf_counter()
                arn = client.start_execution(
                    stateMachineArn=machine, input=json.dumps(workload["input"])
                )["executionArn"]
                while time.perf_counter() - began < GIVE_UP_SECONDS:
                    status = client.describe_execution(executionArn=arn)["status"]
                    if status != "RUNNING":
                        break
                    time.sleep(POLL_SECONDS)
                milliseconds.append((time.perf_counter() - began) * 1000)
            failure = None if status == "SUCCEEDED" else status
            line = {"workload": file.stem, "milliseconds": milliseconds, "failure": failure}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
