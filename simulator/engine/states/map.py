"""Map, inline: the same states for each item, some or all at once."""

from __future__ import annotations

from simulator.asl import model
from simulator.asl.errors import StatesError
from simulator.asl.model import JSON
from simulator.engine.branch import Branch
from simulator.engine.dataflow import (
    NO_CONTEXT,
    compile_fields,
    compile_filter,
    mentions_context,
)
from simulator.engine.retry import RUNTIME
from simulator.engine.sizes import UNBOUNDED, path_growth, template_growth
from simulator.engine.states.fork import Fork, ForkStep
from simulator.engine.states.map_fields import Items, Tolerance, as_concurrency, concurrency_of
from simulator.engine.step import Step
from simulator.engine.trace import BranchId


class MapStep(ForkStep):
    """A Map. `items` finds the array, `selector` makes an iteration's input."""

    __slots__ = (
        "concurrency",
        "filter",
        "filter_needs_context",
        "items",
        "processor",
        "selector",
        "selector_needs_context",
        "state",
        "tolerance",
    )

    def __init__(self, state: model.Map, processor: Step) -> None:
        super().__init__("Map", state)
        self.state = state
        self.processor = processor
        self.filter = compile_filter(state.input_path)
        self.items = Items(state)
        self.selector = compile_fields(
            state.item_selector,
            "ItemSelector",
            is_present=state.has_item_selector,
            is_jsonata=state.is_jsonata,
        )
        self.concurrency = concurrency_of(state)
        self.tolerance = Tolerance(state)
        numbers = (self.concurrency, *self.tolerance.numbers)
        self.filter_needs_context = state.is_jsonata or mentions_context(
            state.input_path, state.items_path, *(number.path for number in numbers)
        )
        selector = state.item_selector if state.has_item_selector else None
        self.selector_needs_context = state.is_jsonata or mentions_context(selector)
        filtered = path_growth(state.input_path)
        if state.is_jsonata:
            self.grow(UNBOUNDED)
        elif state.has_item_selector:
            self.grow(template_growth(selector).after(filtered))
        else:
            self.grow(filtered)

    def begin(self, branch: Branch) -> None:
        context = branch.context(self) if self.filter_needs_context else NO_CONTEXT
        value = branch.value if self.filter is None else self.filter(branch.value, context)
        items = self.items.found(value, context)
        concurrency = as_concurrency(self.concurrency, value, context)
        most = branch.execution.map_concurrency
        tolerance = self.tolerance.found(value, context)
        fork = MapFork(branch, self, items, value, min(concurrency or most, most), tolerance)
        branch.emit("MapStateStarted", (self.name, len(items), branch.failed_by))
        if not items:
            fork.join(None, "Map", [])
            return
        for _ in range(min(len(items), fork.most)):
            if not fork.start_next(None):
                return


class MapFork(Fork):
    """The iterations of one entry into a Map."""

    __slots__ = ("again", "failures", "items", "most", "next_index", "tolerance", "value")

    step: MapStep

    def __init__(
        self,
        branch: Branch,
        step: MapStep,
        items: list[JSON],
        value: JSON,
        most: int,
        tolerance: tuple[int | None, float | None],
    ) -> None:
        super().__init__(branch, step, len(items))
        self.items = items
        # how many may run at once
        self.most = most
        # the Map's filtered input, which ItemSelector reads
        self.value = value
        # how many may fail, and which share of them
        self.tolerance = tolerance
        self.next_index = 0
        self.failures: set[int] = set()
        # what a redrive has yet to run again
        self.again: dict[int, Branch] = {}

    def start_next(self, after: BranchId | None) -> bool:
        """Start the next iteration, in the place of `after`; False when that failed the Map."""
        index = self.next_index
        self.next_index += 1
        branch, step = self.branch, self.step
        item = self.items[index]
        child_id = self.branch_id(index)
        execution = branch.execution
        execution.emit("MapIterationStarted", child_id, (step.name, index, after))
        value = item
        if step.selector is not None:
            context = (
                branch.context(step, (index, item)) if step.selector_needs_context else NO_CONTEXT
            )
            try:
                value = step.selector(self.value, context)
            except StatesError as error:
                # a redrive starts it again
                self.next_index = index
                if error.error != RUNTIME:
                    self.abort(by=child_id)
                    execution.emit("MapIterationFailed", child_id, (step.name, index))
                self.fail(error.error, branch.explained(error), by=child_id)
                return False
        size = branch.size * step.factor + step.constant
        child = Branch(
            execution,
            child_id,
            step.processor,
            value,
            size,
            fork=self,
            index=index,
            item=(index, item),
            variables=branch.variables,
        )
        self.live[index] = child
        child.enter(execution.transition_ms)
        return True

    def branch_ended(self, child: Branch, output: JSON, size: int) -> None:
        del self.live[child.index]
        self.outputs[child.index] = output
        self.size += size
        name = self.step.name
        child.execution.emit("MapIterationSucceeded", child.id, (name, child.index))
        self._go_on(child.id)

    def branch_failed(self, child: Branch, error: str | None, cause: str | None) -> None:
        self._stop(child)
        self.failures.add(child.index)
        tolerated = self._is_tolerated()
        if not tolerated:
            self.abort(by=child.id)
        data = (self.step.name, child.index)
        child.execution.emit("MapIterationFailed", child.id, data)
        if tolerated:
            self._go_on(child.id)
        elif tolerated is None:
            self.fail(error, cause, by=child.id)
        else:
            self.fail(
                "States.ExceedToleratedFailureThreshold",
                "The specified tolerated failure threshold was exceeded",
                by=child.id,
            )

    @property
    def tolerates_failures(self) -> bool:
        return self.tolerance != (None, None)

    def _is_tolerated(self) -> bool | None:
        """Whether the failures so far are tolerated; None where the Map says nothing of it."""
        count, percentage = self.tolerance
        if not self.tolerates_failures:
            return None
        failed = len(self.failures)
        is_over = count is not None and failed > count
        if percentage is not None and failed * 100 > percentage * len(self.items):
            is_over = True
        return not is_over

    def redrive(self) -> None:
        self.failures.clear()
        self.again |= self.stopped
        self.stopped = {}
        if not self.again and self.next_index >= len(self.items):
            # the iterations ended well, and what the state made of them failed
            self.join(None, "Map", self.outputs)
            return
        while len(self.live) < self.most:
            if self.again:
                self._redrive_next()
            elif self.next_index >= len(self.items) or not self.start_next(None):
                return

    def _redrive_next(self) -> None:
        index = min(self.again)
        self.live[index] = self.again.pop(index)
        self.live[index].redrive(0)

    def _go_on(self, after: BranchId) -> None:
        if self.again:
            self._redrive_next()
        elif self.next_index < len(self.items):
            self.start_next(after)
        elif not self.live:
            outputs = (
                [output for index, output in enumerate(self.outputs) if index not in self.failures]
                if self.failures
                else self.outputs
            )
            self.join(after, "Map", outputs)

    def abort_branch(self, child: Branch, *, by: BranchId | None) -> None:
        if by is not None:
            data = (self.step.name, child.index, by)
            child.execution.emit("MapIterationAborted", child.id, data)
        super().abort_branch(child, by=by)


def compile_map(state: model.Map, processor: Step) -> Step:
    """Compile a Map whose processor is compiled."""
    return MapStep(state, processor)
