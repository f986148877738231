"""`run`: one execution of the project's state machine, reported."""

from __future__ import annotations

import hashlib
import json

# the real seconds of a run, beside its virtual ones
import time  # noqa: TID251
from argparse import Namespace
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator import project
from simulator.commands import plans, state, terminal
from simulator.commands.errors import DefinitionRefused, UsageError
from simulator.commands.inputs import execution_input
from simulator.commands.query import with_cluster_status
from simulator.commands.validate import check_states, project_findings
from simulator.engine.quotas import Quotas
from simulator.lakes import fill_lakes
from simulator.project import Project

if TYPE_CHECKING:
    from simulator.faults.choices import PlannedChoices
    from simulator.faults.plan import Plan
    from simulator.simulator import Simulator

FAILED, REFUSED = 1, 2
MAX_FINDINGS = 5
START_AFRESH = "python -m simulator run, without --continue, starts afresh"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run starts from."""

    name: str
    input: Any
    seed: int
    start_time: datetime | None
    last: state.LastRun | None


def run(options: Namespace) -> int:
    """Run, report, keep the state. 0 where every execution SUCCEEDED and every promise was kept,
    else 1; 2 where a plan asked for what never happened."""
    plan = plans.plan_of(options)
    with plans.project_file(options) as file:
        return _run(options, project.read(file), plan)


def _run(options: Namespace, settings: Project, plan: Plan | None) -> int:
    from simulator.commands import reporting

    check_history(options.history)
    beginning = _beginning(options, settings, plan)
    _check_definition(settings)
    check_states(options.show, settings)
    choices = _choices(plan)
    fill_lakes(settings, terminal.say)
    with _simulation(settings, beginning, choices) as simulation:
        before = simulation.tables()
        first = len(simulation.trace.entries)
        execution = simulation.start(beginning.input, name=beginning.name)
        with terminal.progress_line(simulation.trace):
            simulation.run()
        simulation.abandon()
        real_seconds = time.perf_counter() - options.started
        outcome = reporting.Outcome(
            simulation=simulation,
            execution=execution,
            settings=settings,
            before=before,
            after=simulation.tables(),
            entries=simulation.trace.entries[first:],
            kept=_keep(settings, simulation, beginning),
            real_seconds=real_seconds,
        )
        reporting.report(
            outcome,
            options,
            again=plans.again_command(options, plan) if outcome.after else None,
            replay=plans.replay_command(options),
        )
        held = outcome.held
    complaints = plans.complaints(choices, options)
    for complaint in complaints:
        terminal.say(complaint)
    if complaints:
        return REFUSED
    return 0 if held else FAILED


def _choices(plan: Plan | None) -> PlannedChoices | None:
    if plan is None:
        return None
    from simulator.faults.choices import PlannedChoices

    return PlannedChoices(plan)


def _check_name(name: str, limit: int) -> None:
    """Refuse before the lake is filled and the database started what StartExecution refuses."""
    from simulator.services.api import ServiceError
    from simulator.services.stepfunctions.names import check_name

    try:
        check_name(name, limit=limit)
    except ServiceError as error:
        raise UsageError(
            "--name", f"expected a name that Step Functions takes, got {name!r}: {error}"
        ) from None


def _check_input(value: Any, limit: int) -> None:
    """As for the name."""
    from simulator.services.api import ServiceError
    from simulator.services.stepfunctions.names import check_input

    try:
        check_input(json.dumps(value, ensure_ascii=False), limit=limit)
    except ServiceError as error:
        where, expected = "input", "expected one that Step Functions takes, got one that it refuses"
        raise UsageError(where, f"{expected}: {error}") from None


def check_history(file: Path | None) -> None:
    """Refuse before the run what would lose its result after it."""
    if file is not None and (file.is_dir() or not file.absolute().parent.is_dir()):
        raise UsageError("--history", f"expected a file in a folder that exists, got {str(file)!r}")


def _beginning(options: Namespace, settings: Project, plan: Plan | None) -> Beginning:
    """What options, plan and project say, in that order; no two of the first do at once."""
    last = state.last_run(settings.state_folder, hint=START_AFRESH) if options.goes_on else None
    given = options.name or (plan.name if plan else None)
    name = given or (last.next_name() if last else "run-1")
    if given is not None:
        quotas = project.figures(Quotas, settings, "quotas")
        _check_name(given, quotas.name_characters)
    if last is not None and name in last.executions:
        # in AWS's words, since a closed execution's name is not free for 90 days
        machine = settings.definition.name
        raise UsageError(
            "--name",
            f"expected a name that was not used, got {name!r}: ExecutionAlreadyExists: Execution "
            f"Already Exists: 'arn:aws:states:us-east-1:123456789012:execution:{machine}:{name}'",
            f"{last.next_name()!r} is free; a run without --continue starts afresh",
        )
    default = settings.input if plan is None or plan.input is None else plan.input
    value = execution_input(options.input, options.set, default)
    _check_input(value, project.figures(Quotas, settings, "quotas").state_data_bytes)
    seeds = [options.seed, plan.seed if plan else None, settings.run.seed]
    return Beginning(
        name=name,
        input=value,
        seed=next(seed for seed in seeds if seed is not None),
        start_time=options.start_time
        or (plan.start if plan else None)
        or (last.ended if last else settings.run.start_time),
        last=last,
    )


def _check_definition(settings: Project) -> None:
    """Refuse what AWS would refuse, with places in the template instead of the rendered text."""
    findings = project_findings(settings)
    errors = [str(one) for one in findings if one.diagnostic.severity == "ERROR"]
    if len(errors) > MAX_FINDINGS:
        # one wrong Next makes all that follows unreachable
        more = f"... {len(errors) - MAX_FINDINGS} more: python -m simulator validate"
        errors = [*errors[:MAX_FINDINGS], more]
    if errors:
        raise DefinitionRefused("\n".join(errors))


def _simulation(
    settings: Project, beginning: Beginning, choices: PlannedChoices | None
) -> Simulator:
    from simulator.simulator import Simulator

    last = beginning.last
    if last is not None and settings.warehouse is not None:
        status = last.cluster_status.get(settings.warehouse.cluster)
        # whatever was under way when the last run ended has long come to its end
        status = {"pausing": "paused", "resuming": "available"}.get(status or "", status)
        settings = with_cluster_status(settings, status)
    simulation = Simulator.from_project(
        settings,
        seed=beginning.seed,
        start_time=beginning.start_time,
        warehouse_state=last.warehouse if last else None,
        bucket_state=last.buckets if last else None,
        choices=choices,
        other_inputs=choices.plan.other_inputs if choices else (),
    )
    if choices is not None and simulation.definition_sha256 is not None:
        choices.plan.check_definition(simulation.definition_sha256)
    return simulation


def _keep(settings: Project, simulation: Simulator, beginning: Beginning) -> state.LastRun:
    """Leave what `query` and `--continue` need."""
    folder = settings.state_folder
    warehouse = state.new_folder(folder, "warehouse")
    simulation.save(warehouse)
    buckets = state.new_folder(folder, "buckets")
    _keep_buckets(simulation, beginning, buckets)
    used = beginning.last.executions if beginning.last else ()
    before = dict(beginning.last.cluster_status) if beginning.last else {}
    rendered = project.render(settings, account_id="0", region="-").text
    kept = state.LastRun(
        executions=(*used, *(one.name for one in simulation.executions)),
        ended_ms=simulation.world.scheduler.now_ms,
        cluster_status=before | _cluster_status(simulation),
        seed=beginning.seed,
        definition_sha256=hashlib.sha256(rendered.encode()).hexdigest(),
        # nothing is written where no warehouse was in use
        warehouse=warehouse if warehouse.is_dir() else None,
        buckets=buckets if buckets.is_dir() else None,
    )
    state.keep(folder, kept)
    return kept


def _keep_buckets(simulation: Simulator, beginning: Beginning, folder: Path) -> None:
    """What was written to, now and in the runs that this one goes on from."""
    from simulator.sql.loading.folders import copy

    before = beginning.last.buckets if beginning.last else None
    for other in before.iterdir() if before else ():
        if other.name not in simulation.written_buckets:
            copy(other, folder / other.name)
    if simulation.written_buckets:
        simulation.save_buckets(folder)


def _cluster_status(simulation: Simulator) -> dict[str, str]:
    """What each cluster that was paused or resumed came to."""
    entries = simulation.trace.of_kind("ClusterStatus")
    return {subject: status for _, _, subject, status in entries}
