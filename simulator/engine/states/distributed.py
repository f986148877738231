"""Map, distributed: items from the input or from S3, each batch of them a child execution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.asl import model
from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.model import JSON
from simulator.engine.batches import batched
from simulator.engine.branch import Branch
from simulator.engine.contexts import place_of
from simulator.engine.dataflow import NO_CONTEXT, compile_fields, compile_filter, mentions_context
from simulator.engine.machine import Machine
from simulator.engine.map_run import ChildExecution, Input, Limits, MapRun
from simulator.engine.ports import (
    ChildResult,
    ItemsRequest,
    ResultsRequest,
    TaskFailure,
    Written,
)
from simulator.engine.ports import Items as ReadItems
from simulator.engine.results import transformed
from simulator.engine.sizes import compact_json, size_of
from simulator.engine.states.fork import ForkStep
from simulator.engine.states.map_fields import Items, Tolerance, as_concurrency, concurrency_of
from simulator.engine.states.numbers import Number
from simulator.engine.step import Step
from simulator.engine.trace import BranchId

THRESHOLD = "States.ExceedToleratedFailureThreshold"
_THRESHOLD_CAUSE = "The specified tolerated failure threshold was exceeded"
_READER = "States.ItemReaderFailed"


class DistributedMapStep(ForkStep):
    """A distributed Map. `selector` makes an item's value; `reader`, `writer` and `batch_input`
    are the compiled parameters of ItemReader, ResultWriter and BatchInput."""

    __slots__ = (
        "batch_input",
        "concurrency",
        "filter",
        "items",
        "max_items",
        "needs_context",
        "per_batch",
        "per_batch_bytes",
        "processor",
        "reader",
        "selector",
        "state",
        "tolerance",
        "writer",
    )

    def __init__(self, state: model.Map, processor: Step) -> None:
        super().__init__("Map", state)
        self.state = state
        self.processor = processor
        reader, writer, batcher = state.item_reader, state.result_writer, state.item_batcher or {}
        config = reader.config if reader is not None else {}
        is_jsonata = state.is_jsonata
        self.filter = compile_filter(state.input_path)
        self.items = Items(state)
        self.selector = compile_fields(
            state.item_selector,
            "ItemSelector",
            is_present=state.has_item_selector,
            is_jsonata=is_jsonata,
        )
        parameters = "Arguments" if is_jsonata else "Parameters"
        self.reader = None
        if reader is not None:
            self.reader = compile_fields(
                reader.parameters,
                f"ItemReader/{parameters}",
                is_present=reader.has_parameters,
                is_jsonata=is_jsonata,
            )
        self.writer = None
        if writer is not None:
            self.writer = compile_fields(
                writer.parameters,
                f"ResultWriter/{parameters}",
                is_present=writer.parameters is not None,
                is_jsonata=is_jsonata,
            )
        self.batch_input = compile_fields(
            batcher.get("BatchInput"),
            "ItemBatcher/BatchInput",
            is_present="BatchInput" in batcher,
            is_jsonata=is_jsonata,
        )
        self.max_items = Number.of(config, "MaxItems", "ItemReader/ReaderConfig")
        self.per_batch = Number.of(batcher, "MaxItemsPerBatch", "ItemBatcher")
        self.per_batch_bytes = Number.of(batcher, "MaxInputBytesPerBatch", "ItemBatcher")
        self.concurrency = concurrency_of(state)
        self.tolerance = Tolerance(state)
        self.needs_context = is_jsonata or mentions_context(
            state.input_path,
            state.items_path,
            state.item_selector if state.has_item_selector else None,
            reader.parameters if reader is not None else None,
            writer.parameters if writer is not None else None,
            batcher.get("BatchInput"),
            *(one.path for one in self._numbers),
        )

    @property
    def _numbers(self) -> tuple[Number, ...]:
        return (
            self.max_items,
            self.per_batch,
            self.per_batch_bytes,
            self.concurrency,
            *self.tolerance.numbers,
        )

    def begin(self, branch: Branch) -> None:
        context = branch.context(self) if self.needs_context else NO_CONTEXT
        value = branch.value if self.filter is None else self.filter(branch.value, context)
        items = None
        if self.state.item_reader is None:
            items = self.items.found(value, context)
        length = 0 if items is None else len(items)
        branch.emit("MapStateStarted", (self.name, length, branch.failed_by))
        most = branch.execution.quotas.map_run_concurrency
        count, percentage = self.tolerance.found(value, context)
        limits = Limits(
            max_concurrency=min(as_concurrency(self.concurrency, value, context) or most, most),
            tolerated_count=count,
            tolerated_percentage=percentage,
        )
        entry = MapEntry(branch, self, value, context, limits)
        branch.emit("MapRunStarted", entry.run.arn)
        branch.execution.map_run_started(entry.run)
        entry.read(items)


class MapEntry:
    """One entry into a distributed Map: reads, runs, writes, leaves; what `branch.doing` holds."""

    def __init__(
        self,
        branch: Branch,
        step: DistributedMapStep,
        value: JSON,
        context: ContextObject,
        limits: Limits,
    ) -> None:
        self.branch = branch
        self.step = step
        self.value = value
        self.context = context
        self.is_open = True
        self.has_items = False
        execution = branch.execution
        identity = execution.identity
        place = place_of(branch.id, step)
        label = step.state.label or identity.uuid("map-label", place, 1)
        prefix = execution.state_machine_arn.partition("/")[0]
        name = identity.uuid("map-run", place)
        self.run = MapRun(
            execution,
            Machine(execution.machine.definition, step.processor, None),
            arn=f"{prefix.replace(':stateMachine:', ':mapRun:', 1)}/{label}:{name}",
            label=label,
            is_express=step.state.execution_type == "EXPRESS",
            limits=limits,
            ended=self._ended,
        )
        branch.doing = branch.forked = self

    # -- the items ----------------------------------------------------------------------------

    def read(self, items: list[JSON] | None) -> None:
        """Begin with these items, or with those that ItemReader gives."""
        self._guarded(self._read, items)

    def _guarded(self, action: Callable[..., None], *arguments: Any) -> None:
        """An error of the state's own fields ends the run as well."""
        try:
            action(*arguments)
        except StatesError:
            if self.is_open:
                self.is_open = False
                self.run.end("FAILED")
            raise

    def _go_on(self, action: Callable[..., None], *arguments: Any) -> None:
        self.branch.resume(self._guarded, action, *arguments)

    def _read(self, items: list[JSON] | None) -> None:
        if items is not None:
            self._begin(items)
            return
        step = self.step
        reader = step.state.item_reader
        assert reader is not None
        config = {key: member for key, member in reader.config.items() if key != "MaxItemsPath"}
        most = _integer(step.max_items, self.value, self.context)
        if most is not None and most <= 0:
            self._fail(_READER, "field MaxItems must be positive")
            return
        config["MaxItems"] = most
        parameters = {} if step.reader is None else step.reader(self.value, self.context)
        execution = self.branch.execution
        request = ItemsRequest(reader.resource, parameters, config, step.name, execution.arn)
        execution.tasks.read_items(request, self._hear_items)

    def _hear_items(self, outcome: ReadItems | TaskFailure) -> None:
        if not self.is_open:
            return
        if isinstance(outcome, TaskFailure):
            self._go_on(self._fail, outcome.error, outcome.cause)
        else:
            self._go_on(self._begin, outcome.values)

    def _begin(self, items: list[JSON]) -> None:
        step = self.step
        if step.selector is not None:
            items = [self._selected(index, item) for index, item in enumerate(items)]
        inputs = [Input(item) for item in items]
        if step.state.item_batcher is not None:
            inputs = batched(
                items,
                most_items=self._batch_limit(step.per_batch),
                most_bytes=self._batch_limit(step.per_batch_bytes),
                batch_input=(
                    None if step.batch_input is None else step.batch_input(self.value, self.context)
                ),
                has_batch_input=step.batch_input is not None,
            )
        self.has_items = True
        self.run.begin(inputs)

    def _batch_limit(self, number: Number) -> int | None:
        found = _integer(number, self.value, self.context)
        if found is not None and found <= 0:
            # ASL: "MUST be a positive integer"; the words are those recorded for MaxItems
            field = number.place.rpartition("/")[2]
            raise StatesError("States.Runtime", f"field {field} must be positive")
        return found

    def _selected(self, index: int, item: JSON) -> JSON:
        step = self.step
        assert step.selector is not None
        context = self.context
        if step.needs_context:
            context = self.branch.context(step, (index, item))
        return step.selector(self.value, context)

    # -- the end ------------------------------------------------------------------------------

    def _ended(self) -> None:
        """No child execution runs any more."""
        if self.is_open:
            self._go_on(self._write)

    def _write(self) -> None:
        step = self.step
        writer = step.state.result_writer
        if writer is None or writer.resource is None or step.writer is None:
            self._finish(None)
            return
        execution = self.branch.execution
        request = ResultsRequest(
            writer.resource,
            step.writer(self.value, self.context),
            writer.config,
            self.run.arn,
            self._results(),
            step.name,
            execution.arn,
        )
        execution.tasks.write_results(request, self._hear_written)

    def _results(self) -> list[ChildResult]:
        return [ChildResult(shown(child)) for child in self.run.children if child is not None]

    def _hear_written(self, outcome: Written | TaskFailure) -> None:
        if self.is_open:
            self._go_on(self._finish, outcome)

    def _finish(self, outcome: Written | TaskFailure | None) -> None:
        if isinstance(outcome, TaskFailure):
            self._fail(outcome.error, outcome.cause)
            return
        if self.run.has_failed:
            self._fail(THRESHOLD, _THRESHOLD_CAUSE)
            return
        self.is_open = False
        self.run.end("SUCCEEDED")
        branch, step = self.branch, self.step
        branch.emit("MapRunSucceeded")
        branch.emit("MapStateSucceeded", (step.name, None))
        writer = step.state.result_writer
        if writer is None and self.run.all_succeeded:
            result: Any = self.run.outputs()
        else:
            kind = "COMPACT" if writer is None else writer.config.get("Transformation", "NONE")
            result = transformed(self._results(), kind)
        if outcome is not None:
            result = {
                "MapRunArn": self.run.arn,
                "ResultWriterDetails": dict(outcome.details),
            }
        step.result.leave(branch, result, size_of(result))

    def _fail(self, error: str | None, cause: str | None) -> None:
        self.is_open = False
        self.run.stop_children()
        self.run.end("FAILED")
        self.branch.emit("MapRunFailed", (error, cause))
        # the branch itself: the Failed event of the Map follows that of its run
        self.branch.fail(error, cause, by=self.branch.id)

    def abort(self, *, by: BranchId | None) -> None:
        """Nobody waits any more: the child executions are stopped."""
        if not self.is_open:
            return
        self.is_open = False
        self.run.abort()
        if by is not None:
            self.branch.emit("MapRunAborted")

    def redrive(self) -> None:
        """Go on with the items whose child executions did not succeed."""
        self.is_open = True
        if not self.has_items:
            self.step.begin(self.branch)
            return
        self.branch.emit("MapRunRedriven", (self.run.arn, self.run.redrive_count + 1))
        self.run.redrive()


