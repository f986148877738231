"""The operations: what they answer and refuse. AWS's words are quoted where the code cites them."""

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from simulator.services.api import NotModelled, ServiceError

DAY_MS = 24 * 3_600_000


@pytest.fixture(scope="module")
def model():
    return get_session().get_service_model("redshift-data")


def assert_fits(model, operation, answer):
    """The answer is one that botocore's model knows."""
    shape = model.operation_model(operation).output_shape
    report = ParamValidator().validate(answer, shape)
    assert not report.has_errors(), report.generate_report()


def code_and_message(caught):
    return caught.value.code, caught.value.message


def test_every_answer_fits_botocores_model(api, model):
    request = {
        "Sqls": ["create table item", "select * from item"],
        "ClusterIdentifier": "store-sales",
        "Database": "dev",
        "DbUser": "etl_user",
        "StatementName": "load",
    }
    submitted = api.service.batch_execute_statement(request, api.caller())
    assert_fits(model, "BatchExecuteStatement", submitted)
    batch = submitted["Id"]
    assert_fits(model, "DescribeStatement", api.describe(batch))
    api.run()
    for statement_id in (batch, f"{batch}:2"):
        assert_fits(model, "DescribeStatement", api.describe(statement_id))
    assert_fits(model, "GetStatementResult", api.call("get_statement_result", Id=f"{batch}:2"))
    single = api.execute("insert into item values :n", Parameters=[{"name": "n", "value": "4"}])
    assert_fits(model, "DescribeStatement", api.describe(single))
    assert_fits(model, "CancelStatement", api.call("cancel_statement", Id=single))
    assert_fits(model, "ListStatements", api.call("list_statements", Status="ALL"))


def test_submitting_answers_before_anything_runs(api):
    answer = api.service.execute_statement(
        {
            "Sql": "select * from item",
            "ClusterIdentifier": "store-sales",
            "Database": "dev",
            "DbUser": "etl_user",
        },
        api.caller(),
    )
    assert answer["CreatedAt"].isoformat() == "2024-01-09T10:00:00+00:00"
    assert {name: answer[name] for name in ("ClusterIdentifier", "Database", "DbUser")} == {
        "ClusterIdentifier": "store-sales",
        "Database": "dev",
        "DbUser": "etl_user",
    }
    assert api.status(answer["Id"]) == "SUBMITTED"


def test_a_finished_select_is_described_with_rows_size_and_duration(api):
    api.warehouse.tables["item"] = [1, 22]
    statement_id = api.execute("select * from item")
    api.run()
    answer = api.describe(statement_id)
    assert answer["Status"] == "FINISHED"
    assert answer["QueryString"] == "select * from item"
    assert answer["HasResultSet"] is True
    assert answer["ResultRows"] == 2
    # "n", "1", "22" and a line end each
    assert answer["ResultSize"] == 7
    assert answer["Duration"] == 1_002_000_000
    assert answer["UpdatedAt"].isoformat() == "2024-01-09T10:00:01.302000+00:00"
    assert answer["RedshiftPid"] > 0
    assert answer["RedshiftQueryId"] > 0
    assert "SubStatements" not in answer
    assert "Error" not in answer


def test_a_batch_is_described_with_the_sums_of_its_statements(api):
    api.warehouse.tables["item"] = [1]
    batch = api.batch("select * from item", "select * from item")
    api.run()
    answer = api.describe(batch)
    assert "QueryString" not in answer
    assert answer["RedshiftQueryId"] == 0
    assert (answer["ResultRows"], answer["ResultSize"], answer["HasResultSet"]) == (2, 8, True)
    assert [sub["ResultRows"] for sub in answer["SubStatements"]] == [1, 1]


def test_an_empty_result_set_is_one_and_no_result_set_is_none(api):
    empty = api.execute("select * from item")
    none = api.execute("create table item")
    api.run()
    assert api.describe(empty)["HasResultSet"] is True
    assert api.describe(none)["HasResultSet"] is False
    assert api.call("get_statement_result", Id=empty)["Records"] == []


def test_an_insert_tells_its_rows_and_a_copy_tells_none(api):
    insert, copy = api.execute("insert into item values 1"), api.execute("copy item")
    api.run()
    assert api.describe(insert)["ResultRows"] == 1
    assert api.describe(copy)["ResultRows"] == 0


def test_a_statement_that_failed_to_compile_has_no_query_id_and_no_rows(api):
    statement_id = api.execute("selekt")
    api.run()
    answer = api.describe(statement_id)
    assert answer["Error"] == 'ERROR: syntax error at or near "selekt"'
    assert (answer["RedshiftQueryId"], answer["ResultRows"], answer["ResultSize"]) == (0, -1, -1)
    assert answer["RedshiftPid"] > 0


