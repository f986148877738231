"""Costs worked out by hand from the table of prices."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.deployment.estimate import Usage, estimate, text
from simulator.deployment.prices import PRICES

USAGE = Usage(
    transitions=39, invocations=18, lambda_seconds=10.0, run_seconds=62.0, sql_seconds=20.0
)


def _plan(*resources: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    listed = [{"mode": "managed", "type": kind, "values": values} for kind, values in resources]
    return {"planned_values": {"root_module": {"resources": listed}}}


CLUSTER = (
    "aws_redshift_cluster",
    {"cluster_identifier": "c", "node_type": "ra3.large", "number_of_nodes": 2},
)


def test_a_cluster_costs_its_nodes_by_the_hour():
    # 2 nodes, 730 hours of 0.543
    assert estimate(_plan(CLUSTER), None).month_usd == pytest.approx(792.78)


def _schedule(action: str, minute: int, hour: int) -> tuple[str, dict[str, Any]]:
    arn = f"arn:aws:scheduler:::aws-sdk:redshift:{action}"
    expression = f"cron({minute} {hour} * * ? *)"
    return "aws_scheduler_schedule", {"schedule_expression": expression, "target": [{"arn": arn}]}


def test_a_cluster_that_is_paused_at_night_costs_the_day_alone():
    plan = _plan(CLUSTER, _schedule("pauseCluster", 0, 20), _schedule("resumeCluster", 0, 4))
    # 16 of 24 hours
    assert estimate(plan, None).month_usd == pytest.approx(792.78 * 2 / 3)


def test_a_cluster_that_works_at_night_is_awake_past_midnight():
    plan = _plan(CLUSTER, _schedule("pauseCluster", 30, 3), _schedule("resumeCluster", 30, 21))
    assert estimate(plan, None).month_usd == pytest.approx(792.78 / 4)


def test_a_run_costs_its_transitions_its_functions_and_the_workgroup_s_minute():
    plan = _plan(
        ("aws_lambda_function", {"memory_size": 512, "architectures": ["arm64"]}),
        ("aws_redshiftserverless_workgroup", {"workgroup_name": "w", "base_capacity": 8}),
    )
    # 40 transitions, the start among them; 18 requests; 5 GB-seconds; 8 RPUs for a minute
    expected = 40 * 0.000025 + 18 * 0.0000002 + 5 * 0.0000133334 + 8 / 60 * 0.375
    found = estimate(plan, USAGE)
    assert found.run_usd == pytest.approx(expected)
    # and a month that many runs: it has no hours of its own
    assert found.month_usd == pytest.approx(expected * 365 / 12)


def test_statements_that_take_longer_than_a_minute_are_paid_by_the_second():
    plan = _plan(("aws_redshiftserverless_workgroup", {"workgroup_name": "w", "base_capacity": 4}))
    usage = Usage(transitions=-1, invocations=0, lambda_seconds=0, run_seconds=900, sql_seconds=720)
    assert estimate(plan, usage).run_usd == pytest.approx(4 * 0.2 * 0.375)


def test_what_exists_costs_by_the_month_redshift_s_own_secret_too():
    plan = _plan(
        ("aws_kms_key", {}),
        ("aws_kms_key", {}),
        ("aws_secretsmanager_secret", {}),
        ("aws_redshiftserverless_namespace", {"manage_admin_password": True}),
        ("aws_cloudwatch_metric_alarm", {}),
        ("aws_cloudwatch_composite_alarm", {}),
        ("aws_cloudwatch_dashboard", {}),
        (
            "aws_vpc_endpoint",
            {"vpc_endpoint_type": "Interface", "service_name": "s", "subnet_ids": ["a", "b"]},
        ),
        ("aws_vpc_endpoint", {"vpc_endpoint_type": "Gateway"}),
    )
    expected = 2 + 2 * 0.4 + 0.1 + 0.5 + 3 + 2 * 730 * 0.01
    assert estimate(plan, None).month_usd == pytest.approx(expected)


def test_what_has_no_price_is_said_to_be_left_out():
    plan = _plan(("aws_redshift_cluster", {**CLUSTER[1], "node_type": "rg.large"}))
    found = estimate(plan, None)
    assert not found.is_whole
    lines = text(found, "eu-central-1")
    assert any("rg.large" in line and line.endswith("unknown") for line in lines)
    assert any("eu-central-1 has prices of its own" in line for line in lines)


def test_resources_of_modules_count():
    child = _plan(CLUSTER)["planned_values"]["root_module"]
    plan = {"planned_values": {"root_module": {"child_modules": [child]}}}
    assert estimate(plan, None).month_usd == pytest.approx(792.78)


@pytest.mark.parametrize("name", PRICES)
def test_a_price_has_its_source_and_its_month(name: str):
    price = PRICES[name]
    assert price.usd > 0
    assert price.source.startswith("https://aws.amazon.com/")
    assert len(price.date) == len("2026-01")
