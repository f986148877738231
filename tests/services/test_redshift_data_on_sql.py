"""The Data API over the real warehouse: what the in-memory one of `redshift_data/` can't show."""

import re

import pytest

from simulator.services.api import Caller
from simulator.services.redshift.clusters import RedshiftCluster
from simulator.services.redshift_data import RedshiftData
from simulator.sql.warehouse import User, Warehouse
from tests.support.worlds import make_world

CALLER = Caller("client", "arn:aws:iam::123456789012:role/client")
LOGIN = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "awsuser"}


class Api:
    def __init__(self):
        self.world = make_world(start_ms=1_704_794_400_000)
        users = (User("awsuser", superuser=True), User("etl_user"))
        self.warehouse = Warehouse(users=users)
        self.service = RedshiftData(
            self.world, lambda identifier: self.warehouse, RedshiftCluster(self.world)
        )

    def submit(self, *sqls, **members):
        request = {"Sqls": list(sqls), **LOGIN, **members}
        return self.service.batch_execute_statement(request, CALLER)["Id"]

    def describe(self, statement_id):
        return self.service.describe_statement({"Id": statement_id}, CALLER)

    def run(self, for_ms=None):
        scheduler = self.world.scheduler
        scheduler.run(until_ms=None if for_ms is None else scheduler.now_ms + for_ms)

    def finish(self, *sqls, **members):
        """Run the batch to its end, which is to be FINISHED; the last statement's page."""
        statement_id = self.submit(*sqls, **members)
        self.run()
        answer = self.describe(statement_id)
        assert answer["Status"] == "FINISHED", answer["Error"]
        if not answer["SubStatements"][-1]["HasResultSet"]:
            return None
        request = {"Id": f"{statement_id}:{len(sqls)}"}
        return self.service.get_statement_result(request, CALLER)

    def rows(self, sql):
        return self.finish(sql)["Records"]


@pytest.fixture
def api():
    made = Api()
    yield made
    made.service.close()
    made.warehouse.close()


def test_a_batch_is_seen_by_others_when_it_commits(api):
    api.finish("create table item (id int)")
    writer = api.submit("insert into item values (1)", "insert into item values (2)")
    api.run(for_ms=700)  # its first statement has run by now
    assert api.describe(writer)["Status"] == "STARTED"
    reader = api.submit("select count(*) from item")
    api.run()
    page = api.service.get_statement_result({"Id": f"{reader}:1"}, CALLER)
    counted = page["Records"][0][0]["longValue"]
    ended = {view.id: view.finished_ms for view in api.service.statements}
    started = {view.id: view.started_ms for view in api.service.statements}
    assert counted == (2 if started[reader] >= ended[writer] else 0)
    assert api.rows("select count(*) from item") == [[{"longValue": 2}]]


def test_a_failing_batch_leaves_nothing_behind(api):
    statement_id = api.submit(
        "create table item (id int)", "insert into item values (1)", "select 1/0"
    )
    api.run()
    answer = api.describe(statement_id)
    assert answer["Status"] == "FAILED"
    assert answer["Error"].startswith("Query #3 failed with ERROR:")
    assert api.warehouse.table_counts() == {}


def test_a_script_in_one_text_runs_as_its_own_transactions_say(api):
    script = """
        create table item (id int); -- committed with what follows
        begin; insert into item values (1); commit;
        insert into item values (2);
        select 1 / 0;
    """
    statement_id = api.submit(script)
    api.run()
    assert api.describe(statement_id)["Error"] == "Query #1 failed with ERROR: Divide by zero"
    assert api.rows("select id from item; select id from item order by id desc") == [
        [{"longValue": 2}],
        [{"longValue": 1}],
    ]


