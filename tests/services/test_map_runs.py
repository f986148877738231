"""Distributed Maps: where items come from, child executions, Map Runs, and where results go."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from simulator import Execution, Simulator

INNER = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}


class Lab:
    """A simulation over one bucket, `lake`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.simulator = Simulator(lake={"lake": folder})

    def put(self, key: str, content: str | bytes) -> None:
        file = self.folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def run(
        self, given: Any = None, *, inner: Any = INNER, kind: str = "STANDARD", **fields: Any
    ) -> Execution:
        config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
        state = {
            "Type": "Map",
            "Label": "Each",
            "ItemProcessor": {**inner, "ProcessorConfig": config},
            "End": True,
            **fields,
        }
        self.simulator.create_state_machine(
            {"StartAt": "M", "States": {"M": state}}, name="Machine"
        )
        execution = self.simulator.start(given)
        self.simulator.run()
        return execution

    def read(self, key: str, **config: Any) -> Execution:
        return self.run(
            ItemReader={
                "Resource": "arn:aws:states:::s3:getObject",
                "Parameters": {"Bucket": "lake", "Key": key},
                "ReaderConfig": config,
            }
        )

    @property
    def states(self) -> Any:
        return self.simulator.client("stepfunctions")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


# -- items --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "config", "items"),
    [
        ("[1, 2, 3]", {"InputType": "JSON", "MaxItems": 2}, [1, 2]),
        ('{"a": {"b": [7]}}', {"InputType": "JSON", "ItemsPointer": "/a/b"}, [7]),
        ('{"a": 1}\n\n[2]\n', {"InputType": "JSONL"}, [{"a": 1}, [2]]),
        ("x\n1\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, [{"x": "1"}]),
        (
            "1|a b\n",
            {
                "InputType": "CSV",
                "CSVDelimiter": "PIPE",
                "CSVHeaderLocation": "GIVEN",
                "CSVHeaders": ["n", "t"],
            },
            [{"n": "1", "t": "a b"}],
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_packed", [False, True])
def test_an_object_holds_the_items(
    lab: Lab, content: str, config: Any, items: Any, is_packed: bool
) -> None:
    lab.put("items", gzip.compress(content.encode()) if is_packed else content)
    assert lab.read("items", **config).output == items


def test_the_objects_under_a_prefix_are_items(lab: Lab) -> None:
    lab.put("in/a.sql", "select 1")
    lab.put("in/b.sql", "select 2")
    lab.put("other", "x")
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": "lake", "Prefix": "in/"},
    }
    output = lab.run(ItemReader=reader).output
    assert [(one["Key"], one["Size"]) for one in output] == [("in/a.sql", 8), ("in/b.sql", 8)]
    # 2024-01-09T10:00:00Z
    assert output[0]["LastModified"] == 1_704_794_400


def test_the_rows_of_an_inventory_are_items(lab: Lab) -> None:
    manifest = {
        "destinationBucket": "arn:aws:s3:::lake",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "data/1.csv.gz"}, {"key": "data/2.csv.gz"}],
    }
    lab.put("manifest.json", json.dumps(manifest))
    lab.put("data/1.csv.gz", gzip.compress(b'"b","k1","10"\n'))
    lab.put("data/2.csv.gz", gzip.compress(b'"b","k2","20"\n'))
    output = lab.read("manifest.json", InputType="MANIFEST").output
    assert output == [
        {"Bucket": "b", "Key": "k1", "Size": "10"},
        {"Bucket": "b", "Key": "k2", "Size": "20"},
    ]


