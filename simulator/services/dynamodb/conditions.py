"""What conditions and projections say of an item ("Condition and filter expressions, operators,
and functions in DynamoDB")."""

from __future__ import annotations

from typing import Any

from simulator.services.dynamodb.trees import (
    Attribute,
    Between,
    Both,
    Comparison,
    Condition,
    Function,
    In,
    Literal,
    Not,
    Operand,
    Path,
    Size,
)
from simulator.services.dynamodb.values import (
    SCALARS,
    SETS,
    Item,
    Value,
    are_equal,
    invalid,
    kind_of,
    order_of,
)


def holds(condition: Condition | None, item: Item) -> bool:
    """Whether an item meets a condition; none is met by all."""
    match condition:
        case None:
            return True
        case Both("AND", left, right):
            return holds(left, item) and holds(right, item)
        case Both(_, left, right):
            return holds(left, item) or holds(right, item)
        case Not(inner):
            return not holds(inner, item)
        case Comparison(operator, left, right):
            return _compares(operator, value_of(left, item), value_of(right, item))
        case Between(operand, low, high):
            value = value_of(operand, item)
            return _compares(">=", value, value_of(low, item)) and _compares(
                "<=", value, value_of(high, item)
            )
        case In(operand, choices):
            value = value_of(operand, item)
            return any(_compares("=", value, value_of(one, item)) for one in choices)
        case Function(name, arguments):
            return _FUNCTIONS[name](arguments, item)


def found_at(path: Path, item: Item) -> Value | None:
    """What stands at a path; None where nothing does."""
    found: Value | None = {"M": item}
    for part in path:
        if found is None:
            return None
        if isinstance(part, str):
            found = found.get("M", {}).get(part)
        else:
            members = found.get("L", [])
            found = members[part] if part < len(members) else None
    return found


def projected(paths: tuple[Path, ...], item: Item) -> Item:
    """The parts of an item that a projection names, where they are; list members close up."""
    check_apart(paths, "ProjectionExpression")
    made = _Branch()
    for path in paths:
        value = found_at(path, item)
        if value is None:
            continue
        into = made
        for part in path[:-1]:
            into = into.setdefault(part, _Branch())
        into[path[-1]] = value
    item_of: Item = _closed_up(made)["M"] if made else {}
    return item_of


def check_apart(paths: tuple[Path, ...], kind: str) -> None:
    """Refuse paths of which one leads through another."""
    for at, one in enumerate(paths):
        for other in paths[at + 1 :]:
            shared = min(len(one), len(other))
            if one[:shared] == other[:shared]:
                raise invalid(
                    f"Invalid {kind}: Two document paths overlap with each other; must remove or "
                    f"rewrite one of these paths; path one: {_shown(one)}, path two: "
                    f"{_shown(other)}"
                )


def _shown(path: Path) -> str:
    parts = ", ".join(f"[{part}]" if isinstance(part, int) else part for part in path)
    return f"[{parts}]"


def value_of(operand: Operand, item: Item) -> Value | None:
    """An operand's value; None for a path where there is nothing."""
    match operand:
        case Literal(value):
            return value
        case Attribute(path):
            return found_at(path, item)
        case Size(path):
            return _size(found_at(path, item))
        case _:
            raise AssertionError(f"{operand} is an update's")


class _Branch(dict[Any, Any]):
    """What lies below a path that is being built: by name or by position."""


def _closed_up(tree: Any) -> Value:
    if not isinstance(tree, _Branch):
        found: Value = tree
        return found
    if any(isinstance(part, int) for part in tree):
        return {"L": [_closed_up(tree[part]) for part in sorted(tree)]}
    return {"M": {name: _closed_up(one) for name, one in tree.items()}}


def _compares(operator: str, left: Value | None, right: Value | None) -> bool:
    if left is None or right is None:
        # what is not there is unequal to whatever is
        return operator == "<>" and left is not right
    if operator in ("=", "<>"):
        return are_equal(left, right) == (operator == "=")
    if kind_of(left) != kind_of(right) or kind_of(left) not in SCALARS:
        return False
    one, other = order_of(left), order_of(right)
    answers = {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}
    return bool(answers[operator])


def _size(value: Value | None) -> Value | None:
    if value is None:
        return None
    ((kind, content),) = value.items()
    if kind == "S":
        return {"N": str(len(content.encode()))}
    return {"N": str(len(content))} if kind in ("B", "M", "L", *SETS) else None


def _exists(arguments: tuple[Operand, ...], item: Item) -> bool:
    return value_of(arguments[0], item) is not None


def _is_of_type(arguments: tuple[Operand, ...], item: Item) -> bool:
    value, wanted = value_of(arguments[0], item), value_of(arguments[1], item)
    kinds = (*SCALARS, *SETS, "BOOL", "NULL", "M", "L")
    kind = (wanted or {}).get("S")
    if kind not in kinds:
        raise invalid(
            "Invalid ConditionExpression: Invalid attribute type name found; type: "
            f"{kind}, valid types: {{{','.join(kinds)}}}"
        )
    return value is not None and kind_of(value) == kind


def _begins_with(arguments: tuple[Operand, ...], item: Item) -> bool:
    value, start = (value_of(one, item) for one in arguments)
    if value is None or start is None or kind_of(value) != kind_of(start):
        return False
    kind = kind_of(value)
    return kind in ("S", "B") and bool(value[kind].startswith(start[kind]))


def _contains(arguments: tuple[Operand, ...], item: Item) -> bool:
    value, wanted = (value_of(one, item) for one in arguments)
    if value is None or wanted is None:
        return False
    ((kind, content),) = value.items()
    if kind == "L":
        return any(are_equal(one, wanted) for one in content)
    if kind in SETS:
        return any(are_equal({SETS[kind]: one}, wanted) for one in content)
    return kind in ("S", "B") and kind == kind_of(wanted) and wanted[kind] in content


_FUNCTIONS = {
    "attribute_exists": _exists,
    "attribute_not_exists": lambda arguments, item: not _exists(arguments, item),
    "attribute_type": _is_of_type,
    "begins_with": _begins_with,
    "contains": _contains,
}