def test_parameters_reach_the_sql_and_are_described(api):
    parameters = [{"name": "n", "value": "7"}]
    statement_id = api.execute("insert into item values :n", Parameters=parameters)
    api.run()
    assert api.warehouse.tables == {"item": [7]}
    answer = api.describe(statement_id)
    assert answer["QueryParameters"] == parameters
    assert answer["QueryString"] == "insert into item values :n"


@pytest.mark.parametrize("operation", ["describe_statement", "get_statement_result"])
@pytest.mark.parametrize(
    "statement_id",
    [
        "00000000-0000-4000-8000-000000000000",
        "00000000-0000-4000-8000-000000000000:1",
    ],
)
def test_an_unknown_id_is_not_found(api, operation, statement_id):
    with pytest.raises(ServiceError) as caught:
        api.call(operation, Id=statement_id)
    assert code_and_message(caught) == ("ResourceNotFoundException", "Query does not exist.")
    assert caught.value.members == {"ResourceId": statement_id}


def test_a_number_beyond_the_batch_and_one_without_a_batch_are_not_found(api):
    batch, single = api.batch("create table a"), api.execute("create table b")
    for statement_id in (f"{batch}:2", f"{batch}:0", f"{single}:1"):
        with pytest.raises(ServiceError, match="Query does not exist"):
            api.describe(statement_id)


def test_a_batchs_result_is_fetched_by_the_id_of_one_of_its_statements(api):
    api.warehouse.tables["item"] = [1]
    batch = api.batch("create table other", "select * from item")
    api.run()
    with pytest.raises(ServiceError) as caught:
        api.call("get_statement_result", Id=batch)
    assert code_and_message(caught) == (
        "ValidationException",
        "BatchExecuteStatement result can only be retrieved with sub-statement id.",
    )
    page = api.call("get_statement_result", Id=f"{batch}:2")
    assert page["Records"] == [[{"longValue": 1}]]
    assert page["TotalNumRows"] == 1
    assert "NextToken" not in page


def test_there_is_no_result_before_the_end_nor_without_a_result_set(api):
    message = "Query does not have result. Please check query status with DescribeStatement."
    running, without = api.execute("select * from item"), api.execute("create table item")
    with pytest.raises(ServiceError) as caught:
        api.call("get_statement_result", Id=running)
    assert code_and_message(caught) == ("ResourceNotFoundException", message)
    api.run()
    with pytest.raises(ServiceError) as caught:
        api.call("get_statement_result", Id=without)
    assert code_and_message(caught) == ("ResourceNotFoundException", message)


def test_a_long_result_comes_in_pages(api):
    api.warehouse.tables["item"] = list(range(2500))
    statement_id = api.execute("select * from item")
    api.run()
    numbers, pages, request = [], 0, {"Id": statement_id}
    while True:
        page = api.call("get_statement_result", **request)
        assert page["TotalNumRows"] == 2500
        assert page["ColumnMetadata"]
        numbers += [record[0]["longValue"] for record in page["Records"]]
        pages += 1
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    assert numbers == list(range(2500))
    assert pages == 3


def test_a_page_holds_no_more_than_a_megabyte(api):
    statement_id = api.execute("wide 1500")  # rows of 1,000 bytes
    api.run()
    page = api.call("get_statement_result", Id=statement_id)
    assert len(page["Records"]) == 1000
    page = api.call("get_statement_result", Id=statement_id, NextToken=page["NextToken"])
    assert len(page["Records"]) == 500


@pytest.mark.parametrize("token", ["", "nonsense", "b2Zmc2V0Oi0x", "b2Zmc2V0OjEwMA=="])
def test_a_next_token_that_was_not_given_out_is_refused(api, token):
    statement_id = api.execute("select * from item")
    api.run()
    with pytest.raises(ServiceError) as caught:
        api.call("get_statement_result", Id=statement_id, NextToken=token)
    assert caught.value.code == "ValidationException"


@pytest.mark.parametrize(
    "operation", ["cancel_statement", "describe_statement", "get_statement_result"]
)
def test_to_another_role_than_that_which_submitted_it_a_statement_is_not_there(api, operation):
    statement_id = api.execute("select * from item")
    with pytest.raises(ServiceError, match="Query does not exist"):
        api.call(operation, role="analyst", Id=statement_id)
    assert api.status(statement_id) == "SUBMITTED"


@pytest.mark.parametrize("sql", ["select * from item", "fail"])
def test_a_statement_that_has_ended_cannot_be_cancelled(api, sql):
    statement_id = api.execute(sql)
    api.run()
    status = api.status(statement_id)
    with pytest.raises(ServiceError) as caught:
        api.call("cancel_statement", Id=statement_id)
    assert code_and_message(caught) == (
        "ValidationException",
        f"Could not cancel a query that is already in {status} state with ID: {statement_id}",
    )


def test_one_statement_of_a_batch_cannot_be_cancelled_alone(api):
    batch = api.batch("create table a", "create table b")
    with pytest.raises(ServiceError) as caught:
        api.call("cancel_statement", Id=f"{batch}:1")
    assert caught.value.code == "ValidationException"
    assert api.status(batch) == "SUBMITTED"


