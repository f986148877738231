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
    assign: JSON = None
    output: JSON = None
    has_output: bool = False


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
    """A top-level entry of Choices: a rule, or in JSONata the text of a condition."""

    rule: Rule | None
    next: str
    condition: JSON = None
    assign: JSON = None
    output: JSON = None
    has_output: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFields:
    """What every kind of state has. `next` is None where the state ends its branch (`End`).

    `assign` is None where there is no Assign. In a JSONata state the path fields keep their
    defaults, `parameters` holds Arguments, and a number may be the text of an expression.
    """

    name: str
    # where the state stands in AWS's notation, such as "/States/P/Branches[0]/States/A"
    pointer: str
    comment: str | None = None
    input_path: str | None = "$"
    output_path: str | None = "$"
    query_language: str = "JSONPath"
    assign: JSON = None
    output: JSON = None
    has_output: bool = False

    @property
    def is_jsonata(self) -> bool:
        return self.query_language == "JSONata"


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
    timeout_seconds: int | str | None = None
    timeout_seconds_path: str | None = None
    heartbeat_seconds: int | str | None = None
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
    seconds: int | str | None = None
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


@dataclass(frozen=True, slots=True)
class ItemReader:
    """Where a distributed Map reads its items; `config` is ReaderConfig as written."""

    resource: str
    parameters: JSON = None
    has_parameters: bool = False
    config: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResultWriter:
    """Where a distributed Map writes its results; `config` is WriterConfig as written."""

    resource: str | None = None
    parameters: JSON = None
    config: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(StateFields):
    """A Map. `item_selector` also holds the older `Parameters`; `items` is JSONata's Items.

    A distributed one (`mode`) runs its processor in child executions of `execution_type`.
    """

    processor: Flow
    next: str | None = None
    mode: str = "INLINE"
    execution_type: str = "STANDARD"
    items_path: str | None = "$"
    items: JSON = None
    has_items: bool = False
    item_reader: ItemReader | None = None
    item_selector: JSON = None
    has_item_selector: bool = False
    item_batcher: Mapping[str, JSON] | None = None
    result_writer: ResultWriter | None = None
    label: str | None = None
    max_concurrency: int | str = 0
    max_concurrency_path: str | None = None
    result_selector: JSON = None
    has_result_selector: bool = False
    result_path: str | None = "$"
    tolerated_failure_count: int | str | None = None
    tolerated_failure_count_path: str | None = None
    tolerated_failure_percentage: float | str | None = None
    tolerated_failure_percentage_path: str | None = None
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
