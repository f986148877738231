"""AWS's quotas that an execution can run into, all settable (developer guide, "Service quotas")."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Quotas:
    """What AWS allows. Raise one to measure or to try what AWS would refuse."""

    # the event that reaches it is ExecutionFailed, unless it is ExecutionSucceeded
    # (developer guide, "Avoid reaching the history quota")
    history_events: int = 25_000
    # input, output or result of a state, task or execution, as UTF-8 JSON text
    state_data_bytes: int = 262_144
    definition_bytes: int = 1_048_576
    name_characters: int = 80
    # iterations of an inline Map at once ("Using Map state in Inline mode")
    map_concurrency: int = 40
    # child executions of a Map Run at once ("Using Map state in Distributed mode": 10,000)
    map_run_concurrency: int = 10_000
    standard_seconds: int = 31_536_000
    express_seconds: int = 300
    # how long after its end an execution can be redriven
    redrivable_days: int = 14

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or value < 1:
                raise ValueError(f"quotas.{field.name}: expected an integer >= 1, got {value!r}")
