"""Pipelines in the manner of those that AWS and others publish, of our own writing, run from their
files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator import Execution, Simulator

HERE = Path(__file__).resolve().parent
PLACE = {"workgroup": "analytics", "database": "dev", "query": "select 1"}


class Sample:
    """One of the folders beside this file."""

    def __init__(self, folder: Path) -> None:
        self.simulator = Simulator.from_project(folder)

    def run(self, given: object = None) -> Execution:
        assert self.simulator.project is not None
        execution = self.simulator.start(given or self.simulator.project.input)
        self.simulator.run()
        return execution


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> Iterator[Sample]:
    made = Sample(HERE / request.param)
    yield made
    made.simulator.close()


def sample_of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("sample", [name], indirect=True)


@sample_of("scripts_in_s3")
def test_a_function_runs_scripts_that_lie_in_s3(sample: Sample) -> None:
    execution = sample.run()
    assert execution.status == "SUCCEEDED", execution.cause
    assert sample.simulator.tables() == {"product": 2, "sale": 3}
    names = [statement.name for statement in sample.simulator.statements]
    assert names == ["build.sql", "load.sql"]
    (row,) = sample.simulator.query("select sum(amount), min(sold_on) from sale").rows
    assert [str(value) for value in row] == ["100.00", "2024-01-08"]


@sample_of("stored_procedures")
def test_sdk_integrations_create_and_call_stored_procedures(sample: Sample) -> None:
    execution = sample.run()
    assert execution.status == "SUCCEEDED", execution.cause
    # 3 * 20.00 + 1 * 80.00
    ((sales, turnover),) = execution.output
    assert (sales, turnover) == ({"LongValue": 2}, {"StringValue": "140.00"})
    assert sample.simulator.invocations == []


@sample_of("unload_serverless")
def test_a_workgroup_unloads_and_the_manifest_names_the_files(sample: Sample) -> None:
    execution = sample.run()
    assert execution.status == "SUCCEEDED", execution.cause
    files = [url.removeprefix("s3://exports/") for url in execution.output["files"]]
    assert files
    lines = [
        line
        for name in files
        for line in (sample.simulator.lake["exports"] / name).read_text().split()
    ]
    assert sorted(lines) == ["1", "2"]


@sample_of("callback")
def test_an_event_of_the_data_api_brings_the_task_token_back(sample: Sample) -> None:
    execution = sample.run()
    assert execution.status == "SUCCEEDED", execution.cause
    assert execution.output["done"]["state"] == "FINISHED"
    assert sample.simulator.tables() == {"loaded": 1}
    types = [event["type"] for event in execution.history()]
    assert types[3:6] == ["TaskStarted", "TaskSubmitted", "TaskSucceeded"]


@sample_of("callback")
def test_a_statement_that_fails_fails_the_task_that_waits(sample: Sample) -> None:
    execution = sample.run({"sql": "select * from no_such_table"})
    assert (execution.status, execution.error) == ("FAILED", "LoadFailed")


@sample_of("map_over_scripts")
def test_a_distributed_map_runs_every_script_under_a_prefix(sample: Sample) -> None:
    execution = sample.run()
    assert execution.status == "SUCCEEDED", execution.cause
    assert sample.simulator.tables() == {"alpha": 1, "beta": 2}
    details = execution.output["map"]["ResultWriterDetails"]
    results = sample.simulator.lake["etl-results"]
    manifest = json.loads((results / details["Key"]).read_text())["ResultFiles"]
    assert [len(manifest[name]) for name in ("SUCCEEDED", "FAILED", "PENDING")] == [1, 1, 0]
    succeeded = json.loads((results / manifest["SUCCEEDED"][0]["Key"]).read_text())
    assert [json.loads(one["Output"])["key"] for one in succeeded] == [
        "nightly/alpha.sql",
        "nightly/beta.sql",
    ]
    (failed,) = json.loads((results / manifest["FAILED"][0]["Key"]).read_text())
    assert failed["Error"] == "StatementFailed"
    assert "no_such_table" in failed["Cause"]
    (published,) = sample.simulator.trace.of_kind("MessagePublished")
    assert published[2] == "arn:aws:sns:us-east-1:123456789012:nightly"


@sample_of("list_and_map")
def test_an_inline_map_runs_the_scripts_that_a_listing_names(sample: Sample) -> None:
    execution = sample.run()
    assert execution.status == "SUCCEEDED", execution.cause
    keys = [one["key"] for one in execution.output]
    assert keys == ["nightly/1-events.sql", "nightly/2-sales.sql"]
    assert sample.simulator.tables() == {"tickit.event": 2, "tickit.sale": 3}
    assert {one.db_user for one in sample.simulator.statements} == {"loader"}


@sample_of("token_in_a_table")
def test_a_token_waits_in_dynamodb_for_the_data_api_s_event(sample: Sample) -> None:
    execution = sample.run()
    assert execution.status == "SUCCEEDED", execution.cause
    detail = execution.output["ended"]["detail"]
    (statement,) = sample.simulator.statements
    assert (detail["state"], detail["statementId"]) == ("FINISHED", statement.id)
    # the child's own wait is over when the parent goes on
    started = [event["type"] for event in execution.history()][3:6]
    assert started == ["TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    left = sample.simulator.client("dynamodb").scan(TableName="waiting")
    assert left["Count"] == 0


@sample_of("token_in_a_table")
def test_what_a_child_says_of_its_statement_fails_the_parent(sample: Sample) -> None:
    execution = sample.run({"name": "nightly-load", "sql": "select * from no_such_table"})
    assert (execution.status, execution.error) == ("FAILED", "States.TaskFailed")
    assert "StatementEnded" in str(execution.cause)


def test_runs_leave_the_project_s_own_folders_alone() -> None:
    before = {one: one.read_bytes() for one in HERE.rglob("*") if one.is_file()}
    for name in ("map_over_scripts", "callback"):
        made = Sample(HERE / name)
        made.run()
        assert made.simulator.written_buckets
        made.simulator.close()
    assert {one: one.read_bytes() for one in HERE.rglob("*") if one.is_file()} == before


@sample_of("unload_serverless")
def test_a_declared_workgroup_is_the_only_one_and_no_cluster(sample: Sample) -> None:
    assert sample.run({**PLACE, "workgroup": "another"}).error == "RedshiftData.ValidationException"
    client = sample.simulator.client("redshift-data")
    with pytest.raises(client.exceptions.ValidationException, match="endpoint doesn't exist"):
        client.execute_statement(
            ClusterIdentifier="analytics", Database="dev", DbUser="awsuser", Sql="select 1"
        )
    assert sample.simulator.client("redshift").describe_clusters()["Clusters"] == []
    found = sample.simulator.client("redshift-serverless").list_workgroups()["workgroups"]
    assert [one["workgroupName"] for one in found] == ["analytics"]
    assert sample.simulator.query("select count(*) from public.number").rows == ((2,),)