@pytest.mark.parametrize(
    ("content", "config", "cause"),
    [
        ("{}", {"InputType": "JSON"}, "Attempting to map over non-iterable node."),
        ("a,a\n", {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, "duplicates"),
        ("", {"InputType": "PARQUET"}, "PARQUET"),
    ],
)
def test_a_dataset_that_cannot_be_read_fails_the_map_run(
    lab: Lab, content: str, config: Any, cause: str
) -> None:
    lab.put("items", content)
    execution = lab.read("items", **config)
    assert execution.error == "States.ItemReaderFailed"
    assert cause in (execution.cause or "")
    types = [event["type"] for event in execution.history()]
    assert types[-4:] == ["MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_a_gzip_file_cut_short_fails_the_map_run(lab: Lab) -> None:
    lab.put("items", gzip.compress(b"[1, 2, 3]")[:-6])
    execution = lab.read("items", InputType="JSON")
    assert (execution.error, "gzip" in execution.cause) == ("States.ItemReaderFailed", True)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"ItemBatcher": {"MaxItemsPerBatchPath": "$.none"}}, "MaxItemsPerBatch must be positive"),
        ({"ItemBatcher": {"MaxItemsPerBatch": 1, "BatchInput": {"b.$": "$.no"}}}, "'b.$'"),
        ({"ItemSelector": {"s.$": "$.no"}}, "'s.$'"),
        (
            {
                "ResultWriter": {
                    "Resource": "arn:aws:states:::s3:putObject",
                    "Parameters": {"Bucket.$": "$.no"},
                }
            },
            "'Bucket.$'",
        ),
    ],
)
def test_a_field_that_finds_nothing_ends_the_map_run_too(
    lab: Lab, fields: dict[str, Any], says: str
) -> None:
    execution = lab.run({"a": [1, 2], "none": 0}, ItemsPath="$.a", **fields)
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert says in execution.cause
    (run,) = lab.states.list_map_runs(executionArn=execution.arn)["mapRuns"]
    assert lab.states.describe_map_run(mapRunArn=run["mapRunArn"])["status"] == "FAILED"


def test_a_key_that_is_no_text_fails_the_map_run(lab: Lab) -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "lake", "Key.$": "$.key"},
        "ReaderConfig": {"InputType": "JSON"},
    }
    execution = lab.run({"key": {"no": "text"}}, ItemReader=reader)
    assert execution.error == "States.ItemReaderFailed"
    assert execution.cause == "The value for the field 'Key' must be a STRING"


def test_an_object_that_is_not_there_is_named(lab: Lab) -> None:
    assert lab.read("none", InputType="JSON").cause == "The specified key does not exist."


# -- batches ------------------------------------------------------------------------------------


def test_items_come_in_batches_with_what_goes_with_each(lab: Lab) -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"day.$": "$.day"}}
    output = lab.run(
        {"day": "d", "items": [1, 2, 3]}, ItemsPath="$.items", ItemBatcher=batcher
    ).output
    assert output == [
        {"BatchInput": {"day": "d"}, "Items": [1, 2]},
        {"BatchInput": {"day": "d"}, "Items": [3]},
    ]


def test_a_batch_ends_before_it_is_too_large_and_holds_one_item_at_least(lab: Lab) -> None:
    # {"Items":[]} are 12 bytes, each item of five letters 7 with its quotes and one for the comma
    batcher = {"MaxInputBytesPerBatch": 28}
    output = lab.run(["aaaaa", "bbbbb", "c" * 40], ItemBatcher=batcher).output
    assert [one["Items"] for one in output] == [["aaaaa", "bbbbb"], ["c" * 40]]


# -- child executions and Map Runs --------------------------------------------------------------


@pytest.mark.parametrize(("most", "batches"), [(15, [[1, 2]]), (14, [[1], [2]])])
def test_a_batch_may_have_just_the_bytes_that_are_allowed(
    lab: Lab, most: int, batches: list[list[int]]
) -> None:
    # {"Items":[1,2]} has 15 bytes
    execution = lab.run([1, 2], ItemBatcher={"MaxInputBytesPerBatch": most})
    assert execution.output == [{"Items": batch} for batch in batches]


def test_children_are_executions_of_their_own(lab: Lab) -> None:
    execution = lab.run(["a", "b"], ItemSelector={"it.$": "$$.Map.Item.Value"})
    (run,) = lab.states.list_map_runs(executionArn=execution.arn)["mapRuns"]
    prefix = "arn:aws:states:us-east-1:123456789012"
    assert run["mapRunArn"].startswith(f"{prefix}:mapRun:Machine/Each:")
    children = lab.states.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert len(children) == 2
    child = lab.states.describe_execution(executionArn=children[1]["executionArn"])
    assert child["executionArn"].startswith(f"{prefix}:execution:Machine/Each:")
    assert (json.loads(child["input"]), child["mapRunArn"]) == ({"it": "a"}, run["mapRunArn"])
    events = lab.states.get_execution_history(executionArn=child["executionArn"])["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": True}}}


@pytest.mark.parametrize(("most", "seconds"), [(0, 10), (1, 40), (3, 20)])
def test_as_many_run_at_once_as_are_allowed(lab: Lab, most: int, seconds: int) -> None:
    execution = lab.run([1, 2, 3, 4], inner=WAIT, MaxConcurrency=most)
    assert round(execution.virtual_seconds) == seconds


def test_express_children_have_five_minutes(lab: Lab) -> None:
    long = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 400, "End": True}}}
    execution = lab.run([1], inner=long, kind="EXPRESS")
    assert execution.error == "States.ExceedToleratedFailureThreshold"
    assert round(execution.virtual_seconds) == 300


