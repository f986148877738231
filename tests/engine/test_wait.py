"""Wait in virtual time."""

from __future__ import annotations

from typing import Any

import pytest

# each entry into a state costs timing.transition_ms
TRANSITION_MS = 5


def _wait(**fields: Any) -> dict[str, Any]:
    return {"W": {"Type": "Wait", "End": True, **fields}}


@pytest.mark.parametrize(
    ("fields", "given", "waited_ms"),
    [
        ({"Seconds": 60}, {}, 60_000),
        ({"Seconds": 0}, {}, 0),
        ({"SecondsPath": "$.s"}, {"s": 3}, 3_000),
        # the clock starts at 2024-01-09T10:00:00Z
        ({"Timestamp": "2024-01-09T11:00:00Z"}, {}, 3_600_000 - TRANSITION_MS),
        ({"Timestamp": "2016-03-14T01:59:00Z"}, {}, 0),
        ({"TimestampPath": "$.at"}, {"at": "2024-01-09T20:00:01.500+10:00"}, 1_500 - TRANSITION_MS),
    ],
)
def test_a_wait_takes_its_virtual_time(lab: Any, fields: Any, given: Any, waited_ms: int) -> None:
    run = lab.run(_wait(**fields), given)
    assert run.execution.status == "SUCCEEDED"
    assert run.elapsed_ms == TRANSITION_MS + waited_ms
    assert run.types[1:3] == ["WaitStateEntered", "WaitStateExited"]


# AWS recorded this in test_base_wait_seconds_path[1.5], test_wait_timestamp_path[INVALID_DATE]
@pytest.mark.parametrize(
    ("fields", "given", "cause"),
    [
        (
            {"SecondsPath": "$.s"},
            {"s": 1.5},
            "The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5",
        ),
        # a float as Java's Double.toString writes it; not recorded
        (
            {"SecondsPath": "$.s"},
            {"s": 15000000000.5},
            "The SecondsPath parameter cannot be parsed as a long value: $.s == 1.50000000005E10",
        ),
        (
            {"TimestampPath": "$.t"},
            {"t": "2016-13-05T21:29:29Z"},
            (
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset "
                "date-time format string: $.t == 2016-13-05T21:29:29Z"
            ),
        ),
        ({"TimestampPath": "$.t"}, {"t": "2094-12-13T13:45:28Z"}, "Wait state delay is too long."),
    ],
)
def test_a_bad_wait_fails_at_run_time(lab: Any, fields: Any, given: Any, cause: str) -> None:
    run = lab.run(_wait(**fields), given)
    assert run.execution.error == "States.Runtime"
    assert run.execution.cause == (
        f"An error occurred while executing the state 'W' (entered at the event id #2). {cause}"
    )
