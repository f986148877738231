"""Redshift clusters made, changed and deleted, and what surrounds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulator import Simulator
from simulator.services.provisioned import Provisioned


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """An account in which clusters are made by API calls, with nothing in S3."""
    nothing = Provisioned(objects=lambda bucket, prefix: None, fetch=lambda *_: b"")
    with Simulator(provisioned=nothing) as simulator:
        yield simulator


@pytest.fixture
def redshift(simulator: Simulator) -> Any:
    return simulator.client("redshift")


def _create(redshift: Any, **members: Any) -> dict[str, Any]:
    return redshift.create_cluster(
        **{
            "ClusterIdentifier": "c",
            "NodeType": "ra3.large",
            "MasterUsername": "admin",
            "MasterUserPassword": "Password1",
            "DBName": "sales",
            **members,
        }
    )["Cluster"]


def test_a_cluster_takes_queries_when_it_has_been_created(
    simulator: Simulator, redshift: Any
) -> None:
    assert _create(redshift)["ClusterStatus"] == "creating"
    simulator.run()
    (cluster,) = redshift.describe_clusters(ClusterIdentifier="c")["Clusters"]
    assert (cluster["ClusterStatus"], cluster["DBName"]) == ("available", "sales")
    result = simulator.query("SELECT 1 AS n", cluster="c", database="sales", db_user="admin")
    assert result.rows == ((1,),)


def test_no_cluster_is_there_that_was_not_made(redshift: Any) -> None:
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        redshift.describe_clusters(ClusterIdentifier="c")


# the provider reads cluster_type from the number of nodes
@pytest.mark.parametrize(
    ("members", "roles"),
    [
        ({"ClusterType": "single-node"}, ["SHARED"]),
        ({"NumberOfNodes": 2}, ["LEADER", "COMPUTE-0", "COMPUTE-1"]),
    ],
)
def test_its_nodes_are_shown(redshift: Any, members: dict[str, Any], roles: list[str]) -> None:
    assert [one["NodeRole"] for one in _create(redshift, **members)["ClusterNodes"]] == roles


def test_a_deleted_cluster_is_gone_with_its_tables(simulator: Simulator, redshift: Any) -> None:
    _create(redshift)
    simulator.run()
    asked = {"cluster": "c", "database": "sales", "db_user": "admin"}
    simulator.query("CREATE TABLE t (a int)", **asked)
    redshift.delete_cluster(ClusterIdentifier="c", SkipFinalClusterSnapshot=True)
    simulator.run()
    with pytest.raises(redshift.exceptions.ClusterNotFoundFault):
        redshift.describe_clusters(ClusterIdentifier="c")
    _create(redshift)
    simulator.run()
    assert simulator.query("CREATE TABLE t (a int)", **asked).rows == ()


def test_a_parameter_group_shows_what_was_set_in_it(redshift: Any) -> None:
    redshift.create_cluster_parameter_group(
        ParameterGroupName="Strict", ParameterGroupFamily="redshift-2.0", Description="d"
    )
    redshift.modify_cluster_parameter_group(
        ParameterGroupName="strict",
        Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "true"}],
    )
    shown = redshift.describe_cluster_parameters(ParameterGroupName="strict", Source="user")
    assert [(one["ParameterName"], one["ParameterValue"]) for one in shown["Parameters"]] == [
        ("require_ssl", "true")
    ]
    with pytest.raises(redshift.exceptions.ClientError, match="no_such"):
        redshift.modify_cluster_parameter_group(
            ParameterGroupName="strict",
            Parameters=[{"ParameterName": "no_such", "ParameterValue": "1"}],
        )


def test_a_subnet_group_is_changed_and_deleted(redshift: Any) -> None:
    made = redshift.create_cluster_subnet_group(
        ClusterSubnetGroupName="g", Description="d", SubnetIds=["subnet-1"]
    )["ClusterSubnetGroup"]
    assert [one["SubnetIdentifier"] for one in made["Subnets"]] == ["subnet-1"]
    redshift.modify_cluster_subnet_group(ClusterSubnetGroupName="g", SubnetIds=["subnet-2"])
    (shown,) = redshift.describe_cluster_subnet_groups()["ClusterSubnetGroups"]
    assert [one["SubnetIdentifier"] for one in shown["Subnets"]] == ["subnet-2"]
    redshift.delete_cluster_subnet_group(ClusterSubnetGroupName="g")
    with pytest.raises(redshift.exceptions.ClusterSubnetGroupNotFoundFault):
        redshift.describe_cluster_subnet_groups(ClusterSubnetGroupName="g")


def test_tags_are_added_and_removed(redshift: Any) -> None:
    _create(redshift, Tags=[{"Key": "a", "Value": "1"}])
    arn = "arn:aws:redshift:us-east-1:123456789012:cluster:c"
    redshift.create_tags(ResourceName=arn, Tags=[{"Key": "b", "Value": "2"}])
    redshift.delete_tags(ResourceName=arn, TagKeys=["a"])
    (cluster,) = redshift.describe_clusters()["Clusters"]
    assert cluster["Tags"] == [{"Key": "b", "Value": "2"}]
