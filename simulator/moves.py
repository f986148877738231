"""What an operator can do to a simulation at a moment, and does when told: `faults.operator` asks.

Each move is what a person does in AWS's console: an operation of Step Functions or of Redshift.
The one that isn't, `time_out`, stands for a TimeoutSeconds that passes just then.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from simulator.engine.execution import Execution
from simulator.services.api import Caller

REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")


class OperatorMoves:
    """Called with the ARN of the execution that the last event belongs to, or None: that one is
    meant, or where it can't be, the first that can. Only what is possible now is offered.

    `other_inputs` are what `start_other_date` starts, one after another.
    """

    def __init__(
        self,
        services: Mapping[str, Any],
        clusters: Callable[[], Collection[str]],
        caller: Caller,
        other_inputs: Sequence[Any] = (),
    ) -> None:
        self._services = services
        self._clusters = clusters
        self._caller = caller
        self._other_inputs = list(other_inputs)

    def __call__(self, arn: str | None) -> dict[str, Callable[[], None]]:
        executions = self._services["stepfunctions"].executions
        moves: dict[str, Callable[[], None]] = {}
        running = _meant(arn, [one for one in executions if one.is_running])
        if running is not None:
            moves["stop"] = lambda: self._stop(running)
            moves["time_out"] = running.time_out
        for cluster in self._clusters():
            if self._services["redshift"].is_available(cluster):
                moves["pause_cluster"] = functools.partial(self._pause, cluster)
                break
        model = _meant(arn, executions)
        if model is not None:
            moves["start_again"] = lambda: self._start(model, model.input_text)
            if self._other_inputs:
                moves["start_other_date"] = lambda: self._start(
                    model, json.dumps(self._other_inputs.pop(0))
                )
        ended = _meant(arn, [one for one in reversed(executions) if self._is_redrivable(one)])
        if ended is not None:
            moves["redrive"] = lambda: self._redrive(ended)
        return moves

    def _stop(self, execution: Execution) -> None:
        self._ask("stop_execution", executionArn=execution.arn)

    def _start(self, model: Execution, input_text: str) -> None:
        names = [one.name for one in self._services["stepfunctions"].executions]
        self._ask(
            "start_execution",
            stateMachineArn=model.state_machine_arn,
            name=next_name(model.name, names),
            input=input_text,
        )

    def _redrive(self, execution: Execution) -> None:
        self._ask("redrive_execution", executionArn=execution.arn)

    def _is_redrivable(self, execution: Execution) -> bool:
        if execution.status not in REDRIVABLE or execution.is_express:
            return False
        # Step Functions itself knows the rest, such as how long ago it ended
        shown = self._ask(
            "describe_execution", executionArn=execution.arn, includedData="METADATA_ONLY"
        )
        return bool(shown["redriveStatus"] == "REDRIVABLE")

    def _pause(self, cluster: str) -> None:
        self._services["redshift"].pause_cluster({"ClusterIdentifier": cluster}, self._caller)

    def _ask(self, operation: str, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(self._services["stepfunctions"], operation)(
            request, self._caller
        )
        return answer


def next_name(name: str, used: Collection[str]) -> str:
    """The next free name after one: run-2 after run-1, night-2 after night."""
    found = re.fullmatch(r"(.*?)-([0-9]{1,9})", name)
    stem, number = (found[1], int(found[2])) if found else (name, 1)
    while name in used:
        number += 1
        name = f"{stem}-{number}"
    return name


def _meant(arn: str | None, among: Sequence[Execution]) -> Execution | None:
    for one in among:
        if one.arn == arn:
            return one
    return among[0] if among else None
