"""Map Runs: how one is described, listed and changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.engine.execution import Execution
from simulator.engine.map_run import MapRun
from simulator.services.api import Caller, ServiceError
from simulator.services.stepfunctions import names

Request = dict[str, Any]

_COUNTED = {
    "running": ("RUNNING",),
    "succeeded": ("SUCCEEDED",),
    "failed": ("FAILED",),
    "timedOut": ("TIMED_OUT",),
    "aborted": ("ABORTED",),
}


class MapRuns:
    """The Map Runs of an account, and their operations. `execution_of` finds an execution by its
    ARN."""

    def __init__(self, execution_of: Callable[[str], Execution]) -> None:
        self._execution_of = execution_of
        self._by_arn: dict[str, MapRun] = {}

    def add(self, run: MapRun) -> None:
        """Keep a Map Run."""
        self._by_arn[run.arn] = run

    def find(self, arn: str) -> MapRun:
        """The Map Run of an ARN."""
        names.parse_arn(arn, "mapRun")
        found = self._by_arn.get(arn)
        if found is None:
            raise ServiceError("ResourceNotFound", f"Resource not found: '{arn}'")
        return found

    def describe_map_run(self, request: Request, _caller: Caller) -> Request:
        """Show a Map Run: its limits, and how many items and executions stand where."""
        run = self.find(request["mapRunArn"])
        shown: Request = {
            "mapRunArn": run.arn,
            "executionArn": run.parent.arn,
            "status": run.status,
            "startDate": names.moment(run.start_ms),
            "maxConcurrency": run.limits.max_concurrency,
            "toleratedFailurePercentage": run.limits.tolerated_percentage or 0.0,
            "toleratedFailureCount": run.limits.tolerated_count or 0,
            "itemCounts": self._counts(run, [one.items for one in run.inputs]),
            "executionCounts": self._counts(run, [1] * len(run.inputs)),
            "redriveCount": run.redrive_count,
        }
        if run.stop_ms is not None:
            shown["stopDate"] = names.moment(run.stop_ms)
        if run.redrive_ms is not None:
            shown["redriveDate"] = names.moment(run.redrive_ms)
        return shown

    def _counts(self, run: MapRun, weights: list[int]) -> Request:
        counts = dict.fromkeys(("pending", *_COUNTED), 0)
        for weight, child in zip(weights, run.children, strict=True):
            status = "pending" if child is None else child.status
            for name, statuses in _COUNTED.items():
                counts[name] += weight if status in statuses else 0
            counts["pending"] += weight if status == "pending" else 0
        is_over = run.status in ("SUCCEEDED", "FAILED")
        written = counts["succeeded"] if is_over else 0
        return {**counts, "total": sum(weights), "resultsWritten": written}

    def list_map_runs(self, request: Request, _caller: Caller) -> Request:
        """List an execution's Map Runs."""
        execution = self._execution_of(request["executionArn"])
        shown = [
            {
                "executionArn": execution.arn,
                "mapRunArn": run.arn,
                "stateMachineArn": execution.state_machine_arn,
                "startDate": names.moment(run.start_ms),
                **({} if run.stop_ms is None else {"stopDate": names.moment(run.stop_ms)}),
            }
            for run in self._by_arn.values()
            if run.parent is execution
        ]
        part, following = names.page(shown, request, default=100, largest=1000)
        return {"mapRuns": part, **following}

    def update_map_run(self, request: Request, _caller: Caller) -> Request:
        """Change the limits of a Map Run that goes on."""
        run = self.find(request["mapRunArn"])
        limits = run.limits
        if "maxConcurrency" in request:
            most = run.parent.quotas.map_run_concurrency
            limits.max_concurrency = min(request["maxConcurrency"] or most, most)
        if "toleratedFailureCount" in request:
            limits.tolerated_count = request["toleratedFailureCount"]
        if "toleratedFailurePercentage" in request:
            limits.tolerated_percentage = request["toleratedFailurePercentage"]
        if run.status == "RUNNING":
            run.go_on()
        return {}
