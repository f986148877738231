"""RFC 3339 as ASL takes it."""

import pytest

from simulator.asl.timestamps import timestamp_ms, timestamp_ns


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00.250+01:00", 250),
        ("1969-12-31T23:59:59.5Z", -500),
        ("2024-02-29T00:00:00Z", 1709164800000),
    ],
)
def test_a_timestamp_is_a_moment(text, ms):
    assert timestamp_ms(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        # the first five are recorded as refused
        "2016-13-05T21:29:29Z",
        "05-12-2016T21:29:29Z",
        "2016-12-05T25:29:29Z",
        "2016-12-05T21:29:29",
        "{% '2016-03-14T01:59:00Z' %}",
        "2016-12-05 21:29:29Z",
        "2016-12-05t21:29:29z",
        "2023-02-29T00:00:00Z",
        "2016-12-05T21:29:29+0100",
        "2016-12-05T21:29:29+19:00",
        "2016-12-05",
        "",
        5,
        None,
    ],
)
def test_anything_else_is_none(text):
    assert timestamp_ns(text) is None
