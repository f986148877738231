"""ResultWriter: what the child executions of a Map Run gave, as files in S3.

Developer guide, "ResultWriter (Map)": under `Prefix/<Map Run's id>/` a manifest, and a file for
each status that there is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from simulator.engine.ports import ChildResult, ResultsRequest, TaskFailure, Written
from simulator.engine.results import transformed
from simulator.services.api import ServiceError
from simulator.services.tasks.reach import Reach

FAILED = "States.ResultWriterFailed"
# The manifest's groups; what was aborted or timed out counts as failed.
_FILES = {
    "SUCCEEDED": "SUCCEEDED",
    "FAILED": "FAILED",
    "TIMED_OUT": "FAILED",
    "ABORTED": "FAILED",
    "PENDING": "PENDING",
}


def write(
    reach: Reach, request: ResultsRequest, done: Callable[[Written | TaskFailure], None]
) -> None:
    """Write the files, then the manifest; `done` hears where it is."""
    parameters = request.parameters
    is_told = isinstance(parameters, Mapping) and isinstance(parameters.get("Bucket"), str)
    if not is_told or not isinstance(parameters.get("Prefix", ""), str):
        failure = TaskFailure(FAILED, "Bucket is required to write results, and Prefix is text")
        reach.world.scheduler.after(reach.world.timing.api_call_ms, lambda: done(failure))
        return
    folder = request.map_run_arn.rpartition(":")[2]
    prefix = parameters.get("Prefix", "").strip("/")
    if prefix:
        folder = f"{prefix}/{folder}"
    bucket = parameters["Bucket"]
    files = _files(request, folder)
    manifest = {
        "DestinationBucket": bucket,
        "MapRunArn": request.map_run_arn,
        "ResultFiles": {
            status: [{"Key": key, "Size": len(body)} for key, body in files.get(status, ())]
            for status in ("FAILED", "PENDING", "SUCCEEDED")
        },
    }
    key = f"{folder}/manifest.json"
    waiting = [one for part in files.values() for one in part]
    waiting.append((key, json.dumps(manifest, separators=(",", ":")).encode()))

    def write_next() -> None:
        if not waiting:
            done(Written({"Bucket": bucket, "Key": key}))
            return
        name, body = waiting.pop(0)
        given = {"Bucket": bucket, "Key": name, "Body": body, "ContentType": "application/json"}
        reach.call(request, "s3", "PutObject", given, hear)

    def hear(_answer: Any, error: Exception | None) -> None:
        if error is None:
            write_next()
            return
        message = error.message if isinstance(error, ServiceError) else str(error)
        done(TaskFailure(FAILED, message))

    write_next()


def _files(request: ResultsRequest, folder: str) -> dict[str, list[tuple[str, bytes]]]:
    groups: dict[str, list[ChildResult]] = {}
    for one in request.results:
        groups.setdefault(_FILES[one.members["Status"]], []).append(one)
    is_lines = request.config.get("OutputType") == "JSONL"
    transformation = request.config.get("Transformation", "NONE")
    suffix = "jsonl" if is_lines else "json"
    return {
        status: [
            (
                f"{folder}/{status}_0.{suffix}",
                _body(transformed(group, transformation), is_lines=is_lines),
            )
        ]
        for status, group in groups.items()
    }


def _body(values: list[Any], *, is_lines: bool) -> bytes:
    if not is_lines:
        return json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    lines = [json.dumps(one, separators=(",", ":"), ensure_ascii=False) for one in values]
    return "".join(f"{line}\n" for line in lines).encode()