@pytest.mark.parametrize("mode", ["TRANSACTION", "AUTO_COMMIT"])
def test_temporary_tables_outlive_what_commits_inside_a_batch(api, mode):
    page = api.finish(
        "create table item (id int)",
        "create temp table stage (id int)",
        "insert into stage values (1)",
        "truncate item",
        "insert into item select id from stage",
        "select count(*) from item",
        ExecutionMode=mode,
    )
    assert page["Records"] == [[{"longValue": 1}]]
    statement_id = api.submit("select * from stage")
    api.run()
    assert "does not exist" in api.describe(statement_id)["Error"]


def test_a_cancelled_batch_leaves_nothing_behind(api):
    statement_id = api.submit("create table item (id int)", "insert into item values (1)")
    api.run(for_ms=350)
    api.service.cancel_statement({"Id": statement_id}, CALLER)
    api.run()
    assert api.describe(statement_id)["Status"] == "ABORTED"
    assert api.warehouse.table_counts() == {}


@pytest.mark.parametrize(
    ("member", "value", "error"),
    [
        ("DbUser", "nobody", 'FATAL: user "nobody" does not exist'),
        ("Database", "prod", 'FATAL: database "prod" does not exist'),
    ],
)
def test_an_unknown_user_or_database_fails_as_on_redshift(api, member, value, error):
    statement_id = api.submit("select 1", **{member: value})
    api.run()
    answer = api.describe(statement_id)
    assert (answer["Status"], answer["Error"]) == ("FAILED", error)


def test_typed_fields_and_metadata_come_from_the_warehouse(api):
    page = api.finish(
        "create table sales (id int not null, name varchar(20), price numeric(7,2), sold date,"
        " at timestamp, ok bool, rate float8, note varchar(5))",
        "insert into sales values (1, 'pen', 2.50, '2024-01-08', '2024-01-08 09:30:00', true,"
        " 0.5, null)",
        "select * from sales",
    )
    assert page["Records"] == [
        [
            {"longValue": 1},
            {"stringValue": "pen"},
            {"stringValue": "2.50"},
            {"stringValue": "2024-01-08"},
            {"stringValue": "2024-01-08 09:30:00.0"},
            {"booleanValue": True},
            {"doubleValue": 0.5},
            {"isNull": True},
        ]
    ]
    metadata = page["ColumnMetadata"]
    assert [column["typeName"] for column in metadata] == [
        "int4",
        "varchar",
        "numeric",
        "date",
        "timestamp",
        "bool",
        "float8",
        "varchar",
    ]
    assert [column["precision"] for column in metadata[:3]] == [10, 20, 7]
    assert metadata[2]["scale"] == 2
    assert metadata[0]["name"] == "id"


def test_the_guides_event_table_is_described_as_in_the_guide(api):
    """The example of "Calling the Data API" (Amazon Redshift Management Guide)."""
    page = api.finish(
        "create table event (eventid integer not null distkey, venueid smallint not null,"
        " catid smallint not null, dateid smallint not null sortkey, eventname varchar(200),"
        " starttime timestamp)",
        "insert into event values(:eventid, :venueid::smallint, :catid, :dateid, :eventname,"
        " :starttime)",
        "select * from event where eventid=:eventid",
        Parameters=[
            {"name": "eventid", "value": "1"},
            {"name": "venueid", "value": "1"},
            {"name": "catid", "value": "1"},
            {"name": "dateid", "value": "1"},
            {"name": "eventname", "value": "event 1"},
            {"name": "starttime", "value": "2022-02-22"},
        ],
    )
    assert page["Records"] == [
        [
            {"longValue": 1},
            {"longValue": 1},
            {"longValue": 1},
            {"longValue": 1},
            {"stringValue": "event 1"},
            {"stringValue": "2022-02-22 00:00:00.0"},
        ]
    ]
    assert page["TotalNumRows"] == 1
    number = {"isCaseSensitive": False, "isSigned": True, "nullable": 0, "scale": 0}
    text = {"isCaseSensitive": True, "isSigned": False, "nullable": 1, "scale": 0}
    moment = {"isCaseSensitive": False, "isSigned": False, "nullable": 1, "scale": 6}
    everywhere = {
        "isCurrency": False,
        "length": 0,
        "schemaName": "public",
        "tableName": "event",
    }
    assert page["ColumnMetadata"] == [
        {"name": name, "label": name, "typeName": type_name, "precision": precision}
        | everywhere
        | kind
        for name, type_name, precision, kind in (
            ("eventid", "int4", 10, number),
            ("venueid", "int2", 5, number),
            ("catid", "int2", 5, number),
            ("dateid", "int2", 5, number),
            ("eventname", "varchar", 200, text),
            ("starttime", "timestamp", 29, moment),
        )
    ]


