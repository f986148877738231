"""Comparisons in patterns. Expected values: "Comparison operators for use in event patterns" in
EventBridge's user guide."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.services.eventbridge.patterns import check_pattern, matches

# the Data API's, as it is documented
EVENT = {
    "source": "aws.redshift-data",
    "detail-type": "Redshift Data Statement Status Change",
    "region": "us-east-1",
    "detail": {
        "principal": "arn:aws:sts::123456789012:assumed-role/etl/load-orders",
        "statementName": "nightly/orders",
        "statementId": "5e47ccda",
        "redshiftQueryId": 18,
        "state": "FINISHED",
        "rows": 4.5,
        "expireAt": None,
        "address": "10.0.0.12",
        "tables": ["orders", "items"],
        "nested": {"a": 1},
    },
}


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({"statementName": [{"prefix": "nightly/"}]}, True),
        ({"statementName": [{"prefix": "Nightly/"}]}, False),
        ({"statementName": [{"prefix": {"equals-ignore-case": "NIGHTLY/"}}]}, True),
        ({"principal": [{"suffix": "/load-orders"}]}, True),
        ({"principal": [{"suffix": {"equals-ignore-case": "LOAD-ORDERS"}}]}, True),
        ({"redshiftQueryId": [{"prefix": "1"}]}, False),
        ({"state": [{"anything-but": "FINISHED"}]}, False),
        ({"state": [{"anything-but": ["FAILED", "ABORTED"]}]}, True),
        ({"redshiftQueryId": [{"anything-but": [100, 200]}]}, True),
        ({"statementName": [{"anything-but": {"prefix": "nightly/"}}]}, False),
        ({"statementName": [{"anything-but": {"suffix": ["x", "y"]}}]}, True),
        ({"state": [{"anything-but": {"equals-ignore-case": ["finished"]}}]}, False),
        ({"statementName": [{"anything-but": {"wildcard": "*/orders"}}]}, False),
        # a field that isn't there is not something else
        ({"missing": [{"anything-but": "x"}]}, False),
        ({"missing": [{"exists": False}]}, True),
        ({"state": [{"exists": False}]}, False),
        ({"state": [{"exists": True}]}, True),
        # exists is about leaves alone
        ({"nested": [{"exists": True}]}, False),
        ({"nested": {"b": [{"exists": False}]}}, True),
        ({"other": {"b": [{"exists": False}]}}, True),
        ({"state": [{"equals-ignore-case": "finished"}]}, True),
        ({"redshiftQueryId": [{"numeric": ["=", 18]}]}, True),
        ({"redshiftQueryId": [{"numeric": [">", 0, "<=", 18]}]}, True),
        ({"redshiftQueryId": [{"numeric": ["<", 18]}]}, False),
        ({"rows": [{"numeric": [">=", 4.5]}]}, True),
        ({"state": [{"numeric": [">", 0]}]}, False),
        ({"address": [{"cidr": "10.0.0.0/24"}]}, True),
        ({"address": [{"cidr": "10.1.0.0/24"}]}, False),
        ({"statementName": [{"wildcard": "night*/ord*"}]}, True),
        ({"statementName": [{"wildcard": "night*/ord"}]}, False),
        ({"statementName": [{"wildcard": "nightly\\*orders"}]}, False),
        ({"tables": [{"prefix": "it"}]}, True),
        ({"expireAt": [None]}, True),
        # one of several is enough
        ({"state": ["FAILED", {"prefix": "FIN"}]}, True),
        ({"$or": [{"state": ["FAILED"]}, {"redshiftQueryId": [{"numeric": [">", 10]}]}]}, True),
        ({"$or": [{"state": ["FAILED"]}, {"rows": [1]}], "statementId": ["5e47ccda"]}, False),
    ],
)
def test_a_comparison_matches_as_on_eventbridge(detail: Any, expected: bool) -> None:
    pattern = {"source": ["aws.redshift-data"], "detail": detail}
    check_pattern(pattern, where="pattern")
    assert matches(pattern, EVENT) is expected


@pytest.mark.parametrize(
    ("comparison", "message"),
    [
        ({"begins": "x"}, "p.a: expected one of the comparisons exists, prefix, .* got 'begins'"),
        ({"prefix": 1}, "p.a.prefix: expected text, got 1"),
        ({"prefix": "x", "suffix": "y"}, "p.a: expected one comparison in each object"),
        ({"exists": "yes"}, "p.a.exists: expected true or false, got 'yes'"),
        ({"numeric": [">"]}, "p.a.numeric: expected a comparison and a number"),
        ({"numeric": ["!=", 1]}, "p.a.numeric: expected one of =, <, <=, >, >=, got '!='"),
        ({"numeric": [">", 6e9]}, "p.a.numeric: expected a number from -5.0e9 to 5.0e9"),
        ({"anything-but": {"numeric": [">", 1]}}, "p.a.anything-but: expected one of prefix"),
        ({"cidr": "here"}, "p.a.cidr: expected a range of addresses"),
    ],
)
def test_what_is_no_comparison_is_refused(comparison: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_pattern({"a": [comparison]}, where="p")


def test_or_has_two_patterns_or_more() -> None:
    with pytest.raises(ValueError, match=r"p.\$or: expected a list of two patterns or more"):
        check_pattern({"$or": [{"a": [1]}]}, where="p")
