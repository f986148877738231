"""Query and Scan: which items, in which order, and page by page ("Query" and "Scan" in the API
reference; a page holds 1 MB at most, before any filter)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from simulator.services.dynamodb.conditions import holds, projected, value_of
from simulator.services.dynamodb.placeholders import Placeholders
from simulator.services.dynamodb.tables import Key, Table
from simulator.services.dynamodb.trees import (
    Attribute,
    Between,
    Both,
    Comparison,
    Condition,
    Function,
)
from simulator.services.dynamodb.values import (
    Item,
    Value,
    are_equal,
    checked_item,
    invalid,
    size_of,
)

Request = dict[str, Any]

_PAGE_BYTES = 1_048_576


def query(table: Table, request: Request) -> Request:
    """The items of one partition. Raises what DynamoDB says of a bad request."""
    key = table.key_of(request.get("IndexName"))
    given = Placeholders(request)
    text = request.get("KeyConditionExpression")
    condition = given.condition("KeyConditionExpression", text)
    if condition is None:
        raise invalid(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
            "request."
        )
    partition = _partition(condition, key)
    items = [
        item
        for item in table.in_order(key)
        if are_equal(item[key.partition], partition) and holds(condition, item)
    ]
    if not request.get("ScanIndexForward", True):
        items.reverse()
    return _page(table, key, request, given, items)


def scan(table: Table, request: Request) -> Request:
    """The items of a table or an index."""
    key = table.key_of(request.get("IndexName"))
    return _page(table, key, request, Placeholders(request), list(table.in_order(key)))


def _page(
    table: Table, key: Key, request: Request, given: Placeholders, items: list[Item]
) -> Request:
    condition = given.condition("FilterExpression", request.get("FilterExpression"))
    paths = given.projection(request.get("ProjectionExpression"))
    paths = paths or tuple((name,) for name in request.get("AttributesToGet") or ())
    given.finish()
    items = _after(table, key, request.get("ExclusiveStartKey"), items)
    page = list(_within(items, request.get("Limit")))
    found = [item for item in page if holds(condition, item)]
    answer: Request = {"Count": len(found), "ScannedCount": len(page)}
    if request.get("Select") != "COUNT":
        shown = [_indexed(table, key, request.get("IndexName"), item) for item in found]
        answer["Items"] = [projected(paths, item) if paths else item for item in shown]
    # a full page names where it ended, even where nothing comes after it
    if page and (len(page) < len(items) or len(page) == request.get("Limit")):
        answer["LastEvaluatedKey"] = table.last_key(page[-1], key)
    return answer


def _within(items: Iterable[Item], limit: int | None) -> Iterable[Item]:
    size = 0
    for item in itertools.islice(items, limit):
        size += size_of(item)
        yield item
        if size > _PAGE_BYTES:
            return


def _after(table: Table, key: Key, given: Any, items: list[Item]) -> list[Item]:
    if not given:
        return items
    start = checked_item(given)
    if set(start) != {*table.key.names, *key.names}:
        raise invalid("The provided starting key is invalid")
    place = table.place_of(start, key)
    places = [table.place_of(item, key) for item in items]
    is_backward = len(places) > 1 and places[0] > places[-1]
    return [
        item
        for item, at in zip(items, places, strict=True)
        if (at < place if is_backward else at > place)
    ]


def _indexed(table: Table, key: Key, index: str | None, item: Item) -> Item:
    shown = table.shown.get(index) if index is not None else None
    if shown is None:
        return item
    names = {*shown, *table.key.names, *key.names}
    return {name: value for name, value in item.items() if name in names}


def _partition(condition: Condition, key: Key) -> Value:
    """The partition that a key condition names; the other part, if any, is about the sort key."""
    parts = [condition]
    if isinstance(condition, Both):
        if condition.word != "AND":
            raise invalid("Invalid operator used in KeyConditionExpression: OR")
        parts = [condition.left, condition.right]
    found: Value | None = None
    for part in parts:
        name = _attribute_of(part)
        if name == key.partition:
            if not isinstance(part, Comparison) or part.operator != "=":
                raise invalid("Query key condition not supported")
            found = value_of(part.right, {})
        elif name != key.sort or key.sort is None:
            raise invalid(f"Query condition missed key schema element: {key.sort or key.partition}")
        elif isinstance(part, Comparison) and part.operator == "<>":
            raise invalid("Invalid operator used in KeyConditionExpression: <>")
    if found is None:
        raise invalid(f"Query condition missed key schema element: {key.partition}")
    if len(parts) == 2 and _attribute_of(parts[0]) == _attribute_of(parts[1]):
        raise invalid("KeyConditionExpressions must only contain one condition per key")
    return found


def _attribute_of(part: Condition) -> str | None:
    operand: Any = None
    match part:
        case Comparison(_, left, _):
            operand = left
        case Between(between, _, _):
            operand = between
        case Function("begins_with", arguments):
            operand = arguments[0]
        case Both():
            raise invalid("Conditions can be of length 1 or 2 only")
        case _:
            raise invalid("Query key condition not supported")
    return str(operand.path[0]) if isinstance(operand, Attribute) else None
