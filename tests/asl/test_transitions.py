"""States of a machine; what is said of their ways stands in test_validator.py."""

from __future__ import annotations

from simulator.asl.transitions import caught_errors, state_names

END = {"Type": "Pass", "End": True}


def test_the_states_of_branches_and_item_processors_count():
    machine = {
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "A", "States": {"A": END}},
                    {"StartAt": "M", "States": {"M": {"Iterator": {"States": {"B": END}}}}},
                ],
            },
            "N": {"Type": "Map", "ItemProcessor": {"StartAt": "C", "States": {"C": END}}},
        },
    }
    assert sorted(state_names(machine)) == ["A", "B", "C", "M", "N", "P"]


def test_the_errors_that_each_state_catches_are_in_the_catchers_order():
    inner = {"A": {**END, "Catch": [{"ErrorEquals": ["E", "F"]}, {"ErrorEquals": ["States.ALL"]}]}}
    machine = {"States": {"P": {"Branches": [{"States": inner}]}, "Q": END}}
    assert caught_errors(machine) == {"A": [["E", "F"], ["States.ALL"]]}
