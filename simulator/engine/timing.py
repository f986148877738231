"""The timing model: what each thing costs in virtual time. A model, not a fact: all settings."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StatementTiming:
    """What a SQL statement takes on the warehouse, in milliseconds: a base for its kind, a part for
    each row that it reads or writes, and a share of noise from the seed."""

    base_ms: int = 250
    # by the statement's first keyword, such as {"COPY": 2000}
    base_by_kind_ms: dict[str, int] = field(
        default_factory=lambda: {
            "CREATE": 120,
            "DROP": 120,
            "COPY": 1500,
            "CALL": 500,
            "ANALYZE": 800,
        }
    )
    per_row_us: int = 20
    noise: float = 0.2


@dataclass(frozen=True, slots=True)
class Timing:
    """All figures in virtual milliseconds. Transitions, invocations and API calls cost at least 1,
    or a loop without a Wait would never reach its timeout."""

    transition_ms: int = 5
    api_call_ms: int = 40
    lambda_cold_start_ms: int = 350
    lambda_overhead_ms: int = 15
    # an idle Lambda environment is reused within this time
    lambda_idle_ms: int = 600_000
    statement_submitted_ms: int = 100
    statement_picked_ms: int = 200
    statement: StatementTiming = field(default_factory=StatementTiming)
    cluster_pause_ms: int = 300_000
    cluster_resume_ms: int = 420_000
    cluster_reboot_ms: int = 180_000
    # of an elastic resize the Management Guide says 10 to 15 minutes
    cluster_resize_ms: int = 720_000
    # from an execution's change of status to the call of a rule's target
    event_delivery_ms: int = 500

    def __post_init__(self) -> None:
        for name in ("transition_ms", "api_call_ms", "lambda_overhead_ms"):
            if getattr(self, name) < 1:
                raise ValueError(f"timing.{name}: expected at least 1, got {getattr(self, name)!r}")
