"""Tables, their keys and indexes, and the items in them."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.services.dynamodb.values import (
    MOST_BYTES,
    SCALARS,
    Item,
    Value,
    bad_value,
    identity,
    invalid,
    kind_of,
    order_of,
    size_of,
)

_WRONG_KEY = "The provided key element does not match the schema"


@dataclass(frozen=True, slots=True)
class Key:
    """The attributes of a key, and their types: S, N or B."""

    partition: str
    sort: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The key's attributes."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    def type_of(self, name: str) -> str:
        """The type of an attribute: text where nothing else is said."""
        return self.types.get(name, "S")

    def is_in(self, item: Item) -> bool:
        """Whether an item has the key, so that an index has the item."""
        return all(name in item and kind_of(item[name]) == self.type_of(name)
                   for name in self.names)  # fmt: skip

    def identity(self, item: Item) -> tuple[Any, ...]:
        """Something hashable for the key of an item."""
        return tuple(identity(item[name]) for name in self.names)


@dataclass(slots=True)
class Table:
    """A table. `indexes` are global and local secondary ones by name; `shown` is what an index
    projects: ALL, KEYS_ONLY, or the attributes that it names."""

    name: str
    key: Key
    indexes: dict[str, Key] = field(default_factory=dict)
    shown: dict[str, frozenset[str] | None] = field(default_factory=dict)
    items: dict[tuple[Any, ...], Item] = field(default_factory=dict)
    # what CreateTable was asked for, for DescribeTable
    created: Mapping[str, Any] = field(default_factory=dict)

    def get(self, key: Item) -> Item | None:
        """The item of a key."""
        found = self.items.get(self.identity_of(key))
        return None if found is None else copy.deepcopy(found)

    def put(self, item: Item) -> None:
        """Keep an item, in place of that with the same key."""
        self.check_item(item)
        self.items[self.key.identity(item)] = copy.deepcopy(item)

    def delete(self, key: Item) -> None:
        """Forget the item of a key."""
        self.items.pop(self.identity_of(key), None)

    def identity_of(self, key: Item) -> tuple[Any, ...]:
        """A key's identity. Raises what DynamoDB says of a key that is not the table's."""
        if set(key) != set(self.key.names):
            raise invalid(
                "The number of conditions on the keys is invalid"
                if len(key) != len(self.key.names)
                else _WRONG_KEY
            )
        for name, value in key.items():
            if kind_of(value) != self.key.type_of(name):
                raise invalid(_WRONG_KEY)
            _check_not_empty(name, value)
        return self.key.identity(key)

    def check_item(self, item: Item) -> None:
        """Refuse an item that the table cannot hold."""
        for name in self.key.names:
            if name not in item:
                raise bad_value(f"Missing the key {name} in the item")
            self._check_type(name, item[name], self.key)
            _check_not_empty(name, item[name])
        for index in self.indexes.values():
            for name in index.names:
                if name in item:
                    self._check_type(name, item[name], index)
        if size_of(item) > MOST_BYTES:
            raise invalid("Item size has exceeded the maximum allowed size")

    def _check_type(self, name: str, value: Value, key: Key) -> None:
        if kind_of(value) != key.type_of(name):
            raise bad_value(
                f"Type mismatch for key {name} expected: {key.type_of(name)} actual: "
                f"{kind_of(value)}"
            )

    def key_of(self, index: str | None) -> Key:
        """The key of the table or of one of its indexes."""
        if index is None:
            return self.key
        if index not in self.indexes:
            raise invalid(f"The table does not have the specified index: {index}")
        return self.indexes[index]

    def in_order(self, key: Key) -> Iterator[Item]:
        """The items that have a key: partitions in no order that anybody knows, as on AWS, within
        one by the sort key, then by the table's own key."""
        there = [item for item in self.items.values() if key.is_in(item)]
        return iter(sorted(there, key=lambda item: self.place_of(item, key)))

    def place_of(self, item: Item, key: Key) -> tuple[Any, ...]:
        """Where an item stands among the others."""
        partition = item[key.partition]
        digest = hashlib.sha256(repr(identity(partition)).encode()).digest()
        sort = () if key.sort is None else (order_of(item[key.sort]),)
        return digest, sort, tuple(order_of(item[name]) for name in self.key.names)

    def last_key(self, item: Item, key: Key) -> Item:
        """What LastEvaluatedKey names: the table's key, and the index's."""
        names = dict.fromkeys((*self.key.names, *key.names))
        return {name: item[name] for name in names}


def key_from(schema: Iterable[Mapping[str, str]], types: Mapping[str, str]) -> Key:
    """A key of a request's KeySchema and AttributeDefinitions."""
    names = {one["KeyType"]: one["AttributeName"] for one in schema}
    for name in names.values():
        if types.get(name) not in SCALARS:
            raise bad_value(
                "Some index key attributes are not defined in AttributeDefinitions. Keys: "
                f"[{name}], AttributeDefinitions: [{', '.join(types)}]"
            )
    if "HASH" not in names:
        raise invalid("No Hash Key specified in schema.  All Dynamo DB tables must have exactly "
                      "one hash key")  # fmt: skip
    used = {name: types[name] for name in names.values()}
    return Key(names["HASH"], names.get("RANGE"), used)


def _check_not_empty(name: str, value: Value) -> None:
    ((kind, content),) = value.items()
    if kind in ("S", "B") and not content:
        word = "string" if kind == "S" else "binary"
        raise bad_value(
            f"The AttributeValue for a key attribute cannot contain an empty {word} value. "
            f"Key: {name}"
        )
