"""A definition as frozen data: one class for each kind of state, AWS's field names in snake case.

The parser makes these from text that the validator accepted; the engine compiles them. Paths,
templates and intrinsic calls are still text here: `asl.paths`, `asl.templates` compile them.
A path field is "$" by default and None where the definition says null.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

JSON: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Retrier:
    """One entry of Retry. `max_attempts` counts retries, not tries: 0 means never retry."""

    error_equals: tuple[str, ...]
    interval_seconds: int = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_seconds: int | None = None
    jitter_strategy: str = "NONE"


@dataclass(frozen=True, slots=True)
class Catcher:
    """One entry of Catch."""

    error_equals: tuple[str, ...]
    next: str
    result_path: str | None = "$"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A data test: `operator` is AWS's without a `Path` suffix; `is_path`: `expected` is a path."""

    variable: str
    operator: str
    expected: JSON
    is_path: bool = False


@dataclass(frozen=True, slots=True)
class And:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Or:
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    rule: Rule


Rule: TypeAlias = Comparison | And | Or | Not


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """A top-level entry of Choices."""

    rule: Rule
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFields:
    """What every kind of state has. `next` is None where the state ends its branch (`End`)."""

    name: str
    # where the state stands in AWS's notation, such as "/States/P/Branches[0]/States/A"
    pointer: str
    comment: str | None = None
    input_path: str | None = "$"
    output_path: str | None = "$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(StateFields):
    next: str | None = None
    parameters: JSON = None
    has_parameters: bool = False
    result: JSON = None
    has_result: bool = False
    result_path: str | None = "$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(StateFields):
    resource: str
    next: str | None = None
    parameters: JSON = None
    has_parameters: bool = False
    result_selector: JSON = None
    has_result_selector: bool = False
    result_path: str | None = "$"
    timeout_seconds: int | None = None
    timeout_seconds_path: str | None = None
    heartbeat_seconds: int | None = None
    heartbeat_seconds_path: str | None = None
    credentials: JSON = None
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(StateFields):
    choices: tuple[ChoiceRule, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(StateFields):
    next: str | None = None
    seconds: int | None = None
    seconds_path: str | None = None
    timestamp: str | None = None
    timestamp_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed(StateFields):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(StateFields):
    error: str | None = None
    # a reference path or an intrinsic call
    error_path: str | None = None
    cause: str | None = None
    cause_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(StateFields):
    branches: tuple[Flow, ...]
    next: str | None = None
    parameters: JSON = None
    has_parameters: bool = False
    result_selector: JSON = None
    has_result_selector: bool = False
    result_path: str | None = "$"
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(StateFields):
    """An inline Map. `item_selector` also holds the older `Parameters`."""

    processor: Flow
    next: str | None = None
    items_path: str | None = "$"
    item_selector: JSON = None
    has_item_selector: bool = False
    max_concurrency: int = 0
    max_concurrency_path: str | None = None
    result_selector: JSON = None
    has_result_selector: bool = False
    result_path: str | None = "$"
    tolerated_failure_count: int | None = None
    tolerated_failure_percentage: float | None = None
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


State: TypeAlias = Pass | Task | Choice | Wait | Succeed | Fail | Parallel | Map


@dataclass(frozen=True, slots=True)
class Flow:
    """States that run one after another: a whole definition, a branch, a Map's processor."""

    start_at: str
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True)
class Definition:
    """A whole state machine. `source` is its text as it came; `raw` the same as parsed JSON."""

    flow: Flow
    source: str
    raw: Mapping[str, JSON]
    comment: str | None = None
    timeout_seconds: int | None = None
    version: str = "1.0"
    not_modelled: tuple[str, ...] = field(default=())
