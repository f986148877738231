"""DynamoDB's API as boto3 speaks it. Expected values: DynamoDB's developer guide and API reference,
whose ProductCatalog is the item here."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator import Simulator

PRODUCT = {
    "Id": {"N": "789"},
    "ProductCategory": {"S": "Home Improvement"},
    "Price": {"N": "52.00"},
    "InStock": {"BOOL": True},
    "Brand": {"S": "Acme"},
    "RelatedItems": {"L": [{"N": "341"}, {"N": "472"}, {"N": "649"}]},
    "Color": {"SS": ["Red", "Black"]},
    "Ratings": {"M": {"FiveStar": {"L": [{"S": "Best product ever!"}]}}},
}
KEY = {"Id": {"N": "789"}}


@pytest.fixture
def client() -> Iterator[Any]:
    with Simulator() as simulator:
        made = simulator.client("dynamodb")
        made.create_table(
            TableName="ProductCatalog",
            KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "N"}],
            BillingMode="PAY_PER_REQUEST",
        )
        made.put_item(TableName="ProductCatalog", Item=PRODUCT)
        yield made


def update(client: Any, expression: str, values: Any = None, **more: Any) -> Any:
    given = {f":{name}": value for name, value in (values or {}).items()}
    options = {"ExpressionAttributeValues": given} if given else {}
    client.update_item(
        TableName="ProductCatalog", Key=KEY, UpdateExpression=expression, **options, **more
    )
    return client.get_item(TableName="ProductCatalog", Key=KEY)["Item"]


def message_of(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**request)
    error = refused.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


@pytest.mark.parametrize(
    ("expression", "values", "name", "expected"),
    [
        ("SET Price = Price - :p", {"p": {"N": "15"}}, "Price", {"N": "37"}),
        ("SET Price = if_not_exists(Price, :p)", {"p": {"N": "1"}}, "Price", {"N": "52"}),
        ("SET Discount = if_not_exists(Discount, :p)", {"p": {"N": "1"}}, "Discount", {"N": "1"}),
        ("SET RelatedItems[1] = :ri", {"ri": {"S": "Hammer"}}, "RelatedItems",
         {"L": [{"N": "341"}, {"S": "Hammer"}, {"N": "649"}]}),
        ("SET RelatedItems[9] = :ri", {"ri": {"N": "1"}}, "RelatedItems",
         {"L": [{"N": "341"}, {"N": "472"}, {"N": "649"}, {"N": "1"}]}),
        ("SET Ratings.FiveStar = list_append(:r, Ratings.FiveStar)",
         {"r": {"L": [{"S": "first"}]}}, "Ratings",
         {"M": {"FiveStar": {"L": [{"S": "first"}, {"S": "Best product ever!"}]}}}),
        ("REMOVE RelatedItems[0], RelatedItems[2]", None, "RelatedItems", {"L": [{"N": "472"}]}),
        ("REMOVE Brand", None, "Brand", None),
        ("ADD QuantityOnHand :q", {"q": {"N": "5"}}, "QuantityOnHand", {"N": "5"}),
        ("ADD Price :q", {"q": {"N": "0.5"}}, "Price", {"N": "52.5"}),
        ("ADD Color :c", {"c": {"SS": ["Orange", "Red"]}}, "Color",
         {"SS": ["Red", "Black", "Orange"]}),
        ("DELETE Color :p", {"p": {"SS": ["Red", "Blue"]}}, "Color", {"SS": ["Black"]}),
        ("DELETE Color :p", {"p": {"SS": ["Red", "Black"]}}, "Color", None),
        # both see the item as it was
        ("SET Brand = ProductCategory, ProductCategory = Brand", None, "ProductCategory",
         {"S": "Acme"}),
        ("set Price = :p remove InStock", {"p": {"N": "1E+2"}}, "Price", {"N": "100"}),
    ],
)  # fmt: skip
def test_updates(client: Any, expression: str, values: Any, name: str, expected: Any) -> None:
    assert update(client, expression, values).get(name) == expected


@pytest.mark.parametrize(
    ("condition", "values", "holds"),
    [
        ("attribute_not_exists(Id)", {}, False),
        ("attribute_exists(Ratings.FiveStar[0])", {}, True),
        ("attribute_exists(Ratings.OneStar)", {}, False),
        ("attribute_type(Color, :t)", {"t": {"S": "SS"}}, True),
        ("begins_with(Brand, :b)", {"b": {"S": "Ac"}}, True),
        ("contains(Color, :c)", {"c": {"S": "Red"}}, True),
        ("contains(Brand, :c)", {"c": {"S": "cm"}}, True),
        ("contains(RelatedItems, :c)", {"c": {"N": "341.0"}}, True),
        ("size(Brand) = :n", {"n": {"N": "4"}}, True),
        ("size(RelatedItems) < :n", {"n": {"N": "3"}}, False),
        ("(ProductCategory IN (:a, :b)) and (Price between :lo and :hi)",
         {"a": {"S": "Sporting Goods"}, "b": {"S": "Home Improvement"}, "lo": {"N": "9"},
          "hi": {"N": "100"}}, True),
        ("Price <= :p", {"p": {"N": "52.0"}}, True),
        # a number is never equal to, or less than, text
        ("Price = :p", {"p": {"S": "52"}}, False),
        ("Price <> :p", {"p": {"S": "52"}}, True),
        ("Price < :p", {"p": {"S": "99"}}, False),
        ("NOT Price = :p", {"p": {"N": "52"}}, False),
        # AND before OR
        ("Price = :p OR Price = :q AND Price = :q", {"p": {"N": "52"}, "q": {"N": "1"}}, True),
        ("(Price = :p OR Price = :q) AND Price = :q", {"p": {"N": "52"}, "q": {"N": "1"}}, False),
        ("Color = :c", {"c": {"SS": ["Black", "Red"]}}, True),
        ("Absent = :c", {"c": {"S": "x"}}, False),
        ("attribute_not_exists(Absent) OR Absent < :c", {"c": {"N": "1"}}, True),
    ],
)  # fmt: skip
def test_conditions(client: Any, condition: str, values: Any, holds: bool) -> None:
    request = {
        "TableName": "ProductCatalog",
        "Key": KEY,
        "ConditionExpression": condition,
        "ReturnValues": "ALL_OLD",
    }
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": one for name, one in values.items()}
    if holds:
        assert client.delete_item(**request)["Attributes"]["Brand"] == {"S": "Acme"}
    else:
        expected = "ConditionalCheckFailedException: The conditional request failed"
        assert message_of(client.delete_item, **request) == expected


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"UpdateExpression": "SET name = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
         "Invalid UpdateExpression: Attribute name is a reserved keyword; reserved keyword: name"),
        ({"UpdateExpression": "SET #n = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
         ("Invalid UpdateExpression: An expression attribute name used in the document path is not "
          "defined; attribute name: #n")),
        ({"UpdateExpression": "SET Brand = :v"},
         ("Invalid UpdateExpression: An expression attribute value used in expression is not "
          "defined; attribute value: :v")),
        ({"UpdateExpression": "SET Brand = :v",
          "ExpressionAttributeValues": {":v": {"S": "x"}, ":w": {"S": "y"}}},
         "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"),
        ({"UpdateExpression": "SET Brand :v", "ExpressionAttributeValues": {":v": {"S": "x"}}},
         'Invalid UpdateExpression: Syntax error; token: ":v", near: "Brand :v"'),
        ({"UpdateExpression": "SET Id = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}},
         ("One or more parameter values were invalid: Cannot update attribute Id. This attribute "
          "is part of the key")),
        ({"UpdateExpression": "SET Price = Cost + :v",
          "ExpressionAttributeValues": {":v": {"N": "1"}}},
         "The provided expression refers to an attribute that does not exist in the item"),
        ({"UpdateExpression": "SET Brand = Brand + :v",
          "ExpressionAttributeValues": {":v": {"N": "1"}}},
         "An operand in the update expression has an incorrect data type"),
        ({"UpdateExpression": "SET Absent.Part = :v",
          "ExpressionAttributeValues": {":v": {"N": "1"}}},
         "The document path provided in the update expression is invalid for update"),
        ({"UpdateExpression": "SET Price = :v REMOVE Price",
          "ExpressionAttributeValues": {":v": {"N": "1"}}},
         ("Invalid UpdateExpression: Two document paths overlap with each other; must remove or "
          "rewrite one of these paths; path one: [Price], path two: [Price]")),
        ({"UpdateExpression": ""}, "Invalid UpdateExpression: The expression can not be empty;"),
        ({"Key": {"Id": {"S": "789"}}}, "The provided key element does not match the schema"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_in_aws_s_words(
    client: Any, request_: Any, message: str
) -> None:
    request = {"TableName": "ProductCatalog", "Key": KEY, **request_}
    assert message_of(client.update_item, **request) == f"ValidationException: {message}"
    item = client.get_item(TableName="ProductCatalog", Key=KEY)["Item"]
    assert item["Price"] == {"N": "52"}


def test_numbers_keep_38_digits_and_no_zeros(client: Any) -> None:
    def kept(text: str) -> str:
        return str(update(client, "SET Price = :p", {"p": {"N": text}})["Price"]["N"])

    assert kept("1.50") == "1.5"
    assert (
        kept("12345678901234567890123456789012345678") == "12345678901234567890123456789012345678"
    )
    request = {"TableName": "ProductCatalog", "Item": {**KEY, "n": {"N": "1" * 39}}}
    assert "more than 38 significant digits" in message_of(client.put_item, **request)
    request["Item"]["n"] = {"N": "abc"}
    assert message_of(client.put_item, **request).endswith("numeric value: abc")


def test_an_item_may_have_400_kilobytes(client: Any) -> None:
    # names and values count: Id is 2, its number 789 takes 3; x is 1
    request = {"TableName": "ProductCatalog", "Item": {**KEY, "x": {"S": "a" * (409_600 - 6)}}}
    client.put_item(**request)
    request["Item"]["x"]["S"] += "a"
    assert message_of(client.put_item, **request) == (
        "ValidationException: Item size has exceeded the maximum allowed size"
    )


def test_a_projection_names_paths(client: Any) -> None:
    found = client.get_item(
        TableName="ProductCatalog",
        Key=KEY,
        ProjectionExpression="Brand, RelatedItems[2], Ratings.FiveStar[0], #m",
        ExpressionAttributeNames={"#m": "Missing"},
    )["Item"]
    assert found == {
        "Brand": {"S": "Acme"},
        "RelatedItems": {"L": [{"N": "649"}]},
        "Ratings": {"M": {"FiveStar": {"L": [{"S": "Best product ever!"}]}}},
    }


@pytest.fixture
def thread() -> Iterator[Any]:
    """The developer guide's Thread table, with an index by who posted last."""
    with Simulator() as simulator:
        table = simulator.client("dynamodb")
        names = {"ForumName": "S", "Subject": "S", "Replies": "N"}
        table.create_table(
            TableName="Thread",
            KeySchema=[
                {"AttributeName": "ForumName", "KeyType": "HASH"},
                {"AttributeName": "Subject", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind} for name, kind in names.items()
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "ByReplies",
                    "KeySchema": [
                        {"AttributeName": "ForumName", "KeyType": "HASH"},
                        {"AttributeName": "Replies", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        for number, subject in enumerate(["b", "a", "d", "c"]):
            item = {
                "ForumName": {"S": "EC2"}, "Subject": {"S": subject}, "Views": {"N": str(number)}
            }  # fmt: skip
            if subject != "d":
                item["Replies"] = {"N": str(10 - number)}
            table.put_item(TableName="Thread", Item=item)
        table.put_item(TableName="Thread", Item={"ForumName": {"S": "S3"}, "Subject": {"S": "x"}})
        yield table


def ask(client: Any, condition: str, **more: Any) -> Any:
    values = more.pop("values", {})
    return client.query(
        TableName="Thread",
        KeyConditionExpression=condition,
        ExpressionAttributeValues={":f": {"S": "EC2"}, **values},
        **more,
    )


def subjects(answer: Any) -> str:
    return "".join(item["Subject"]["S"] for item in answer["Items"])


def test_a_query_is_in_the_order_of_the_sort_key(thread: Any) -> None:
    assert subjects(ask(thread, "ForumName = :f")) == "abcd"
    assert subjects(ask(thread, "ForumName = :f", ScanIndexForward=False)) == "dcba"
    low_high = {":lo": {"S": "b"}, ":hi": {"S": "c"}}
    between = ask(thread, "ForumName = :f AND Subject BETWEEN :lo AND :hi", values=low_high)
    assert subjects(between) == "bc"
    first = {":s": {"S": "d"}}
    assert subjects(ask(thread, "begins_with(Subject, :s) AND ForumName = :f", values=first)) == "d"


def test_pages_end_before_the_filter(thread: Any) -> None:
    """Limit counts what is read; a page that is full names where it ended."""
    one = {":v": {"N": "1"}}
    page = ask(thread, "ForumName = :f", values=one, FilterExpression="#v > :v", Limit=2,
               ExpressionAttributeNames={"#v": "Views"})  # fmt: skip
    assert (page["Count"], page["ScannedCount"], subjects(page)) == (0, 2, "")
    assert page["LastEvaluatedKey"] == {"ForumName": {"S": "EC2"}, "Subject": {"S": "b"}}
    rest = ask(thread, "ForumName = :f", ExclusiveStartKey=page["LastEvaluatedKey"])
    assert subjects(rest) == "cd"
    assert "LastEvaluatedKey" not in rest
    pages = thread.get_paginator("scan").paginate(
        TableName="Thread", PaginationConfig={"PageSize": 2}
    )
    assert sorted(subjects({"Items": list(pages.search("Items[]"))})) == ["a", "b", "c", "d", "x"]


def test_an_index_has_the_items_that_have_its_key(thread: Any) -> None:
    answer = ask(thread, "ForumName = :f", IndexName="ByReplies")
    # b has 10 replies, a 9, c 7; d has none
    assert subjects(answer) == "cab"
    assert set(answer["Items"][0]) == {"ForumName", "Subject", "Replies"}


def test_key_conditions_are_about_keys(thread: Any) -> None:
    request = {"TableName": "Thread", "ExpressionAttributeValues": {":f": {"S": "x"}}}
    said = "ValidationException: Query condition missed key schema element: "
    for condition, missed in [("Subject = :f", "ForumName"), ("Views = :f", "Subject")]:
        given = {**request, "KeyConditionExpression": condition.replace("Views", "Seen")}
        assert message_of(thread.query, **given) == said + missed
    given = {**request, "KeyConditionExpression": "ForumName > :f"}
    assert message_of(thread.query, **given).endswith("Query key condition not supported")


def test_a_transaction_is_all_or_nothing(thread: Any) -> None:
    key = {"ForumName": {"S": "EC2"}, "Subject": {"S": "a"}}
    put = {"Put": {"TableName": "Thread", "Item": {**key, "Subject": {"S": "e"}}}}
    check = {
        "ConditionCheck": {
            "TableName": "Thread",
            "Key": key,
            "ConditionExpression": "attribute_not_exists(Subject)",
        }
    }  # fmt: skip
    with pytest.raises(thread.exceptions.TransactionCanceledException) as refused:
        thread.transact_write_items(TransactItems=[put, check])
    codes = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert codes == ["None", "ConditionalCheckFailed"]
    assert subjects(ask(thread, "ForumName = :f")) == "abcd"
    thread.transact_write_items(TransactItems=[put])
    assert subjects(ask(thread, "ForumName = :f")) == "abcde"


def test_batches(thread: Any) -> None:
    gone = {"ForumName": {"S": "S3"}, "Subject": {"S": "x"}}
    new = {"ForumName": {"S": "S3"}, "Subject": {"S": "y"}}
    writes = [{"DeleteRequest": {"Key": gone}}, {"PutRequest": {"Item": new}}]
    thread.batch_write_item(RequestItems={"Thread": writes})
    found = thread.batch_get_item(RequestItems={"Thread": {"Keys": [gone, new]}})
    assert found["Responses"] == {"Thread": [new]}


def test_what_is_not_simulated_is_named(thread: Any) -> None:
    with pytest.raises(Exception, match="Expected is not simulated, expressions are"):
        thread.put_item(TableName="Thread", Item={}, Expected={"a": {"Exists": False}})


PROJECT = """
[definition]
file = "m.asl.json"
[table.locks]
key = "lock_key"
items = "locks.json"
[table.runs]
key = "job"
sort_key = { at = "N" }
[table.runs.indexes.by_state]
key = "state"
sort_key = { at = "N" }
[lambda.release]
path = "release"
"""
# a lock of which only one may be had, as published pipelines take it
LOCK = {
    "StartAt": "Take",
    "States": {
        "Take": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:putItem",
            "Parameters": {
                "TableName": "locks",
                "Item": {
                    "lock_key": {"S.$": "$.lock"},
                    "until": {"N.$": "States.Format('{}', $.until)"},
                },
                "ConditionExpression": "attribute_not_exists(lock_key) OR #u < :now",
                "ExpressionAttributeNames": {"#u": "until"},
                "ExpressionAttributeValues": {":now": {"N.$": "States.Format('{}', $.now)"}},
            },
            "ResultPath": None,
            "Catch": [
                {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Held"}
            ],
            "Next": "Release",
        },
        "Release": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "release", "Payload.$": "$"},
            "OutputPath": "$.Payload",
            "End": True,
        },
        "Held": {"Type": "Fail", "Error": "Held"},
    },
}
RELEASE = """
import boto3
from boto3.dynamodb.conditions import Attr, Key

table = boto3.resource("dynamodb").Table("locks")
runs = boto3.resource("dynamodb").Table("runs")


def handler(event, context):
    runs.put_item(Item={"job": "load", "at": 1, "state": "DONE", "rows": {"of": [1, None]}})
    found = runs.query(IndexName="by_state", KeyConditionExpression=Key("state").eq("DONE"))
    table.delete_item(Key={"lock_key": event["lock"]}, ConditionExpression=Attr("until").gt(0))
    return {"rows": str(found["Items"][0]["rows"]), "left": table.scan()["Count"]}
"""


def test_a_project_declares_tables_and_what_is_in_them(tmp_path: Path) -> None:
    import json

    (tmp_path / "simulator.toml").write_text(PROJECT)
    (tmp_path / "m.asl.json").write_text(json.dumps(LOCK))
    (tmp_path / "locks.json").write_text('[{"lock_key": "old", "until": 50}]')
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "index.py").write_text(RELEASE)
    with Simulator.from_project(tmp_path) as simulator:
        held = simulator.start({"lock": "old", "now": 50, "until": 60})
        free = simulator.start({"lock": "new", "now": 50, "until": 60})
        simulator.run()
        assert (held.status, held.error) == ("FAILED", "Held")
        assert free.output == {"rows": str({"of": [Decimal(1), None]}), "left": 1}
        items = simulator.client("dynamodb").scan(TableName="locks")["Items"]
        assert items == [{"lock_key": {"S": "old"}, "until": {"N": "50"}}]


def test_members_that_only_the_service_asks_for(client: Any) -> None:
    # botocore's model requires neither, and lets a transaction's item have none or several
    assert "AttributeDefinitions" in message_of(client.create_table, TableName="t")
    two = {"Put": {"TableName": "t", "Item": {}}, "Delete": {"TableName": "t", "Key": {}}}
    for item in ({}, two):
        said = message_of(client.transact_write_items, TransactItems=[item])
        assert said.endswith("TransactItems can only contain one of Check, Put, Update or Delete")
