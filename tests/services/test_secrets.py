"""Declared secrets, read as pipelines read them."""

from __future__ import annotations

import json

import pytest

from simulator import Simulator


def test_a_secret_is_found_by_its_name_and_by_the_arn_it_names() -> None:
    content = {"username": "etl", "password": "p", "dbClusterIdentifier": "c"}
    client = Simulator(secrets={"redshift-cluster": content}).client("secretsmanager")
    found = client.get_secret_value(SecretId="redshift-cluster")
    assert json.loads(found["SecretString"]) == content
    assert client.get_secret_value(SecretId=found["ARN"])["Name"] == "redshift-cluster"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_secret_value(SecretId="other")


def test_an_arn_from_secrets_manager_opens_the_warehouse() -> None:
    content = {"username": "awsuser", "password": "p", "dbClusterIdentifier": "c"}
    with Simulator(secrets={"redshift-cluster": content}) as simulator:
        arn = simulator.client("secretsmanager").describe_secret(SecretId="redshift-cluster")["ARN"]
        data_api = simulator.client("redshift-data")
        submitted = data_api.execute_statement(
            ClusterIdentifier="c", Database="dev", SecretArn=arn, Sql="select 1"
        )
        simulator.run()
        assert data_api.describe_statement(Id=submitted["Id"])["Status"] == "FINISHED"