def test_only_finished_statements_are_listed_unless_the_status_says_otherwise(api):
    failed = api.execute("fail")
    finished = api.batch("create table a", "create table b", StatementName="load")
    api.run()
    submitted = api.execute("select * from item")

    def ids(**filters):
        return [entry["Id"] for entry in api.call("list_statements", **filters)["Statements"]]

    assert ids() == [finished]
    assert ids(Status="ALL") == [submitted, finished, failed]
    assert ids(Status="FAILED") == [failed]
    assert ids(Status="SUBMITTED") == [submitted]
    (entry,) = api.call("list_statements")["Statements"]
    assert entry["QueryStrings"] == ["create table a", "create table b"]
    assert entry["IsBatchStatement"] is True
    assert entry["StatementName"] == "load"


def test_names_are_matched_by_their_beginning_and_case(api):
    for name in ("run-1:items", "run-1:addresses", "run-2:items", "Run-1:items"):
        api.execute("select * from item", StatementName=name)
    api.execute("select * from item")
    found = api.call("list_statements", Status="ALL", StatementName="run-1:")["Statements"]
    assert [entry["StatementName"] for entry in found] == ["run-1:addresses", "run-1:items"]


def test_statements_are_listed_for_their_own_role_and_session(api):
    own = api.execute("select * from item")
    other = api.execute("select * from item", role="analyst")

    def ids(role, name, **filters):
        caller = api.caller(role, name)
        answer = api.service.list_statements({"Status": "ALL", **filters}, caller)
        return [entry["Id"] for entry in answer["Statements"]]

    assert ids("etl", "lambda:status") == [own]
    assert ids("analyst", "lambda:etl") == [other]
    assert ids("etl", "lambda:status", RoleLevel=False) == []
    assert ids("etl", "lambda:etl", RoleLevel=False) == [own]


def test_lists_are_filtered_by_cluster_and_database(api):
    here = api.execute("select * from item")
    there = api.execute("select * from item", ClusterIdentifier="other")

    def ids(**filters):
        answer = api.call("list_statements", Status="ALL", **filters)
        return [entry["Id"] for entry in answer["Statements"]]

    assert ids(ClusterIdentifier="other") == [there]
    assert ids(ClusterIdentifier="store-sales", Database="dev") == [here]
    assert ids(Database="prod") == []


def test_a_long_list_comes_in_pages_and_misses_nobody(api):
    submitted = [api.execute(f"select * from t{n}") for n in range(5)]
    listed, request = [], {"Status": "ALL", "MaxResults": 2}
    while True:
        answer = api.call("list_statements", **request)
        listed.append([entry["Id"] for entry in answer["Statements"]])
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert listed == [submitted[:2:-1], submitted[2:0:-1], submitted[0:1]]


def test_statements_and_results_are_kept_for_a_day(api):
    statement_id = api.execute("select * from item")
    api.run()
    end_ms = api.now_ms
    api.run(end_ms + DAY_MS - 1)
    assert api.call("get_statement_result", Id=statement_id)["Records"] == []
    api.run(end_ms + DAY_MS)
    with pytest.raises(ServiceError, match="Query does not exist"):
        api.describe(statement_id)
    assert api.call("list_statements", Status="ALL")["Statements"] == []
    # reports still see it
    assert [view.id for view in api.service.statements] == [statement_id]


def test_views_tell_reports_what_happened(api):
    statement_id = api.batch("create table a", "insert into a values 1", StatementName="load")
    api.run()
    (view,) = api.service.statements
    start_ms = api.world.scheduler.now_ms - api.now_ms
    assert (view.id, view.name, view.status, view.error) == (statement_id, "load", "FINISHED", None)
    assert view.sqls == ("create table a", "insert into a values 1")
    assert (view.cluster, view.database, view.db_user) == ("store-sales", "dev", "etl_user")
    assert view.caller == "lambda:etl"
    times = (view.created_ms, view.started_ms, view.finished_ms)
    assert [time - start_ms for time in times] == [0, 300, 2301]
    assert view.duration_ms == 2001
    assert [sub.row_count for sub in view.sub_statements] == [0, 1]


def test_views_say_more_of_an_error_than_aws_does(api):
    statement_id = api.batch("create table a", "fail")
    api.run()
    (view,) = api.service.statements
    assert view.error == "Query #2 failed with ERROR: division by zero"
    assert view.detail == "in line 1"
    assert [sub.detail for sub in view.sub_statements] == ["", "in line 1"]
    assert "line 1" not in str(api.describe(statement_id))


def test_a_secret_is_refused_by_name_where_there_is_no_secrets_manager(api):
    with pytest.raises(NotModelled, match="SecretArn 'etl'"):
        api.execute("select * from item", DbUser=None, SecretArn="etl")
    assert api.service.statements == []
