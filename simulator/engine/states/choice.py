"""Choice: the first rule that holds says where to go."""

from __future__ import annotations

from collections.abc import Callable

from simulator.asl import model
from simulator.asl.comparisons import compile_rule
from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.model import JSON
from simulator.engine.dataflow import compile_filter, mentions_context
from simulator.engine.sizes import path_growth
from simulator.engine.step import CHOOSE, CHOOSE_IN_CONTEXT, Step


class ChoiceStep(Step):
    """A Choice; the compiler fills `targets` (one for each rule) and `default`."""

    __slots__ = ("default", "targets")

    def __init__(self, name: str) -> None:
        super().__init__("Choice", name)
        self.targets: list[Step] = []
        self.default: Step | None = None


def compile_choice(state: model.Choice) -> Step:
    """Compile rules; without paths and context the closure gives the next step alone."""
    step = ChoiceStep(state.name)
    select = compile_filter(state.input_path)
    project = compile_filter(state.output_path)
    texts = [text for choice in state.choices for text in _paths(choice.rule)]
    choose = _chooser(step, [compile_rule(choice.rule) for choice in state.choices])
    if select is None and project is None and not mentions_context(*texts):
        step.mode, step.apply = CHOOSE, choose
        return step

    def filtered(value: JSON, context: ContextObject) -> tuple[JSON, Step]:
        value = value if select is None else select(value, context)
        following = choose(value, context)
        return (value if project is None else project(value, context)), following

    step.mode, step.apply = CHOOSE_IN_CONTEXT, filtered
    step.grow(path_growth(state.output_path).after(path_growth(state.input_path)))
    return step


def _chooser(
    step: ChoiceStep, tests: list[Callable[[JSON, ContextObject], bool]]
) -> Callable[[JSON, ContextObject], Step]:
    targets = step.targets

    def no_match() -> Step:
        if step.default is None:
            raise StatesError(
                "States.NoChoiceMatched",
                "Failed to transition out of the state. The state does not point to a next state.",
            )
        return step.default

    if len(tests) == 1:
        test = tests[0]

        def choose_one(value: JSON, context: ContextObject) -> Step:
            return targets[0] if test(value, context) else no_match()

        return choose_one

    def choose(value: JSON, context: ContextObject) -> Step:
        for index, test in enumerate(tests):
            if test(value, context):
                return targets[index]
        return no_match()

    return choose


def _paths(rule: model.Rule) -> list[str]:
    match rule:
        case model.And(rules) | model.Or(rules):
            return [text for part in rules for text in _paths(part)]
        case model.Not(part):
            return _paths(part)
        case model.Comparison():
            return [rule.variable, rule.expected] if rule.is_path else [rule.variable]
