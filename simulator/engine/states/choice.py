"""Choice: the first rule that holds says where to go."""

from __future__ import annotations

from collections.abc import Callable

from simulator.asl import jsonata, model
from simulator.asl.comparisons import compile_rule
from simulator.asl.context import ContextObject
from simulator.asl.errors import StatesError
from simulator.asl.model import JSON
from simulator.engine.dataflow import (
    Transform,
    compile_fields,
    compile_filter,
    mentions_context,
)
from simulator.engine.sizes import UNBOUNDED, path_growth
from simulator.engine.step import ASSIGN, CHOOSE, CHOOSE_IN_CONTEXT, Step


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
    if state.is_jsonata or state.assign or any(choice.assign for choice in state.choices):
        return _compile_assigning(step, state)
    select = compile_filter(state.input_path)
    project = compile_filter(state.output_path)
    rules = [choice.rule for choice in state.choices if choice.rule is not None]
    texts = [text for rule in rules for text in _paths(rule)]
    choose = _chooser(step, [compile_rule(rule) for rule in rules])
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


def _compile_assigning(step: ChoiceStep, state: model.Choice) -> Step:
    """A Choice in JSONata, or with Assign: each rule has fields of its own, and those of the state
    count where no rule holds."""
    select = compile_filter(state.input_path)
    project = compile_filter(state.output_path)
    tests = [_compile_test(choice, number) for number, choice in enumerate(state.choices)]
    outcomes = [
        _outcome(choice, f"Choices[{number}]/", is_jsonata=state.is_jsonata)
        for number, choice in enumerate(state.choices)
    ]
    otherwise = _outcome(state, "", is_jsonata=state.is_jsonata)

    def choose(value: JSON, context: ContextObject) -> tuple[JSON, Step, JSON]:
        given = value if select is None else select(value, context)
        outcome, following = otherwise, step.default
        for index, test in enumerate(tests):
            if test(given, context):
                outcome, following = outcomes[index], step.targets[index]
                break
        if following is None:
            raise _no_match()
        output, assign = outcome
        made = given if output is None else output(given, context)
        made = made if project is None else project(made, context)
        return made, following, None if assign is None else assign(given, context)

    step.mode, step.apply = ASSIGN, choose
    step.grow(UNBOUNDED)
    return step


def _outcome(
    fields: model.Choice | model.ChoiceRule, prefix: str, *, is_jsonata: bool
) -> tuple[Transform | None, Transform | None]:
    """Output and Assign of a rule, or of the state."""
    return (
        compile_fields(
            fields.output, f"{prefix}Output", is_present=fields.has_output, is_jsonata=True
        ),
        compile_fields(
            fields.assign,
            f"{prefix}Assign",
            is_present=bool(fields.assign),
            is_jsonata=is_jsonata,
        ),
    )


def _compile_test(choice: model.ChoiceRule, number: int) -> Callable[[JSON, ContextObject], bool]:
    if choice.rule is not None:
        return compile_rule(choice.rule)
    field = f"Choices[{number}]/Condition"
    evaluate = jsonata.compile_value(choice.condition, field)

    def holds(value: JSON, context: ContextObject) -> bool:
        found = evaluate(value, context)
        jsonata.expected(found, "boolean", text=choice.condition, field=field)
        return found is True

    return holds


def _no_match() -> StatesError:
    return StatesError(
        "States.Runtime",
        "Failed to transition out of the state. The state does not point to a next state.",
    )


def _chooser(
    step: ChoiceStep, tests: list[Callable[[JSON, ContextObject], bool]]
) -> Callable[[JSON, ContextObject], Step]:
    targets = step.targets

    def no_match() -> Step:
        if step.default is None:
            raise _no_match()
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
