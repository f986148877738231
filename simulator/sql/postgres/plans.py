"""PostgreSQL's plan of a statement in Redshift's form: what EXPLAIN shows.

Steps have the names that Redshift gives them ("EXPLAIN", "Creating and interpreting a query plan"
in its developer guide). Costs and rows are PostgreSQL's estimates; how rows would be distributed
(DS_...) is not told, since nothing is distributed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from simulator.sql.errors import NotSupported
from simulator.sql.outcome import Outcome

# What PostgreSQL has and Redshift has not: a step shown is the one below it.
_HIDDEN = frozenset({"ModifyTable", "Materialize", "Memoize"})
_JOINS = {
    "Inner": "", "Left": " Left", "Right": " Right", "Full": " Full", "Semi": " IN",
    "Right Semi": " IN", "Anti": " NOT IN", "Right Anti": " NOT IN",
}  # fmt: skip
_AGGREGATES = {"Plain": "Aggregate", "Sorted": "GroupAggregate"}
_SET_OPERATIONS = {"Intersect": "Hash Intersect Distinct", "Intersect All": "Hash Intersect All"}
_WINDOW = re.compile(
    r"\((?:PARTITION BY (.*?))?\s*(?:ORDER BY (.*?))?\s*(?:(?:ROWS|RANGE|GROUPS) .*)?\)$"
)
_ORDER = re.compile(r"(?: (?:ASC|DESC))?(?: NULLS (?:FIRST|LAST))?$")
# "Nested Loop Join in the query plan", with its remedy ("STL_ALERT_EVENT_LOG").
_NESTED = (
    "----- Nested Loop Join in the query plan - review the join predicates to avoid Cartesian"
    " products -----"
)

Plan = Mapping[str, Any]


def shown(outcome: Outcome) -> Outcome:
    """The outcome of PostgreSQL's EXPLAIN (FORMAT JSON) as that of Redshift's EXPLAIN: a row for
    each line of the plan. Raises NotSupported for external tables, whose steps are Spectrum's."""
    plan = outcome.rows[0][0][0]["Plan"]
    if any(one.get("Function Name") == "external_rows" for one in _walk(plan)):
        raise NotSupported("EXPLAIN over external tables")
    rows = tuple((line,) for line in lines_of(plan))
    return replace(outcome, rows=rows, row_count=len(rows), rows_touched=0)


def lines_of(plan: Plan) -> list[str]:
    """The lines of a plan."""
    shared = {one["Subplan Name"]: one for one in _walk(plan) if _is_shared(one)}
    top = _visible(plan)
    lines: list[str] = []
    if top["Node Type"] == "Limit":
        lines += _line("Limit", top, 0)
        lines += _sorted_at_leader(_inner(top)[0], 1, shared)
    else:
        lines += _sorted_at_leader(top, 0, shared)
    lines = [f"XN {one}" if not index else one for index, one in enumerate(lines)]
    if any(one["Node Type"] == "Nested Loop" for one in _walk(plan)):
        lines.append(_NESTED)
    return lines


def _sorted_at_leader(plan: Plan, depth: int, shared: Mapping[str, Plan]) -> list[str]:
    """Compute nodes sort, the leader merges what they send it ("Merge", "Network")."""
    plan = _visible(plan)
    if plan["Node Type"] != "Sort":
        return _node(plan, depth, shared)
    key = _keys(plan["Sort Key"])
    return [
        *_line("Merge", plan, depth),
        f"{_margin(depth)}Merge Key: {key}",
        *_line("Network", plan, depth + 1),
        f"{_margin(depth + 1)}Send to leader",
        *_node(plan, depth + 2, shared),
    ]


def _node(plan: Plan, depth: int, shared: Mapping[str, Plan]) -> list[str]:
    plan = _visible(plan)
    lines = _line(_name(plan), plan, depth)
    lines += [f"{_margin(depth)}{one}" for one in _details(plan)]
    inner = _inner(plan)
    if plan["Node Type"] == "CTE Scan" and (source := shared.get(f"CTE {plan['CTE Name']}")):
        inner = [source]
    for one in inner:
        if one.get("Parent Relationship") in ("InitPlan", "SubPlan") and not _is_shared(one):
            lines.append(f"{_margin(depth)}{one['Parent Relationship']}")
        lines += _node(one, depth + 1, shared)
    return lines


