"""Start an execution on the target and hear its events as they come."""

from __future__ import annotations

import json

# names nobody has used, outside of any simulation
import secrets  # noqa: TID251

# an execution is followed in real time
import time  # noqa: TID251
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from simulator.deployment.errors import DeploymentError
from simulator.deployment.stack import Stack
from simulator.report.visits import ENDS

# between two looks; an execution of minutes or hours is worth no more of the API's quota
_FIRST_LOOK_SECONDS, _LONGEST_LOOK_SECONDS = 0.2, 3.0
_PAGE = 200


def new_name() -> str:
    """A name that no execution of the machine has had: now, and four letters."""
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")  # noqa: TID251
    return f"manual-{now}-{secrets.token_hex(2)}"


def start(states: Any, stack: Stack, name: str, value: Any) -> str:
    """Start an execution through the alias; its ARN. Raises `DeploymentError` for a taken name."""
    text = json.dumps({} if value is None else value)
    try:
        answer = states.start_execution(stateMachineArn=stack.alias_arn, name=name, input=text)
    except states.exceptions.ExecutionAlreadyExists:
        raise DeploymentError(
            "--name",
            f"expected a name that was not used in 90 days, got {name!r}",
            "leave it out for a new one, or --follow it",
        ) from None
    return str(answer["executionArn"])


def find(states: Any, stack: Stack, name: str) -> str:
    """The ARN of the execution of that name. Raises `DeploymentError` where there is none."""
    arn = f"{stack.state_machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
    try:
        states.describe_execution(executionArn=arn)
    except (states.exceptions.ExecutionDoesNotExist, states.exceptions.InvalidArn):
        raise DeploymentError(
            "--follow", f"expected an execution's name of the last 90 days, got {name!r}"
        ) from None
    return arn


def history(states: Any, arn: str) -> list[dict[str, Any]]:
    """All events so far, oldest first."""
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event for page in pages for event in page["events"]]


def news(states: Any, arn: str) -> Iterator[Sequence[dict[str, Any]]]:
    """The events that are new at each look, until the execution has ended; at times none.

    Newest first, as far back as they aren't known: a look costs one call, however long the history.
    """
    last_id = 0
    pause = _FIRST_LOOK_SECONDS
    while True:
        events = list(_since(states, arn, last_id))
        events.reverse()
        yield events
        if events:
            last_id = events[-1]["id"]
            pause = _FIRST_LOOK_SECONDS
            if events[-1]["type"] in ENDS:
                return
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_LOOK_SECONDS)


def _since(states: Any, arn: str, last_id: int) -> Iterator[dict[str, Any]]:
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=arn, reverseOrder=True, PaginationConfig={"PageSize": _PAGE}
    )
    for page in pages:
        for event in page["events"]:
            if event["id"] <= last_id:
                return
            yield event
