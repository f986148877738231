"""DynamoDB's API: items by key, with conditions and updates; queries and scans; batches and
transactions; tables.

Tables are declared, or made by CreateTable, and are ready at once. Reads are always consistent.
Parameters from before the expressions (Expected, AttributeUpdates, KeyConditions and filters) are
refused by name, and so is ReturnConsumedCapacity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.dynamodb import reading
from simulator.services.dynamodb.conditions import holds, projected
from simulator.services.dynamodb.placeholders import Placeholders
from simulator.services.dynamodb.tables import Key, Table, key_from
from simulator.services.dynamodb.trees import Path
from simulator.services.dynamodb.updates import updated
from simulator.services.dynamodb.values import Item, bad_value, checked_item, invalid, of_json

Request = dict[str, Any]

_LEGACY = (
    *("AttributeUpdates", "ConditionalOperator", "Expected", "KeyConditions"),
    *("QueryFilter", "ScanFilter", "Segment", "TotalSegments"),
)
_MOST_READ, _MOST_WRITTEN = 100, 25


class DynamoDB:
    """Answers DynamoDB's API. `declared` are the tables that are there from the beginning."""

    name = "dynamodb"

    def __init__(self, world: World, declared: Iterable[Table] = ()) -> None:
        self._world = world
        self.tables = {table.name: table for table in declared}

    # -- tables -------------------------------------------------------------------------------

    def create_table(self, request: Request, _caller: Caller) -> Request:
        """Make a table."""
        name = request["TableName"]
        if name in self.tables:
            raise ServiceError("ResourceInUseException", f"Table already exists: {name}")
        # botocore's model leaves both to the service
        for member in ("AttributeDefinitions", "KeySchema"):
            if not request.get(member):
                raise bad_value(f"expected {member}, got none")
        given = request["AttributeDefinitions"]
        types = {one["AttributeName"]: one["AttributeType"] for one in given}
        indexes, shown = {}, {}
        for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            for index in request.get(member) or ():
                made = indexes[index["IndexName"]] = key_from(index["KeySchema"], types)
                shown[index["IndexName"]] = _shown_by(index["Projection"], made)
        table = Table(name, key_from(request["KeySchema"], types), indexes, shown)
        table.created = {
            member: value
            for member, value in request.items()
            if member in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes",
                          "LocalSecondaryIndexes")
        }  # fmt: skip
        self.tables[name] = table
        return {"TableDescription": self._description(table)}

    def describe_table(self, request: Request, _caller: Caller) -> Request:
        """A table's description."""
        name = request["TableName"].rpartition("/")[2]
        if name not in self.tables:
            raise ServiceError(
                "ResourceNotFoundException",
                f"Requested resource not found: Table: {name} not found",
            )
        return {"Table": self._description(self.tables[name])}

    def delete_table(self, request: Request, _caller: Caller) -> Request:
        """Delete a table and its items."""
        table = self._table(request)
        del self.tables[table.name]
        return {"TableDescription": {**self._description(table), "TableStatus": "DELETING"}}

    def list_tables(self, _request: Request, _caller: Caller) -> Request:
        """The tables' names, all on one page."""
        return {"TableNames": sorted(self.tables)}

    # -- items --------------------------------------------------------------------------------

    def get_item(self, request: Request, _caller: Caller) -> Request:
        """The item of a key; no Item where there is none."""
        table = self._table(request)
        given = Placeholders(request)
        paths = given.projection(request.get("ProjectionExpression"))
        paths = paths or tuple((name,) for name in request.get("AttributesToGet") or ())
        given.finish()
        item = table.get(checked_item(request["Key"]))
        if item is None:
            return {}
        return {"Item": projected(paths, item) if paths else item}

    def put_item(self, request: Request, _caller: Caller) -> Request:
        """Put an item, where its condition holds."""
        table, item = self._table(request), checked_item(request["Item"])
        table.check_item(item)
        old = self._checked(table, request, table.get(_key_in(table, item)))
        table.put(item)
        return _old_values(request, old)

    def delete_item(self, request: Request, _caller: Caller) -> Request:
        """Delete the item of a key, where its condition holds."""
        table, key = self._table(request), checked_item(request["Key"])
        old = self._checked(table, request, table.get(key))
        table.delete(key)
        return _old_values(request, old)

    def update_item(self, request: Request, _caller: Caller) -> Request:
        """Change the item of a key, or make one, where its condition holds."""
        table, key = self._table(request), checked_item(request["Key"])
        given = Placeholders(request)
        actions = given.update(request.get("UpdateExpression"))
        old = self._checked(table, request, table.get(key), given)
        new = updated(actions, old if old is not None else key, table.key.names)
        table.put(new)
        paths = tuple(action.path for action in actions)
        return _values(request.get("ReturnValues", "NONE"), old or {}, new, paths)

    def query(self, request: Request, _caller: Caller) -> Request:
        """The items of one partition, by their sort key."""
        return reading.query(self._table(request), request)

    def scan(self, request: Request, _caller: Caller) -> Request:
        """The items of a table."""
        return reading.scan(self._table(request), request)

    # -- several items ------------------------------------------------------------------------

    def batch_get_item(self, request: Request, caller: Caller) -> Request:
        """Up to 100 items of several tables."""
        wanted = request["RequestItems"]
        if sum(len(one["Keys"]) for one in wanted.values()) > _MOST_READ:
            raise invalid("Too many items requested for the BatchGetItem call")
        found: dict[str, list[Item]] = {}
        for name, one in wanted.items():
            options = {member: value for member, value in one.items() if member != "Keys"}
            answers = [
                self.get_item({"TableName": name, "Key": key, **options}, caller)
                for key in one["Keys"]
            ]
            found[name] = [answer["Item"] for answer in answers if answer]
        return {"Responses": found, "UnprocessedKeys": {}}

    def batch_write_item(self, request: Request, caller: Caller) -> Request:
        """Up to 25 puts and deletes, each for itself."""
        wanted = request["RequestItems"]
        if sum(map(len, wanted.values())) > _MOST_WRITTEN:
            raise invalid("Too many items requested for the BatchWriteItem call")
        for name, writes in wanted.items():
            table = self._table({"TableName": name})
            keys = [_written_key(table, write) for write in writes]
            if len(set(keys)) != len(keys):
                raise invalid("Provided list of item keys contains duplicates")
        for name, writes in wanted.items():
            for write in writes:
                if "PutRequest" in write:
                    self.put_item({"TableName": name, **write["PutRequest"]}, caller)
                else:
                    self.delete_item({"TableName": name, **write["DeleteRequest"]}, caller)
        return {"UnprocessedItems": {}}

    def transact_get_items(self, request: Request, caller: Caller) -> Request:
        """Up to 100 items at one moment."""
        return {"Responses": [self.get_item(one["Get"], caller)
                              for one in request["TransactItems"]]}  # fmt: skip

    def transact_write_items(self, request: Request, caller: Caller) -> Request:
        """Up to 100 writes, all of them or none; each condition sees the items as they were."""
        before = {name: dict(table.items) for name, table in self.tables.items()}
        reasons: list[Request] = []
        for one in request["TransactItems"]:
            if len(one) != 1:
                self._restore(before)
                raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
            ((kind, write),) = one.items()
            try:
                self._transacted(kind, write, caller)
                reasons.append({"Code": "None"})
            except ServiceError as error:
                if error.code != "ConditionalCheckFailedException":
                    self._restore(before)
                    raise
                reasons.append({"Code": "ConditionalCheckFailed", "Message": error.message,
                                **error.members})  # fmt: skip
        if all(reason["Code"] == "None" for reason in reasons):
            return {}
        self._restore(before)
        codes = ", ".join(reason["Code"] for reason in reasons)
        raise ServiceError(
            "TransactionCanceledException",
            "Transaction cancelled, please refer cancellation reasons for specific reasons "
            f"[{codes}]",
            CancellationReasons=reasons,
        )

    def _transacted(self, kind: str, write: Request, caller: Caller) -> None:
        if kind == "Put":
            self.put_item(write, caller)
        elif kind == "Delete":
            self.delete_item(write, caller)
        elif kind == "Update":
            self.update_item(write, caller)
        else:
            table = self._table(write)
            self._checked(table, write, table.get(checked_item(write["Key"])))

    def _restore(self, before: Mapping[str, dict[tuple[Any, ...], Item]]) -> None:
        for name, items in before.items():
            self.tables[name].items = items

    # -- what they share ----------------------------------------------------------------------

    def _table(self, request: Request) -> Table:
        legacy = next((name for name in _LEGACY if request.get(name)), None)
        if legacy is not None:
            raise NotModelled(f"{legacy} is not simulated, expressions are")
        if request.get("ReturnConsumedCapacity", "NONE") != "NONE":
            raise NotModelled("ReturnConsumedCapacity is not simulated")
        name = request["TableName"].rpartition("/")[2]
        if name in self.tables:
            return self.tables[name]
        there = ", ".join(sorted(self.tables)) or "none"
        hint = f"there is no table {name!r}, there are {there}: [table.{name}] makes one"
        raise ServiceError("ResourceNotFoundException", "Requested resource not found", hint=hint)

    def _checked(
        self,
        table: Table,
        request: Request,
        item: Item | None,
        given: Placeholders | None = None,
    ) -> Item | None:
        """The item as it is, where the request's condition holds for it."""
        given = given or Placeholders(request)
        condition = given.condition("ConditionExpression", request.get("ConditionExpression"))
        given.finish()
        if holds(condition, item or {}):
            return item
        members: dict[str, Any] = {}
        if item and request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
            members["Item"] = item
        raise ServiceError(
            "ConditionalCheckFailedException", "The conditional request failed", **members
        )

    def _description(self, table: Table) -> Request:
        world = self._world
        arn = f"arn:aws:dynamodb:{world.region}:{world.account_id}:table/{table.name}"
        keys = [table.key, *table.indexes.values()]
        attributes = {name: key.type_of(name) for key in keys for name in key.names}
        described: Request = {
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()
            ],
            "KeySchema": _schema(table.key),
            **table.created,
            "TableName": table.name,
            "TableStatus": "ACTIVE",
            "CreationDateTime": datetime.fromtimestamp(world.scheduler.start_ms // 1000, UTC),
            "ItemCount": len(table.items),
            "TableArn": arn,
            "TableId": world.identity.uuid("dynamodb-table", table.name, 1),
        }
        if table.indexes and not table.created:
            described["GlobalSecondaryIndexes"] = [
                {"IndexName": name, "KeySchema": _schema(key),
                 "Projection": {"ProjectionType": "ALL"}, "IndexStatus": "ACTIVE"}
                for name, key in table.indexes.items()
            ]  # fmt: skip
        return described


