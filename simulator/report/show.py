"""`--show STATE`: a state's input and output as the console shows them, visit by visit."""

from __future__ import annotations

import json
from typing import Any

from simulator.report.rows import duration_text
from simulator.report.visits import Run, Visit

# of many visits (polling) the first and the last ones are shown
MAX_VISITS = 4
MAX_ITEMS = 20


def show_state(run: Run, name: str) -> str:
    """The visits of a state as text."""
    visits = [visit for visit in run.visits() if visit.name == name]
    if not visits:
        return f"{name}: this run did not enter it"
    numbered = list(enumerate(visits, start=1))
    shown = numbered if len(visits) <= MAX_VISITS else [*numbered[: MAX_VISITS - 1], numbered[-1]]
    parts = [_visit_text(run, visit, number, len(visits)) for number, visit in shown]
    left_out = len(visits) - len(shown)
    if left_out:
        parts.insert(-1, f"... {left_out} more visits; --history FILE has all of them")
    return "\n\n".join(parts)


def pretty(text: str) -> str:
    """JSON text as the console shows it; long lists are folded, with a note."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return json.dumps(_folded(value), indent=2, ensure_ascii=False)


def _visit_text(run: Run, visit: Visit, number: int, count: int) -> str:
    of = f", visit {number} of {count}" if count > 1 else ""
    tries = f", {visit.attempts} tries" if visit.attempts > 1 else ""
    entered = duration_text(visit.entered_ms - run.start_ms)
    took = duration_text(visit.duration_ms)
    lines = [
        f"{visit.name} ({visit.kind}){of}: entered at {entered}, took {took}{tries}",
        "State input:",
        pretty(visit.input),
    ]
    if visit.parameters and visit.parameters[-1] != visit.input:
        lines += ["Task input:", pretty(visit.parameters[-1])]
    for error, cause in visit.failures:
        lines += [f"Failed try: {error}", pretty(cause)]
    if visit.output is None:
        lines.append("State output: none, the state was not left")
    else:
        lines += ["State output:", pretty(visit.output)]
    return "\n".join(lines)


def _folded(value: Any) -> Any:
    match value:
        case dict():
            return {key: _folded(item) for key, item in value.items()}
        case list() if len(value) > MAX_ITEMS:
            rest = f"... {len(value) - MAX_ITEMS} more items"
            return [*map(_folded, value[:MAX_ITEMS]), rest]
        case list():
            return list(map(_folded, value))
        case _:
            return value
