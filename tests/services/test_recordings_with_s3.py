"""AWS's recordings that read a bucket, with the content that each must have had.

They lie beside the checkout and are not part of it: without them these tests are skipped.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from simulator import Simulator

RECORDINGS = Path(__file__).parents[3] / "shared" / "conformance" / "recordings.jsonl"
pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason=f"{RECORDINGS} is not there")

ROWS = ["Value4,Value5,Value6", ",,,", "true,1,'HelloWorld'", "Null,None,", "   ,"]
NAMED = ["Col1,Col2", *(f"Value{n},Value{n + 1}" for n in range(1, 40, 2))]
NEWS = [
    {"verdict": "true", "statement_date": "6/11/2008", "statement_source": "speech"},
    {"verdict": "false", "statement_date": "6/7/2022", "statement_source": "television"},
    {"verdict": "mostly-true", "statement_date": "5/18/2016", "statement_source": "news"},
    {"verdict": "false", "statement_date": "5/18/2024", "statement_source": "x"},
]


def lines(*rows: str) -> str:
    return "\n".join(rows)


# by a part of the recording's id: the object's content
CONTENTS = {
    "base_csv_headers_decl": lines("Value1,Value2,Value3", *ROWS),
    "base_csv_headers_first_line": lines("Col1,Col2,Col3", "Value1,Value2,Value3", *ROWS),
    "csv_first_row_extra_fields": lines("H1,", *ROWS),
    "decl_duplicate_headers": lines("Value1,Value2,Value3", *ROWS),
    "decl_extra_fields": lines("Value1,Value2,Value3", *ROWS),
    "typed_headers": lines("0,True,{}", *ROWS),
    "csv_max_items[2]": lines(*NAMED),
    "csv_max_items_paths[2]": lines(*NAMED),
    "csv_max_items_paths[-1]": lines(*NAMED),
    "json_max_items_jsonata": json.dumps(NEWS),
    "MAX_ITEMS_PATH": json.dumps(NEWS),
    "MAX_PER_BATCH_PATH": json.dumps(NEWS),
    "ITEMS_PATH_FROM_ITEM_READER": '[["from-bucket-item-0"]]',
    "ITEMS_PATH_FROM_PREVIOUS": '[["from-bucket-item-0"]]',
    "json_no_json_list_object": json.dumps({"a": 1}),
    "test_s3_get_object[binary]": "binary data",
    "test_s3_get_object[str]": "text data",
    "test_s3_get_object[empty_str]": "",
    "test_s3_put_object[bool]": "",
    "test_s3_put_object[list]": "",
    "test_s3_put_object[num]": "",
    "test_s3_put_object[str]": "",
    "test_s3_no_such_key": "",
}


def cases() -> list[Any]:
    if not RECORDINGS.exists():
        return []
    recorded = [json.loads(line) for line in RECORDINGS.read_text().splitlines()]
    return [
        pytest.param(case, content, id=part)
        for case in recorded
        if case["kind"] == "execution"
        for part, content in CONTENTS.items()
        if part in case["id"]
    ]


def plain(value: Any) -> Any:
    """Without what differs from run to run; JSON text is as good as what it says."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if key != "LastModified"}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, str) and value.startswith(("[", "{")):
        return plain(json.loads(value))
    return re.sub(r" Request ID: .*", "", value) if isinstance(value, str) else value


@pytest.mark.parametrize(("case", "content"), cases())
def test_a_recorded_execution_ends_as_on_aws(case: Any, content: str, tmp_path: Path) -> None:
    (recorded,) = case["executions"]
    given = json.loads(recorded["input"])
    folder = tmp_path / "bucket"
    folder.mkdir()
    (folder / given.get("Key", "other")).write_text(content)
    simulator = Simulator(lake={given["Bucket"]: folder})
    simulator.create_state_machine(recorded["definition"])
    execution = simulator.start(given)
    simulator.run()
    events, last = execution.history(), recorded["expect"]["history"]["events"][-1]
    expected = [event["type"] for event in recorded["expect"]["history"]["events"]]
    assert [event["type"] for event in events] == expected
    if last["type"] == "ExecutionSucceeded":
        output = last["executionSucceededEventDetails"]["output"]
        assert plain(execution.output) == plain(output)
    else:
        details = last["executionFailedEventDetails"]
        assert execution.error == details.get("error")
        assert plain(execution.cause) == plain(details.get("cause"))
