"""What the stack's files come to, kept in tests/stack/rendered: reviewed there like code, and held
against the simulation by tests that need no Terraform. Here it is what Terraform says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

# one worker runs `terraform test` for all that read it
pytestmark = [pytest.mark.terraform, pytest.mark.xdist_group("plans")]

FOLDER = Path(__file__).resolve().parents[1] / "stack" / "rendered"
# of each type of resource, what tests ask about; a text of JSON is kept as what it holds
KEPT = {
    "aws_cloudwatch_composite_alarm": "alarm_name alarm_rule alarm_actions",
    "aws_cloudwatch_event_rule": "name event_pattern",
    "aws_cloudwatch_event_target": "rule target_id arn input_transformer",
    "aws_cloudwatch_metric_alarm": "alarm_name namespace metric_name dimensions statistic period "
    "evaluation_periods datapoints_to_alarm comparison_operator threshold treat_missing_data "
    "alarm_actions",
    "aws_iam_policy": "name arn policy",
    "aws_iam_role": "name unique_id assume_role_policy",
    "aws_iam_role_policy": "name role policy",
    "aws_iam_role_policy_attachment": "role policy_arn",
    "aws_kms_key": "arn policy",
    "aws_lambda_function": "function_name role handler timeout environment",
    "aws_lambda_invocation": "function_name input",
    "aws_lambda_permission": "function_name principal action source_arn",
    "aws_redshift_cluster": "cluster_identifier database_name master_username "
    "master_password_secret_arn master_password_secret_kms_key_id",
    "aws_redshiftserverless_namespace": "namespace_name db_name admin_username "
    "admin_password_secret_arn admin_password_secret_kms_key_id",
    "aws_redshiftserverless_workgroup": "workgroup_name arn",
    "aws_s3_object": "key",
    "aws_scheduler_schedule": "name schedule_expression schedule_expression_timezone state target",
    "aws_secretsmanager_secret": "arn name_prefix kms_key_id",
    "aws_sfn_alias": "name arn",
    "aws_sfn_state_machine": "name",
    "aws_sns_topic": "name arn",
    "aws_sns_topic_policy": "arn policy",
    "aws_sns_topic_subscription": "topic_arn protocol endpoint",
    "aws_sqs_queue": "name policy",
}


def read(name: str, value: Any) -> Any:
    """A value as it is kept. The set-up's SQL is that of statemachine/sql/setup."""
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        value = json.loads(value)
        if name == "input":
            value = {key: value[key] for key in ("connection", "users")}
    return value


def kept(state: dict[str, Any]) -> dict[str, Any]:
    """The resources by address, and what goes into the definition."""
    resources = state["root_module"]["resources"]
    substitutions = state["outputs"]["substitutions"]["value"]
    return {"substitutions": substitutions} | {
        one["address"]: {
            name: read(name, one["values"].get(name)) for name in KEPT[one["type"]].split()
        }
        for one in resources
        if one["type"] in KEPT and one["mode"] == "managed"
    }


@pytest.mark.parametrize("run", ["plain", "everything", "serverless"])
def test_what_terraform_renders_is_what_is_kept(tested: list[dict[str, Any]], run: str):
    (state,) = (
        one["test_state"]
        for one in tested
        if one["type"] == "test_state"
        and (one["@testfile"], one["@testrun"]) == ("tests/policies.tftest.hcl", run)
    )
    rendered = kept(state)
    file = FOLDER / f"{run}.json"
    if os.environ.get("UPDATE_RENDERED"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(rendered, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert json.loads(file.read_text(encoding="utf-8")) == rendered, (
        "UPDATE_RENDERED=1 make test-terraform writes it anew: read the difference"
    )