def _line(name: str, plan: Plan, depth: int) -> list[str]:
    cost = f"cost={plan['Startup Cost']:.2f}..{plan['Total Cost']:.2f}"
    size = f"rows={plan['Plan Rows']:.0f} width={plan['Plan Width']}"
    arrow = f"{' ' * (6 * depth - 4)}->  XN " if depth else ""
    return [f"{arrow}{name}  ({cost} {size})"]


def _margin(depth: int) -> str:
    return " " * (6 * depth + 2)


def _visible(plan: Plan) -> Plan:
    while plan["Node Type"] in _HIDDEN and _inner(plan):
        plan = _inner(plan)[0]
    return plan


def _inner(plan: Plan) -> list[Plan]:
    """The steps below, without common table expressions: they stand where they are scanned."""
    return [one for one in plan.get("Plans", ()) if not _is_shared(one)]


def _is_shared(plan: Plan) -> bool:
    return str(plan.get("Subplan Name", "")).startswith("CTE ")


def _walk(plan: Plan) -> Iterator[Plan]:
    yield plan
    for one in plan.get("Plans", ()):
        yield from _walk(one)


def _name(plan: Plan) -> str:
    kind = str(plan["Node Type"])
    if kind in ("Hash Join", "Merge Join", "Nested Loop"):
        join = _JOINS.get(plan["Join Type"], f" {plan['Join Type']}")
        if kind == "Nested Loop":
            return f"Nested Loop{join} Join" if join else kind
        return f"{kind.removesuffix(' Join')}{join} Join"
    if kind == "Aggregate":
        return _AGGREGATES.get(plan["Strategy"], "HashAggregate")
    if kind == "SetOp":
        return _SET_OPERATIONS.get(plan["Command"], f"SetOp {plan['Command']}")
    if kind == "WindowAgg":
        return "Window"
    if kind in ("Subquery Scan", "CTE Scan"):
        return f"Subquery Scan {plan['Alias']}"
    return f"{kind}{_scanned(plan)}"


def _scanned(plan: Plan) -> str:
    alias = str(plan.get("Alias", ""))
    relation = str(plan.get("Relation Name") or plan.get("Function Name") or alias)
    if not relation:
        return ""
    return f" on {relation}" + (f" {alias}" if alias and alias != relation else "")


def _details(plan: Plan) -> Iterator[str]:
    if plan["Node Type"] == "WindowAgg":
        yield from _window(plan)
    if "Sort Key" in plan:
        yield f"Sort Key: {_keys(plan['Sort Key'])}"
    for name in ("Hash Cond", "Merge Cond", "Join Filter"):
        if name in plan:
            yield f"{name}: {_sides(plan, str(plan[name]))}"
    for name in ("Filter", "One-Time Filter"):
        if name in plan:
            yield f"{name}: {_own(str(plan[name]))}"


def _window(plan: Plan) -> Iterator[str]:
    match = _WINDOW.search(str(plan.get("Window", "")))
    for label, said in zip(("Partition", "Order"), match.groups() if match else (), strict=False):
        if said:
            yield f"{label}: {_own(said)}"


def _keys(keys: Sequence[str]) -> str:
    return ", ".join(_own(_bare(_ORDER.sub("", one))) for one in keys)


def _bare(text: str) -> str:
    """Without parentheses around the whole."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for index, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return text[1:-1] if index == len(text) - 1 else text
    return text


def _sides(plan: Plan, condition: str) -> str:
    """A join's columns are told by the side that they come from."""
    for side, inner in zip(("outer", "inner"), _inner(plan), strict=False):
        aliases = {str(one["Alias"]) for one in _walk(inner) if "Alias" in one}
        for alias in sorted(aliases):
            named = rf'(?<![\w."])(?:{re.escape(alias)}|"{re.escape(alias)}")\.'
            condition = re.sub(named, f'"{side}".', condition)
    return _own(condition)


def _own(text: str) -> str:
    """An expression without the name of the schema in which Redshift's functions are here."""
    return text.replace("redshift.", "")