def declared_table(
    name: str,
    key: Key,
    indexes: Mapping[str, Key],
    items: Iterable[Mapping[str, Any]] = (),
) -> Table:
    """A table of a project's, with items of plain JSON. Raises `ServiceError` for one that it
    cannot hold."""
    table = Table(name, key, dict(indexes), dict.fromkeys(indexes))
    for item in items:
        table.put({attribute: of_json(value) for attribute, value in item.items()})
    return table


def _key_in(table: Table, item: Item) -> Item:
    return {name: item[name] for name in table.key.names}


def _written_key(table: Table, write: Request) -> tuple[Any, ...]:
    if "PutRequest" in write:
        item = checked_item(write["PutRequest"]["Item"])
        table.check_item(item)
        return table.key.identity(item)
    return table.identity_of(checked_item(write["DeleteRequest"]["Key"]))


def _old_values(request: Request, old: Item | None) -> Request:
    wanted = request.get("ReturnValues", "NONE")
    if wanted not in ("NONE", "ALL_OLD"):
        raise invalid("Return values set to invalid value")
    return {"Attributes": old} if old and wanted == "ALL_OLD" else {}


def _values(wanted: str, old: Item, new: Item, paths: tuple[Path, ...]) -> Request:
    shown = {
        "ALL_OLD": old,
        "ALL_NEW": new,
        "UPDATED_OLD": projected(paths, old),
        "UPDATED_NEW": projected(paths, new),
    }.get(wanted, {})
    return {"Attributes": shown} if shown else {}


def _schema(key: Key) -> list[Request]:
    kinds = ("HASH", "RANGE")
    return [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip(key.names, kinds, strict=False)
    ]


def _shown_by(projection: Request, key: Key) -> frozenset[str] | None:
    """The attributes that an index has beside the table's key; None: all of them."""
    if projection.get("ProjectionType", "ALL") == "ALL":
        return None
    return frozenset((*key.names, *(projection.get("NonKeyAttributes") or ())))
