"""An operator's moves: each does to a simulation what it says, at the event that it is asked at."""

from __future__ import annotations

import pytest

from simulator import Simulator
from simulator.faults.choices import PlannedChoices
from simulator.faults.plan import Fault, Plan

MACHINE = {
    "StartAt": "First",
    "States": {
        "First": {"Type": "Pass", "Next": "Pause"},
        "Pause": {"Type": "Wait", "Seconds": 60, "Next": "Last"},
        "Last": {"Type": "Pass", "End": True},
    },
}


def move(outcome: str, after: str, occurrence: int = 1) -> Fault:
    return Fault("operator", f"after {after}", outcome, occurrence)


@pytest.fixture
def played():
    """Play a machine under operator moves: the simulation, run to its end."""
    made = []

    def played(*faults: Fault, machine=MACHINE, other_inputs=(), value=None, prepare=None):
        choices = PlannedChoices(Plan(faults=faults))
        simulator = Simulator(choices=choices, other_inputs=other_inputs)
        made.append(simulator)
        if prepare is not None:
            prepare(simulator)
        simulator.create_state_machine(machine)
        simulator.start(value)
        simulator.run()
        choices.check()
        return simulator

    yield played
    for simulator in made:
        simulator.close()


def ends(simulator: Simulator) -> list[tuple[str, str, float]]:
    return [(one.name, one.status, one.virtual_seconds) for one in simulator.executions]


def asked(simulator: Simulator) -> list[str]:
    choices = simulator.world.choices
    assert isinstance(choices, PlannedChoices)
    return [place.subject for place in choices.asked if place.kind == "operator"]


def test_the_operator_is_asked_between_any_two_states(played):
    assert asked(played()) == [
        "after ExecutionStarted run-1",
        "after PassStateExited run-1/First",
        "after WaitStateEntered run-1/Pause",
        "after WaitStateExited run-1/Pause",
        "after ExecutionSucceeded run-1",
    ]


def test_a_run_without_a_source_of_choice_asks_nobody():
    with Simulator() as simulator:
        simulator.create_state_machine(MACHINE)
        simulator.start()
        simulator.run()
        assert simulator.world.scheduler.after_action is None
        assert simulator.trace.of_kind("Choice") == []


def test_stop_aborts_the_execution_at_that_event(played):
    simulator = played(move("stop", "WaitStateEntered run-1/Pause"))
    (execution,) = simulator.executions
    assert execution.status == "ABORTED"
    assert execution.virtual_seconds < 1
    assert execution.history()[-1]["type"] == "ExecutionAborted"
    # nothing was left to do an hour on either
    assert simulator.now == execution.stop


def test_time_out_ends_the_execution_timed_out(played):
    simulator = played(move("time_out", "PassStateExited run-1/First"))
    (execution,) = simulator.executions
    assert execution.status == "TIMED_OUT"
    assert [event["type"] for event in execution.history()] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionTimedOut",
    ]


def test_start_again_starts_a_second_one_of_the_same_input_beside_the_first(played):
    simulator = played(
        move("start_again", "WaitStateEntered run-1/Pause"), value={"day": "2024-01-05"}
    )
    first, second = simulator.executions
    assert [first.name, second.name] == ["run-1", "run-2"]
    assert first.status == second.status == "SUCCEEDED"
    assert second.input == {"day": "2024-01-05"}
    assert first.start < second.start < first.stop


def test_two_moves_may_follow_one_event(played):
    simulator = played(
        move("stop", "WaitStateEntered run-1/Pause"),
        move("start_again", "ExecutionAborted run-1"),
        move("stop", "ExecutionStarted run-2"),
        move("start_again", "ExecutionAborted run-2"),
    )
    assert [(name, status) for name, status, _ in ends(simulator)] == [
        ("run-1", "ABORTED"),
        ("run-2", "ABORTED"),
        ("run-3", "SUCCEEDED"),
    ]
    assert simulator.executions[0].stop == simulator.executions[2].start


