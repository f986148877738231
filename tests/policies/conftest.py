"""Simulated runs of the deployed stack, with every API call of its functions recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from simulator import Simulator
from simulator.engine import history
from simulator.engine.ports import Place
from simulator.server.account import Account
from simulator.services.handlers.clients import Door
from tests.support.modules import load

DAYS = ("2024-01-07", "2024-01-08")


stacks = load("tests/stack/stack.py", "policies_stack")
iam = load("tests/policies/iam.py", "policies_iam")
reading = load("tests/policies/calls.py", "policies_calls")


class Picker:
    """A source of choice: statements of jobs turn out as `outcomes` says."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}

    def pick(self, place: Place, options: Sequence[str]) -> str:
        job = place.subject.rsplit(":", 1)[-1]
        return self.outcomes.get(job, options[0]) if place.kind == "statement" else options[0]


class Recorder:
    """Notes what each call of a function asked, and what it was answered."""

    def __init__(self) -> None:
        self.recorded: list[Any] = []

    def install(self, patch: pytest.MonkeyPatch) -> None:
        perform = Door._perform

        def noted(door: Door, operation: Any, request: Any, caller: Any) -> Any:
            if not caller.function_name:
                return perform(door, operation, request, caller)
            service, name = operation.subject.split(":")
            role = caller.role_arn.rsplit("/", 1)[-1]
            one = [role, caller.function_name, service, name, dict(request)]
            # a call that is refused must have been allowed too
            answer = None
            try:
                answer = perform(door, operation, request, caller)
            finally:
                self.recorded.append(reading.Recorded(*one, answer))
            return answer

        patch.setattr(Door, "_perform", noted)


class Runs:
    """One account with the stack, run after run: each a path on which functions call something."""

    def __init__(self, variant: str, lake: Path) -> None:
        self.picker = Picker()
        self.said: list[str] = []
        self._account = Account(self.said.append, choices=self.picker)
        # the port's account without its port: calls are answered in process
        self.simulator: Simulator = self._account._simulator
        client = cache(self.simulator.client)
        self.stack = stacks.Stack(client, variant, lake, settle=self.simulator.run)

    def close(self) -> None:
        self._account.close()

    def run_all(self) -> None:
        """Set-up twice, success, failure, timeout, stop and redrive; with a cluster its resume."""
        self.stack.make()
        self.stack.set_up()
        self.stack.load(*DAYS)
        self.simulator.run()
        self._fails("ItemDimensionLoadJob", "FAILED")
        self._fails("CustomerAddressDimensionLoadJob", "STUCK")
        self._is_stopped_and_redriven("StoreSalesFactLoadJob")
        if not self.stack.is_serverless:
            self._needs_a_resume()

    def functions(self) -> set[str]:
        """The ARNs of functions that states called."""
        return {
            event["lambdaFunctionScheduledEventDetails"]["resource"]
            for one in self.simulator.executions
            for event in history.events(self.simulator.trace, one.arn)
            if event["type"] == "LambdaFunctionScheduled"
        }

    def _fails(self, job: str, outcome: str) -> None:
        self.picker.outcomes = {job: outcome}
        arn = self.stack.start(f"{job}-{outcome}", refresh_date=DAYS[0])
        assert self.stack.ended(arn)["status"] == "FAILED"
        self.picker.outcomes = {}
        # the clean-up function comes twice
        self.simulator.run()

    def _is_stopped_and_redriven(self, job: str) -> None:
        self.picker.outcomes = {job: "STUCK"}
        arn = self.stack.start("stopped", refresh_date=DAYS[0])
        self.simulator.world.scheduler.run(lambda: self._runs(f"stopped:{job}"))
        states = self.stack.client("stepfunctions")
        states.stop_execution(executionArn=arn)
        self.picker.outcomes = {}
        self.simulator.run()
        states.redrive_execution(executionArn=arn)
        assert self.stack.ended(arn)["status"] == "SUCCEEDED"
        self.simulator.run()

    def _needs_a_resume(self) -> None:
        """Stopped while the cluster resumes, which takes longer than Lambda's own retries."""
        redshift = self.stack.client("redshift")
        identifier = self.stack.connection["ClusterIdentifier"]
        if self.stack.when_cluster("available", "paused")["ClusterStatus"] == "available":
            redshift.pause_cluster(ClusterIdentifier=identifier)
        self.stack.when_cluster("paused")
        arn = self.stack.start("early", refresh_date=DAYS[0])
        self.simulator.world.scheduler.run(until_ms=self.simulator.now + 30_000)
        self.stack.client("stepfunctions").stop_execution(executionArn=arn)
        self.simulator.run()

    def _runs(self, end: str) -> bool:
        views = [one for one in self.simulator.statements if (one.name or "").endswith(end)]
        return bool(views) and views[-1].status == "STARTED"


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    load("statemachine/sample_lake.py", "policies_sample_lake").fill(folder, days=3, scale=0.1)
    return folder


@pytest.fixture(scope="session")
def recorded(lake: Path) -> Callable[[str], Any]:
    """The runs of a variant of the stack: (what was recorded, the trace,
    ARNs there, the functions that states called)."""

    @cache
    def run(variant: str) -> Any:
        recorder = Recorder()
        runs = Runs(variant, lake)
        with pytest.MonkeyPatch.context() as patch:
            recorder.install(patch)
            try:
                runs.run_all()
                assert runs.said == []
                trace = runs.simulator.trace
                return recorder.recorded, trace, dict(runs.stack.arns), runs.functions()
            finally:
                runs.close()

    return run


@pytest.fixture(name="iam", scope="session")
def _iam() -> ModuleType:
    return iam


@pytest.fixture(scope="session")
def calls_module() -> ModuleType:
    return reading


@pytest.fixture(scope="session")
def rendered() -> Callable[[str], Mapping[str, Any]]:
    """What Terraform renders, by variant."""
    return stacks.rendered  # type: ignore[no-any-return]
