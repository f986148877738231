"""ListDatabases, ListSchemas, ListTables, DescribeTable over a real warehouse."""

import pytest

from simulator.services.api import NotModelled, ServiceError

LOGIN = {"ClusterIdentifier": "store-sales", "Database": "dev", "DbUser": "awsuser"}
SETUP = """
create schema sales;
create table sales.store (
    store_id int not null, name varchar(30), size decimal(10,2), opened timestamp, note varchar(5)
);
create table sales.item (item_id bigint);
create view sales.names as select name from sales.store;
create table public.stock (n int);
"""


@pytest.fixture
def api(make_real_api):
    made = make_real_api()
    made.warehouse.setup(SETUP, database="dev", user="awsuser", now_ms=0)
    return made


def refused(call):
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value.code, caught.value.message


def test_databases_are_listed(api):
    assert api.call("list_databases", **LOGIN) == {"Databases": ["dev"]}


def test_schemas_are_listed_with_the_systems_as_in_the_guides_example(api):
    assert api.call("list_schemas", **LOGIN)["Schemas"] == [
        "information_schema",
        "pg_catalog",
        "pg_internal",
        "public",
        "sales",
    ]
    assert api.call("list_schemas", SchemaPattern="s%", **LOGIN)["Schemas"] == ["sales"]
    assert api.call("list_schemas", SchemaPattern="sale_", **LOGIN)["Schemas"] == ["sales"]


def test_tables_and_views_are_listed_by_patterns(api):
    assert api.call("list_tables", **LOGIN)["Tables"] == [
        {"name": "stock", "schema": "public", "type": "TABLE"},
        {"name": "item", "schema": "sales", "type": "TABLE"},
        {"name": "names", "schema": "sales", "type": "VIEW"},
        {"name": "store", "schema": "sales", "type": "TABLE"},
    ]
    found = api.call("list_tables", SchemaPattern="sal%", TablePattern="st%", **LOGIN)["Tables"]
    assert found == [{"name": "store", "schema": "sales", "type": "TABLE"}]
    assert api.call("list_tables", TablePattern="nothing", **LOGIN)["Tables"] == []


def test_only_what_is_committed_is_listed(api):
    api.batch("create table late (n int)", "select 1")
    api.run(600)
    assert "late" not in str(api.call("list_tables", **LOGIN))
    api.run()
    assert "late" in str(api.call("list_tables", **LOGIN))


def test_columns_have_types_sizes_and_nullability(api):
    answer = api.call("describe_table", Schema="sales", Table="store", **LOGIN)
    assert answer["TableName"] == "store"
    first, *_ = answer["ColumnList"]
    assert first == {
        "isCaseSensitive": False,
        "isCurrency": False,
        "isSigned": False,
        "length": 10,
        "name": "store_id",
        "nullable": 0,
        "precision": 10,
        "scale": 0,
        "schemaName": "sales",
        "tableName": "store",
        "typeName": "int4",
    }
    shown = [
        (one["name"], one["typeName"], one["length"], one["scale"], one["nullable"])
        for one in answer["ColumnList"][1:]
    ]
    assert shown == [
        ("name", "varchar", 30, 0, 1),
        ("size", "numeric", 10, 2, 1),
        ("opened", "timestamp", 29, 6, 1),
        ("note", "varchar", 5, 0, 1),
    ]


def test_all_tables_of_a_schema_are_described_where_none_is_named(api):
    answer = api.call("describe_table", Schema="sales", **LOGIN)
    names = {one["tableName"] for one in answer["ColumnList"]}
    assert (names, "TableName" in answer) == ({"item", "names", "store"}, False)


def test_a_table_that_is_not_there_has_no_columns(api):
    assert api.call("describe_table", Table="nothing", **LOGIN)["ColumnList"] == []


def test_pages_follow_each_other_to_the_end(api):
    seen, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        page = api.call("list_tables", MaxResults=3, **more, **LOGIN)
        seen.append([one["name"] for one in page["Tables"]])
        token = page.get("NextToken")
        if token is None:
            break
    assert seen == [["stock", "item", "names"], ["store"]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"DbUser": "nobody"}, 'FATAL: user "nobody" does not exist'),
        ({"Database": "prod"}, 'FATAL: database "prod" does not exist'),
        ({"ConnectedDatabase": "prod"}, 'FATAL: database "prod" does not exist'),
    ],
)
def test_a_connection_that_fails_is_told_by_its_exception(api, change, message):
    code, told = refused(lambda: api.call("list_tables", **{**LOGIN, **change}))
    assert (code, told) == ("DatabaseConnectionException", message)


def test_a_request_must_name_what_it_connects_to(api):
    code, _ = refused(lambda: api.call("list_schemas", Database="dev"))
    assert code == "ValidationException"


@pytest.mark.parametrize("schema", ["pg_catalog", "information_schema"])
def test_the_systems_tables_are_refused_by_name(api, schema):
    with pytest.raises(NotModelled, match=schema):
        api.call("list_tables", SchemaPattern=schema, **LOGIN)
    with pytest.raises(NotModelled, match=schema):
        api.call("describe_table", Schema=schema, **LOGIN)