def shown(child: ChildExecution) -> dict[str, Any]:
    """A child execution as a result file shows it."""
    members: dict[str, Any] = {
        "ExecutionArn": child.arn,
        "Input": child.input_text,
        "InputDetails": {"Included": True},
        "Name": child.name,
    }
    if child.output_text is not None:
        members |= {"Output": child.output_text, "OutputDetails": {"Included": True}}
    if child.error is not None:
        members["Error"] = child.error
    if child.cause is not None:
        members["Cause"] = child.cause
    members |= {
        "StartDate": child.timestamp(child.start_ms),
        "StateMachineArn": child.state_machine_arn,
        "Status": child.status,
    }
    if child.stop_ms is not None:
        members["StopDate"] = child.timestamp(child.stop_ms)
    return members


def _integer(number: Number, value: JSON, context: ContextObject) -> int | None:
    """A count that AWS also takes as text (recorded: MaxItemsPath that finds "2")."""
    found = number.value(value, context)
    if type(found) is str:
        try:
            return int(found)
        except ValueError:
            pass
    if found is None or type(found) is int:
        return found
    raise StatesError(
        "States.Runtime",
        f"The {number.place} field refers to value '{compact_json(found)}' which "
        "is not a valid integer",
    )


def compile_distributed(state: model.Map, processor: Step) -> Step:
    """Compile a distributed Map whose processor is compiled."""
    return DistributedMapStep(state, processor)