def test_start_other_date_takes_the_declared_inputs_in_turn(played):
    simulator = played(
        move("start_other_date", "PassStateExited run-1/First"),
        move("start_other_date", "ExecutionSucceeded run-1"),
        value={"day": 1},
        other_inputs=[{"day": 2}, {"day": 3}],
    )
    assert [one.input for one in simulator.executions] == [{"day": 1}, {"day": 2}, {"day": 3}]
    # none is left, so none is offered any more
    offers = list(simulator.world.choices.asked.values())
    assert "start_other_date" in offers[0]
    assert "start_other_date" not in offers[-1]


def test_a_move_on_an_event_of_the_second_execution_means_that_one(played):
    simulator = played(
        move("start_again", "WaitStateEntered run-1/Pause"),
        move("stop", "WaitStateEntered run-2/Pause"),
    )
    assert [(name, status) for name, status, _ in ends(simulator)] == [
        ("run-1", "SUCCEEDED"),
        ("run-2", "ABORTED"),
    ]


def test_redrive_goes_on_where_the_execution_was_stopped(played):
    simulator = played(
        move("stop", "WaitStateEntered run-1/Pause"), move("redrive", "ExecutionAborted run-1")
    )
    (execution,) = simulator.executions
    assert execution.status == "SUCCEEDED"
    types = [event["type"] for event in execution.history()]
    assert types.count("ExecutionRedriven") == 1
    assert types.count("PassStateEntered") == 2


def test_only_what_is_possible_is_offered(played):
    simulator = played(move("stop", "WaitStateEntered run-1/Pause"))
    offers = {place.subject: options for place, options in simulator.world.choices.asked.items()}
    assert offers["after ExecutionStarted run-1"] == ("none", "stop", "time_out", "start_again")
    assert offers["after ExecutionAborted run-1"] == ("none", "start_again", "redrive")


def submitting(operation: str, **parameters) -> dict:
    """A machine that hands SQL to the Data API, under the name "one"."""
    connection = {"ClusterIdentifier": "w", "Database": "dev", "DbUser": "awsuser"}
    return {
        "StartAt": "Submit",
        "States": {
            "Submit": {
                "Type": "Task",
                "Resource": f"arn:aws:states:::aws-sdk:redshiftdata:{operation}",
                "Parameters": {**connection, "StatementName": "one", **parameters},
                "End": True,
            }
        },
    }


def test_statements_are_places_by_name_status_and_part(played):
    machine = submitting("batchExecuteStatement", Sqls=["SELECT 1", "SELECT 2"])
    places = [place for place in asked(played(machine=machine)) if "Statement" in place]
    assert places == [
        # the call itself succeeded and was left in the same action
        "after StatementStatus one PICKED",
        "after StatementStatus one:1 STARTED",
        "after StatementStatus one:1 FINISHED",
        "after StatementStatus one:2 STARTED",
        "after StatementStatus one FINISHED",
    ]


def test_pause_cluster_pauses_it_and_ends_what_runs_there(played):
    machine = submitting("executeStatement", Sql="SELECT 1")
    simulator = played(move("pause_cluster", "StatementStatus one STARTED"), machine=machine)
    (statement,) = simulator.statements
    assert statement.status == "FAILED"
    assert statement.error.endswith("terminating connection due to administrator command")
    cluster = simulator.client("redshift").describe_clusters()["Clusters"][0]
    assert cluster["ClusterStatus"] == "paused"
    assert "after ClusterStatus w paused" in asked(simulator)


def test_a_source_of_choice_that_never_rests_is_stopped_by_name():
    class Restless:
        def pick(self, place, options):
            return "start_again" if place.kind == "operator" else options[0]

    with Simulator(choices=Restless()) as simulator:
        simulator.create_state_machine(MACHINE)
        simulator.start()
        with pytest.raises(RuntimeError, match="at most 20 moves at one moment"):
            simulator.run()


def test_a_query_from_outside_is_no_place_for_an_operator(played):
    simulator = played()
    before = len(asked(simulator))
    assert list(simulator.query("SELECT 1").rows) == [(1,)]
    assert len(asked(simulator)) == before
