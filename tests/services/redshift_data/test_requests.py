import pytest

from simulator.services.api import ServiceError
from simulator.services.redshift.clusters import ClusterSettings
from simulator.services.redshift_data.requests import first_keyword, parameters_by_statement


def refused(call):
    with pytest.raises(ServiceError) as caught:
        call()
    assert caught.value.code == "ValidationException"
    return caught.value.message


@pytest.mark.parametrize(
    ("sql", "keyword"),
    [
        ("select 1", "SELECT"),
        ("  -- a comment\n/* another; (one) */ CoPy t from 's3://b/k'", "COPY"),
        ("((select 1) union (select 2))", "SELECT"),
        ("", ""),
        ("-- nothing else", ""),
        ("'text'", ""),
    ],
)
def test_the_first_keyword_is_found_behind_comments_and_brackets(sql, keyword):
    assert first_keyword(sql) == keyword


def test_each_statement_gets_the_parameters_it_refers_to():
    given = [{"name": "day", "value": "2024-01-08"}, {"name": "n", "value": "1"}]
    sqls = ["delete from s where d = :day", "insert into t values (:n, :day)", "select 1"]
    assert parameters_by_statement(sqls, given) == [
        {"day": "2024-01-08"},
        {"day": "2024-01-08", "n": "1"},
        {},
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "select ':day'",
        'select ":day" from t',
        "select 1 -- :day",
        "select 1 /* :day */",
        "select x::day",
        "select 'it''s :day'",
    ],
)
def test_text_that_only_looks_like_a_parameter_is_none(sql):
    message = refused(lambda: parameters_by_statement([sql], [{"name": "day", "value": "x"}]))
    assert "Unused parameters: [day]" in message


def test_a_parameter_that_is_cast_is_one():
    given = [{"name": "day", "value": "x"}]
    assert parameters_by_statement(["select :day::date"], given) == [{"day": "x"}]


def test_a_parameter_given_twice_is_refused():
    given = [{"name": "n", "value": "1"}, {"name": "n", "value": "2"}]
    assert "duplicate" in refused(lambda: parameters_by_statement(["select :n"], given))


def test_a_statement_over_100_kb_is_refused_in_bytes(api):
    api.execute("x" * (100 * 1024))
    assert "100 KB" in refused(lambda: api.execute("x" * (100 * 1024 + 1)))
    assert "100 KB" in refused(lambda: api.batch("select 1", "é" * (51 * 1024)))


def test_an_unknown_cluster_is_refused_in_awss_words(make_api):
    api = make_api(clusters=[ClusterSettings("store-sales")])
    message = refused(lambda: api.execute("select * from item", ClusterIdentifier="other"))
    assert message == "Redshift endpoint doesn't exist in this region."


def test_a_paused_cluster_takes_no_statement(make_api):
    api = make_api(clusters=[ClusterSettings("store-sales", first_status="paused")])
    message = refused(lambda: api.execute("select * from item"))
    assert "store-sales is not available: its status is paused" in message


def test_a_request_names_where_and_as_whom(api):
    assert "Either ClusterIdentifier" in refused(
        lambda: api.execute("select * from item", ClusterIdentifier=None)
    )
    assert "Database" in refused(lambda: api.execute("select * from item", Database=None))
    assert "cannot both" in refused(
        lambda: api.execute("select * from item", WorkgroupName="serverless")
    )
    assert "cannot both" in refused(lambda: api.execute("select * from item", SecretArn="s"))


def test_a_secret_that_was_handed_in_gives_its_user(make_api):
    api = make_api(secrets={"etl-secret": "etl_user"})
    statement_id = api.execute("select * from item", DbUser=None, SecretArn="etl-secret")
    api.run()
    answer = api.describe(statement_id)
    assert (answer["Status"], answer["SecretArn"]) == ("FINISHED", "etl-secret")
    assert "DbUser" not in answer
    assert api.warehouse.log[0][1] == "etl_user"


def test_without_a_user_that_of_the_iam_identity_is_made(api):
    statement_id = api.execute("select * from item", DbUser=None, role="analyst")
    api.run()
    described = api.call("describe_statement", Id=statement_id, role="analyst")
    assert (described["DbUser"], described["Status"]) == ("IAMR:analyst", "FINISHED")
    assert api.warehouse.made_users == ["IAMR:analyst"]