def test_select_1_has_the_size_that_the_guide_shows(api):
    statement_id = api.submit("select 1;", "select 2;")
    api.run()
    answer = api.describe(statement_id)
    assert (answer["ResultRows"], answer["ResultSize"]) == (2, 22)
    assert [sub["ResultSize"] for sub in answer["SubStatements"]] == [11, 11]


def test_parameters_are_passed_to_the_statements_that_name_them(api):
    api.finish("create table item (id int, name varchar(10))")
    api.finish(
        "insert into item values (:id, :name)",
        "insert into item values (2, :name)",
        Parameters=[{"name": "id", "value": "1"}, {"name": "name", "value": "it's"}],
    )
    assert api.rows("select id, name from item order by id") == [
        [{"longValue": 1}, {"stringValue": "it's"}],
        [{"longValue": 2}, {"stringValue": "it's"}],
    ]


def test_a_statements_number_is_the_one_that_the_system_views_show(api):
    batch = api.submit(
        "create table item (id int)", "insert into item values (1)", "select count(*) from item"
    )
    api.run()
    numbers = [one["RedshiftQueryId"] for one in api.describe(batch)["SubStatements"]]
    shown = api.rows("select query_id from sys_query_history where query_text like '%item%'"
                     " and status <> 'running' order by start_time, query_id")  # fmt: skip
    assert [row[0]["longValue"] for row in shown] == numbers == sorted(numbers)
    last = api.submit("select query from stl_query order by query desc limit 1")
    api.run()
    assert api.describe(last)["SubStatements"][0]["RedshiftQueryId"] > numbers[-1]


def test_a_writer_waits_for_another_in_virtual_time(api):
    api.finish("create table item (id int)")
    first = api.submit("alter table item add column name varchar(5)", "select count(*) from item")
    second = api.submit("insert into item values (1, 'pen')")
    api.run()
    views = {view.id: view for view in api.service.statements}
    assert [views[one].status for one in (first, second)] == ["FINISHED", "FINISHED"]
    assert views[second].started_ms < views[first].finished_ms < views[second].finished_ms
    assert api.rows("select name from item") == [[{"stringValue": "pen"}]]


def test_of_two_jobs_that_rebuild_the_same_staging_table_the_second_waits_and_is_refused(api):
    api.finish("create table total (id int)", "create table stg (id int)")
    jobs = [
        api.submit(
            "drop table if exists stg",
            "create table stg (id int)",
            f"insert into stg values ({number})",
            "insert into total select id from stg",
        )
        for number in (1, 2)
    ]
    api.run()
    first, second = (
        next(view for view in api.service.statements if view.id == job) for job in jobs
    )
    assert (first.status, first.error) == ("FINISHED", None)
    assert second.status == "FAILED"
    assert re.fullmatch(
        r"Query #1 failed with ERROR: table \d+ dropped by concurrent transaction", second.error
    )
    assert second.finished_ms > first.finished_ms
    assert api.rows("select id from total order by id") == [[{"longValue": 1}]]
    assert api.rows("select id from stg") == [[{"longValue": 1}]]


def test_the_statement_runs_as_its_user(api):
    assert api.finish("select current_user", DbUser="etl_user")["Records"] == [
        [{"stringValue": "etl_user"}]
    ]


def test_the_clock_is_virtual(api):
    api.run(for_ms=1000)
    (((field),),) = api.rows("select trunc(getdate())")
    assert field["stringValue"].startswith("2024-01-09")
