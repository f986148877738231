"""What update expressions make of an item ("Update expressions in DynamoDB").

All actions see the item as it was. SET comes at a path whose parent is there; a position past a
list's end appends.
"""

from __future__ import annotations

import copy
from typing import Any

from simulator.services.dynamodb.conditions import check_apart, found_at
from simulator.services.dynamodb.trees import (
    Action,
    Attribute,
    IfNotExists,
    ListAppend,
    Literal,
    Operand,
    Path,
    Sum,
)
from simulator.services.dynamodb.values import (
    SETS,
    Item,
    Value,
    bad_value,
    identity,
    invalid,
    kind_of,
    sum_of,
)

_NO_PATH = "The document path provided in the update expression is invalid for update"
_NOT_THERE = "The provided expression refers to an attribute that does not exist in the item"
_WRONG_TYPE = "An operand in the update expression has an incorrect data type"


def updated(actions: tuple[Action, ...], item: Item, key_names: tuple[str, ...]) -> Item:
    """The item that the actions make of this one, which stays as it is."""
    check_apart(tuple(action.path for action in actions), "UpdateExpression")
    for action in actions:
        if action.path[0] in key_names:
            raise bad_value(
                f"Cannot update attribute {action.path[0]}. This attribute is part of the key"
            )
    made = copy.deepcopy(item)
    for action in actions:
        if action.clause == "SET":
            assert action.operand is not None
            _put(made, action.path, copy.deepcopy(_value(action.operand, item)))
        elif action.clause == "ADD":
            _put(made, action.path, _added(action, found_at(action.path, item)))
        elif action.clause == "DELETE":
            _delete_members(made, action, found_at(action.path, item))
    # positions are those of the item as it was, so the last ones go first
    for action in sorted(actions, key=lambda one: _positions(one.path), reverse=True):
        if action.clause == "REMOVE":
            _remove(made, action.path)
    return made


def _positions(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in path)


def _value(operand: Operand, item: Item) -> Value:
    match operand:
        case Literal(value):
            return value
        case Attribute(path):
            found = found_at(path, item)
            if found is None:
                raise invalid(_NOT_THERE)
            return found
        case IfNotExists(path, otherwise):
            there = found_at(path, item)
            return _value(otherwise, item) if there is None else there
        case ListAppend(first, second):
            one, other = _value(first, item), _value(second, item)
            if kind_of(one) != "L" or kind_of(other) != "L":
                raise invalid(_WRONG_TYPE)
            return {"L": [*one["L"], *other["L"]]}
        case Sum(left, right, is_minus):
            one, other = _value(left, item), _value(right, item)
            if kind_of(one) != "N" or kind_of(other) != "N":
                raise invalid(_WRONG_TYPE)
            return sum_of(one, other, is_minus=is_minus)
        case _:
            raise AssertionError(f"{operand} is a condition's")


def _added(action: Action, found: Value | None) -> Value:
    operand = _literal(action)
    kind = kind_of(operand)
    if kind not in ("N", *SETS):
        raise invalid(
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: "
            f"ADD, operand type: {_TYPE_WORDS.get(kind, kind)}, typeSet: ALLOWED_FOR_ADD_OPERAND"
        )
    if found is None:
        return copy.deepcopy(operand)
    if kind_of(found) != kind:
        raise invalid(_WRONG_TYPE)
    if kind == "N":
        return sum_of(found, operand)
    known = _members(found)
    more = [one for one in operand[kind] if identity({SETS[kind]: one}) not in known]
    return {kind: [*found[kind], *more]}


def _delete_members(made: Item, action: Action, found: Value | None) -> None:
    operand = _literal(action)
    kind = kind_of(operand)
    if kind not in SETS:
        raise invalid(
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: "
            f"DELETE, operand type: {_TYPE_WORDS.get(kind, kind)}, typeSet: "
            "ALLOWED_FOR_DELETE_OPERAND"
        )
    if found is None:
        return
    if kind_of(found) != kind:
        raise invalid(_WRONG_TYPE)
    gone = _members(operand)
    left = [one for one in found[kind] if identity({SETS[kind]: one}) not in gone]
    if left:
        _put(made, action.path, {kind: left})
    else:
        _remove(made, action.path)


def _members(value: Value) -> set[Any]:
    ((kind, content),) = value.items()
    return {identity({SETS[kind]: one}) for one in content}


def _literal(action: Action) -> Value:
    assert isinstance(action.operand, Literal)
    return action.operand.value


def _put(item: Item, path: Path, value: Value) -> None:
    parent, last = found_at(path[:-1], item), path[-1]
    if isinstance(last, str):
        if parent is None or "M" not in parent:
            raise invalid(_NO_PATH)
        parent["M"][last] = value
        return
    if parent is None or "L" not in parent:
        raise invalid(_NO_PATH)
    if last < len(parent["L"]):
        parent["L"][last] = value
    else:
        parent["L"].append(value)


def _remove(item: Item, path: Path) -> None:
    parent, last = found_at(path[:-1], item), path[-1]
    if parent is None or ("M" if isinstance(last, str) else "L") not in parent:
        raise invalid(_NO_PATH)
    if isinstance(last, str):
        parent["M"].pop(last, None)
    elif last < len(parent["L"]):
        del parent["L"][last]


# as AWS's messages name types
_TYPE_WORDS = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "BOOL": "BOOLEAN",
    "L": "LIST",
    "M": "MAP",
    "SS": "STRING_SET",
    "NS": "NUMBER_SET",
    "BS": "BINARY_SET",
}
