"""Fault plans and whole simulations: a plan run again, and the plan that a run amounts to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.faults.choices import PlannedChoices
from simulator.faults.plan import Plan, PlanError
from simulator.faults.replay import faults_in
from simulator.simulator import Simulator

if TYPE_CHECKING:
    from simulator.project import Project


def from_plan(path: Path | str | Project, plan: Plan | Path | str, **options: Any) -> Simulator:
    """A project under a plan, its execution started: `run` plays it. `options` are those of
    `Simulator.from_project`.

    Raises `PlanError` for a plan that can't be read or was made for another definition; afterwards
    `PlannedChoices.check` (the simulator's `world.choices`) tells what the run never reached.
    """
    found = plan if isinstance(plan, Plan) else Plan.load(plan)
    simulator = Simulator.from_project(
        path,
        choices=PlannedChoices(found),
        seed=found.seed,
        start_time=found.start_time,
        other_inputs=found.other_inputs,
        **options,
    )
    try:
        assert simulator.project is not None
        assert simulator.definition_sha256 is not None
        found.check_definition(simulator.definition_sha256)
    except PlanError:
        simulator.close()
        raise
    value = simulator.project.input if found.input is None else found.input
    simulator.start(value, name=found.name)
    return simulator


def plan_of(simulator: Simulator) -> Plan:
    """What a simulation did so far as a plan that does it again: its first execution's beginning,
    and everything that went wrong on purpose. Raises `PlanError` where none was started."""
    executions = simulator.executions
    if not executions:
        raise PlanError("plan", "expected a simulation that started an execution, got none")
    first, world = executions[0], simulator.world
    return Plan(
        faults=tuple(fault for _, fault in faults_in(world.trace.entries)),
        seed=world.identity.seed,
        start_time=_moment(world.scheduler.start_ms),
        name=first.name,
        input=first.input,
        other_inputs=simulator.other_inputs,
        definition_sha256=simulator.definition_sha256,
    )


def _moment(at_ms: int) -> str:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")