FAILS_ON_2 = {
    "StartAt": "C",
    "States": {
        "C": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}],
            "Default": "W",
        },
        "F": {"Type": "Fail", "Error": "Two"},
        "W": {"Type": "Wait", "Seconds": 60, "End": True},
    },
}


def test_without_tolerance_the_first_failure_stops_the_others(lab: Lab) -> None:
    execution = lab.run([1, 2, 3], inner=FAILS_ON_2)
    assert execution.error == "States.ExceedToleratedFailureThreshold"
    assert execution.virtual_seconds < 1
    (run,) = lab.states.list_map_runs(executionArn=execution.arn)["mapRuns"]
    described = lab.states.describe_map_run(mapRunArn=run["mapRunArn"])
    counts = described["executionCounts"]
    assert (described["status"], counts["failed"], counts["aborted"]) == ("FAILED", 1, 2)


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [
        ({"ToleratedFailureCount": 1}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 0}, "FAILED"),
        ({"ToleratedFailurePercentage": 34}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 33}, "FAILED"),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 0}, "FAILED"),
    ],
)
def test_failures_are_tolerated_up_to_a_count_and_a_share(
    lab: Lab, tolerated: Any, status: str
) -> None:
    assert lab.run([1, 2, 3], inner=FAILS_ON_2, **tolerated).status == status


def test_a_share_that_is_just_reached_is_tolerated(lab: Lab) -> None:
    # one of four failed: 25 %, and AWS fails the run when it exceeds the share
    fields = {"inner": FAILS_ON_2, "ToleratedFailurePercentage": 25}
    assert lab.run([1, 2, 3, 4], **fields).status == "SUCCEEDED"


def test_stopping_the_execution_stops_its_children(lab: Lab) -> None:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    state = {"Type": "Map", "ItemProcessor": {**WAIT, "ProcessorConfig": config}, "End": True}
    lab.simulator.create_state_machine({"StartAt": "M", "States": {"M": state}})
    execution = lab.simulator.start([1, 2])
    lab.states.stop_execution(executionArn=execution.arn)
    lab.simulator.run()
    started = [one.status for one in lab.simulator.executions]
    assert started == ["ABORTED"] * len(started)
    assert len(started) == 3


def test_a_redrive_runs_what_did_not_succeed(lab: Lab) -> None:
    lab.put("ready", "x")
    inner = {
        "StartAt": "Get",
        "States": {
            "Get": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:s3:headObject",
                "Parameters": {"Bucket": "lake", "Key.$": "$"},
                "ResultPath": None,
                "End": True,
            }
        },
    }
    execution = lab.run(["ready", "late"], inner=inner, MaxConcurrency=1)
    assert execution.status == "FAILED"
    lab.put("late", "x")
    lab.states.redrive_execution(executionArn=execution.arn)
    lab.simulator.run()
    assert execution.output == ["ready", "late"]
    assert "MapRunRedriven" in [event["type"] for event in execution.history()]
    # the first is not run again
    assert len(lab.simulator.executions) == 3


# -- results ------------------------------------------------------------------------------------


def test_results_are_files_by_status_and_a_manifest(lab: Lab) -> None:
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "lake", "Prefix": "out"},
    }
    output = lab.run([1, 2], inner=FAILS_ON_2, ToleratedFailureCount=1, ResultWriter=writer).output
    key = output["ResultWriterDetails"]["Key"]
    assert key == f"out/{output['MapRunArn'].rpartition(':')[2]}/manifest.json"
    manifest = json.loads((lab.folder / key).read_text())
    assert manifest["DestinationBucket"] == "lake"
    (succeeded,), (failed,) = (manifest["ResultFiles"][name] for name in ("SUCCEEDED", "FAILED"))
    file = lab.folder / succeeded["Key"]
    assert succeeded["Size"] == file.stat().st_size
    assert json.loads(file.read_text())[0]["Output"] == "1"
    assert json.loads((lab.folder / failed["Key"]).read_text())[0]["Error"] == "Two"


@pytest.mark.parametrize(
    ("transformation", "output"), [("COMPACT", [[1, 2], 3]), ("FLATTEN", [1, 2, 3])]
)
def test_results_are_transformed_in_the_output(lab: Lab, transformation: str, output: Any) -> None:
    writer = {"WriterConfig": {"Transformation": transformation, "OutputType": "JSON"}}
    assert lab.run([[1, 2], 3], ResultWriter=writer).output == output
