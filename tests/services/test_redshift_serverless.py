"""Namespaces and workgroups made, changed and deleted, and statements that run in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from simulator import Simulator
from simulator.services.provisioned import Provisioned

NINE = {
    "auto_mv",
    "datestyle",
    "enable_case_sensitive_identifier",
    "enable_user_activity_logging",
    "max_query_execution_time",
    "query_group",
    "require_ssl",
    "search_path",
    "use_fips_ssl",
}


class Secrets:
    """Secrets Manager as far as passwords that AWS makes need it."""

    def __init__(self) -> None:
        self.users: dict[str, str] = {}

    def keep(self, name: str, user: str, _key: str | None) -> tuple[str, str]:
        arn = f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf"
        self.users[arn] = json.dumps({"username": user, "password": "Made-by-AWS-1"})
        return arn, "Made-by-AWS-1"

    def drop(self, arn: str) -> None:
        del self.users[arn]


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def simulator(secrets: Secrets) -> Iterator[Simulator]:
    """An account in which warehouses are made by API calls."""
    provisioned = Provisioned(
        objects=lambda bucket, prefix: None,
        fetch=lambda *_: b"",
        secrets=secrets.users,
        keep_secret=secrets.keep,
        drop_secret=secrets.drop,
    )
    with Simulator(provisioned=provisioned) as simulator:
        yield simulator


@pytest.fixture
def serverless(simulator: Simulator) -> Any:
    return simulator.client("redshift-serverless")


def _make(simulator: Simulator, serverless: Any, **members: Any) -> dict[str, Any]:
    namespace = serverless.create_namespace(
        namespaceName="sales", dbName="shop", adminUsername="boss", manageAdminPassword=True
    )["namespace"]
    serverless.create_workgroup(workgroupName="sales", namespaceName="sales", **members)
    simulator.run()
    return dict(namespace)


def _run(simulator: Simulator, sql: str, **login: Any) -> dict[str, Any]:
    data = simulator.client("redshift-data")
    request = {"WorkgroupName": "sales", "Database": "shop", "Sql": sql, **login}
    statement = data.execute_statement(**request)
    simulator.run()
    return dict(data.describe_statement(Id=statement["Id"]))


def test_a_workgroup_takes_statements_when_it_has_been_created(
    simulator: Simulator, serverless: Any
) -> None:
    namespace = _make(simulator, serverless)
    described = _run(simulator, "SELECT 1", SecretArn=namespace["adminPasswordSecretArn"])
    assert described["Status"] == "FINISHED", described
    assert described["WorkgroupName"] == "sales"
    assert "ClusterIdentifier" not in described


def test_the_administrators_password_is_that_of_the_secret(
    simulator: Simulator, serverless: Any, secrets: Secrets
) -> None:
    secret = _make(simulator, serverless)["adminPasswordSecretArn"]
    secrets.users[secret] = json.dumps({"username": "boss", "password": "Another-1"})
    described = _run(simulator, "SELECT 1", SecretArn=secret)
    assert described["Error"] == 'FATAL: password authentication failed for user "boss"'


def test_until_then_it_is_being_created_and_takes_none(
    simulator: Simulator, serverless: Any
) -> None:
    serverless.create_namespace(namespaceName="sales")
    made = serverless.create_workgroup(workgroupName="sales", namespaceName="sales")["workgroup"]
    assert made["status"] == "CREATING"
    data = simulator.client("redshift-data")
    with pytest.raises(data.exceptions.ValidationException, match="CREATING"):
        data.execute_statement(WorkgroupName="sales", Database="dev", Sql="SELECT 1")


def test_no_workgroup_is_there_that_was_not_made(simulator: Simulator, serverless: Any) -> None:
    with pytest.raises(serverless.exceptions.ResourceNotFoundException):
        serverless.get_workgroup(workgroupName="sales")
    data = simulator.client("redshift-data")
    with pytest.raises(data.exceptions.ValidationException, match="doesn't exist"):
        data.execute_statement(WorkgroupName="sales", Database="dev", Sql="SELECT 1")


def test_a_cluster_of_the_same_name_is_another_warehouse(
    simulator: Simulator, serverless: Any
) -> None:
    namespace = _make(simulator, serverless)
    simulator.client("redshift").create_cluster(
        ClusterIdentifier="sales",
        NodeType="ra3.large",
        MasterUsername="boss",
        MasterUserPassword="Password1",
        DBName="shop",
    )
    simulator.run()
    secret = namespace["adminPasswordSecretArn"]
    assert _run(simulator, "CREATE TABLE t (a int)", SecretArn=secret)["Status"] == "FINISHED"
    data = simulator.client("redshift-data")
    asked = {"ClusterIdentifier": "sales", "Database": "shop", "DbUser": "boss"}
    statement = data.execute_statement(**asked, Sql="SELECT * FROM t")["Id"]
    simulator.run()
    assert 'relation "t" does not exist' in data.describe_statement(Id=statement)["Error"]
    listed = data.list_statements(Status="ALL", ClusterIdentifier="sales")["Statements"]
    assert [one["Id"] for one in listed] == [statement]


def test_the_user_of_a_workgroup_is_the_secrets_or_the_callers_and_never_given(
    simulator: Simulator, serverless: Any
) -> None:
    _make(simulator, serverless)
    data = simulator.client("redshift-data")
    with pytest.raises(data.exceptions.ValidationException, match="DbUser"):
        data.execute_statement(WorkgroupName="sales", Database="shop", DbUser="boss", Sql="SELECT")


def test_all_nine_parameters_are_shown_however_few_are_given(
    simulator: Simulator, serverless: Any
) -> None:
    given = [{"parameterKey": "max_query_execution_time", "parameterValue": "600"}]
    _make(simulator, serverless, configParameters=given)
    shown = serverless.get_workgroup(workgroupName="sales")["workgroup"]["configParameters"]
    values = {one["parameterKey"]: one["parameterValue"] for one in shown}
    assert set(values) == NINE
    assert values["max_query_execution_time"] == "600"


@pytest.mark.parametrize(
    ("key", "value"), [("no_such", "1"), ("auto_mv", "yes"), ("max_query_execution_time", "long")]
)
def test_a_parameter_that_is_none_is_refused(serverless: Any, key: str, value: str) -> None:
    serverless.create_namespace(namespaceName="sales")
    with pytest.raises(serverless.exceptions.ValidationException, match=key):
        serverless.create_workgroup(
            workgroupName="sales",
            namespaceName="sales",
            configParameters=[{"parameterKey": key, "parameterValue": value}],
        )


@pytest.mark.parametrize(("base", "is_one"), [(4, True), (8, True), (12, False), (520, False)])
def test_capacity_goes_in_steps(
    simulator: Simulator, serverless: Any, base: int, is_one: bool
) -> None:
    serverless.create_namespace(namespaceName="sales")
    asked = {"workgroupName": "sales", "namespaceName": "sales", "baseCapacity": base}
    if is_one:
        assert serverless.create_workgroup(**asked)["workgroup"]["baseCapacity"] == base
    else:
        with pytest.raises(serverless.exceptions.ValidationException, match="capacity"):
            serverless.create_workgroup(**asked)


def test_a_changed_workgroup_is_modifying_first_and_takes_statements_meanwhile(
    simulator: Simulator, serverless: Any
) -> None:
    namespace = _make(simulator, serverless)
    changed = serverless.update_workgroup(workgroupName="sales", baseCapacity=16)["workgroup"]
    assert (changed["status"], changed["baseCapacity"]) == ("MODIFYING", 16)
    with pytest.raises(serverless.exceptions.ConflictException):
        serverless.update_workgroup(workgroupName="sales", baseCapacity=8)
    secret = namespace["adminPasswordSecretArn"]
    assert _run(simulator, "SELECT 1", SecretArn=secret)["Status"] == "FINISHED"
    shown = serverless.get_workgroup(workgroupName="sales")["workgroup"]
    assert shown["status"] == "AVAILABLE"


def test_tables_outlive_the_workgroup_and_go_with_the_namespace(
    simulator: Simulator, serverless: Any, secrets: Secrets
) -> None:
    secret = _make(simulator, serverless)["adminPasswordSecretArn"]
    _run(simulator, "CREATE TABLE t (a int)", SecretArn=secret)
    with pytest.raises(serverless.exceptions.ConflictException):
        serverless.delete_namespace(namespaceName="sales")
    serverless.delete_workgroup(workgroupName="sales")
    simulator.run()
    serverless.create_workgroup(workgroupName="sales", namespaceName="sales")
    simulator.run()
    assert _run(simulator, "SELECT * FROM t", SecretArn=secret)["Status"] == "FINISHED"
    serverless.delete_workgroup(workgroupName="sales")
    simulator.run()
    serverless.delete_namespace(namespaceName="sales")
    simulator.run()
    assert secrets.users == {}
    again = _make(simulator, serverless)
    described = _run(simulator, "SELECT * FROM t", SecretArn=again["adminPasswordSecretArn"])
    assert 'relation "t" does not exist' in described["Error"]


def test_deleting_a_workgroup_ends_what_runs_in_it(simulator: Simulator, serverless: Any) -> None:
    secret = _make(simulator, serverless)["adminPasswordSecretArn"]
    data = simulator.client("redshift-data")
    asked = {"WorkgroupName": "sales", "Database": "shop", "SecretArn": secret}
    statement = data.execute_statement(**asked, Sql="CREATE TABLE t (a int)")["Id"]
    while data.describe_statement(Id=statement)["Status"] != "STARTED":
        pass
    serverless.delete_workgroup(workgroupName="sales")
    assert data.describe_statement(Id=statement)["Status"] == "FAILED"


def test_a_new_namespace_of_an_old_name_has_another_id(
    simulator: Simulator, serverless: Any
) -> None:
    first = serverless.create_namespace(namespaceName="sales")["namespace"]["namespaceId"]
    serverless.delete_namespace(namespaceName="sales")
    simulator.run()
    assert serverless.create_namespace(namespaceName="sales")["namespace"]["namespaceId"] != first


def test_usage_limits_and_tags(simulator: Simulator, serverless: Any) -> None:
    _make(simulator, serverless, tags=[{"key": "a", "value": "1"}])
    arn = serverless.get_workgroup(workgroupName="sales")["workgroup"]["workgroupArn"]
    made = serverless.create_usage_limit(
        resourceArn=arn, usageType="serverless-compute", amount=10, period="daily"
    )["usageLimit"]
    assert made["breachAction"] == "log"
    limit_id = made["usageLimitId"]
    serverless.update_usage_limit(usageLimitId=limit_id, amount=20, breachAction="deactivate")
    (shown,) = serverless.list_usage_limits(resourceArn=arn)["usageLimits"]
    assert (shown["amount"], shown["breachAction"], shown["period"]) == (20, "deactivate", "daily")
    serverless.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "2"}])
    serverless.untag_resource(resourceArn=arn, tagKeys=["a"])
    tags = serverless.list_tags_for_resource(resourceArn=arn)["tags"]
    assert tags == [{"key": "b", "value": "2"}]
    serverless.delete_usage_limit(usageLimitId=limit_id)
    with pytest.raises(serverless.exceptions.ResourceNotFoundException):
        serverless.get_usage_limit(usageLimitId=limit_id)


def test_without_anything_declared_any_workgroup_is_ready() -> None:
    with Simulator() as simulator:
        simulator.client("redshift-serverless").get_workgroup(workgroupName="any")
        data = simulator.client("redshift-data")
        asked = {"WorkgroupName": "any", "Database": "dev", "Sql": "SELECT 1"}
        data_secret = {"SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:s"}
        with pytest.raises(Exception, match="Secrets Manager is not simulated"):
            data.execute_statement(**asked, **data_secret)
