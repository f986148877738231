"""Each role of the stack may do what its work is seen to need, and nothing more.

What a role calls is recorded in simulated runs: the set-up, success, a failure, a timeout, a stop
and a redrive, a paused cluster. `calls.py` adds what AWS does in the role's name. The policies are
those that Terraform renders. The notebook's role is tested where the notebook runs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

# one worker makes the runs for all
pytestmark = pytest.mark.xdist_group("policies")
ROOT = Path(__file__).resolve().parents[2]
VARIANTS = ("plain", "everything", "serverless")
FUNCTIONS = {
    "StoreSalesRedshiftDataApi": ["StoreSalesRedshiftDataApi", "StoreSalesRedshiftCleanUp"],
    "StoreSalesRedshiftOperations": ["StoreSalesRedshiftOperations"],
    "StoreSalesRedshiftSetUp": ["StoreSalesRedshiftSetUp"],
}
ROLES = {
    *FUNCTIONS,
    "StoreSalesETLStateMachine",
    "store-sales-copy",
    "store-sales-flow-log",
    "store-sales-scheduler",
}
Resources = Mapping[str, Any]


def of_type(resources: Resources, kind: str) -> list[dict[str, Any]]:
    return [one for address, one in resources.items() if address.startswith(f"{kind}.")]


def roles_of(resources: Resources) -> list[str]:
    """The roles of whatever works unattended."""
    names = [one["name"] for one in of_type(resources, "aws_iam_role")]
    return [name for name in names if name != "store-sales-notebook"]


def policies_of(resources: Resources, role: str) -> list[Any]:
    """A role's policies; nothing else is attached to it."""
    attached = of_type(resources, "aws_iam_role_policy_attachment")
    assert role not in [one["role"] for one in attached]
    return [
        one["policy"] for one in of_type(resources, "aws_iam_role_policy") if one["role"] == role
    ]


@pytest.fixture
def needed(
    recorded: Callable[[str], Any],
    rendered: Callable[[str], Resources],
    iam: ModuleType,
    calls_module: ModuleType,
) -> Callable[[str], list[Any]]:
    """All calls of a variant's roles."""

    def implied(role: str, table: Any) -> Iterator[Any]:
        for one in table:
            for action in one.actions:
                yield iam.Call(role, action, one.resource, {}, one.why, one.page)

    def collect(variant: str) -> list[Any]:
        resources = rendered(variant)
        made, _, arns, functions = recorded(variant)
        is_whole = variant == "everything"
        calls = list(calls_module.Reader(iam.Call, resources, arns).calls(made))
        for role, names in FUNCTIONS.items():
            for name in names:
                calls += implied(role, calls_module.of_a_function(name, is_in_vpc=is_whole))
        machine = "StoreSalesETLStateMachine"
        calls += [iam.Call(machine, "lambda:InvokeFunction", arn) for arn in functions]
        calls += implied(machine, calls_module.OF_STATES)
        calls += implied("store-sales-flow-log", calls_module.OF_FLOW_LOG)
        calls += implied("store-sales-scheduler", calls_module.OF_SCHEDULES)
        key = resources["aws_kms_key.data"]["arn"]
        for schedule in of_type(resources, "aws_scheduler_schedule"):
            calls += calls_module.of_schedule(iam.Call, "store-sales-scheduler", schedule, key)
        return calls

    return collect


def shown(call: Any) -> str:
    return f"{call.role}: {call.action} on {call.resource} {dict(call.context)} ({call.why})"


@pytest.mark.parametrize("variant", VARIANTS)
def test_roles_are_allowed_all_that_they_call(
    needed: Callable[[str], list[Any]],
    rendered: Callable[[str], Resources],
    iam: ModuleType,
    variant: str,
) -> None:
    resources = rendered(variant)
    grants = {
        role: iam.grants_of(role, policies_of(resources, role)) for role in roles_of(resources)
    }
    assert grants.keys() == ROLES
    missing = [
        shown(call)
        for call in needed(variant)
        if not any(grant.allows(call) for grant in grants[call.role])
    ]
    assert sorted(set(missing)) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_roles_are_allowed_nothing_more(
    needed: Callable[[str], list[Any]],
    rendered: Callable[[str], Resources],
    iam: ModuleType,
    variant: str,
) -> None:
    resources = rendered(variant)
    calls = needed(variant)
    unused = []
    for role in roles_of(resources):
        grants = iam.grants_of(role, policies_of(resources, role))
        unused += [f"{role}: {one}" for one in iam.unused_of(grants, calls)]
    assert unused == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_permission_is_given_twice(
    rendered: Callable[[str], Resources], iam: ModuleType, variant: str
) -> None:
    resources = rendered(variant)
    for role in roles_of(resources):
        grants = iam.grants_of(role, policies_of(resources, role))
        given = [(one.action, one.resource, str(one.condition)) for one in grants]
        assert sorted(given) == sorted(set(given))


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_call_in_the_trace_was_recorded(recorded: Callable[[str], Any], variant: str) -> None:
    made, trace, *_ = recorded(variant)
    told = {
        (subject, data["caller"])
        for _, _, subject, data in trace.of_kind("ApiCall")
        if data["caller"].startswith("lambda:")
    }
    assert told == {(f"{one.service}:{one.operation}", f"lambda:{one.session}") for one in made}


def test_the_runs_go_every_way_that_the_functions_have(recorded: Callable[[str], Any]) -> None:
    """Each operation that a function's code names is called in some run."""
    named = set()
    for file in sorted((ROOT / "lambda").glob("*/index.py")):
        names = {
            node.attr if isinstance(node, ast.Attribute) else node.value
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute)
            or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        }
        named |= {(file.parent.name, name) for name in names & OPERATIONS}
    folders = {
        "StoreSalesRedshiftDataApi": "redshift_data_api",
        "StoreSalesRedshiftCleanUp": "redshift_cleanup",
        "StoreSalesRedshiftOperations": "redshift_operations",
        "StoreSalesRedshiftSetUp": "redshift_setup",
    }
    made, *_ = recorded("everything")
    called = {(folders[one.session], snake_case(one.operation)) for one in made}
    assert called == named


# what the functions' clients can do and their code may name
OPERATIONS = {
    "batch_execute_statement",
    "cancel_statement",
    "describe_clusters",
    "describe_execution",
    "describe_statement",
    "execute_statement",
    "get_random_password",
    "get_secret_value",
    "get_statement_result",
    "invoke",
    "list_executions",
    "list_statements",
    "pause_cluster",
    "put_secret_value",
    "resume_cluster",
}


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def test_an_implied_permission_has_a_page_of_aws(
    needed: Callable[[str], list[Any]],
) -> None:
    pages = {
        call.page for variant in VARIANTS for call in needed(variant) if call.why != "recorded"
    }
    assert len(pages) > 10
    for page in pages:
        assert page.startswith("https://docs.aws.amazon.com/")


def test_a_wildcard_says_why() -> None:
    """Beside it, or in the line above."""
    silent = []
    for file in sorted((ROOT / "terraform").glob("*.tf")):
        lines = file.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            code = re.sub(r"\s# .*", "", line)
            # Scheduler's cron, a title's text and Terraform's own patterns are none
            if not re.search(r'\*"', code) or re.search(r"schedule_expression|fileset", code):
                continue
            if "# " not in line and not lines[number - 1].lstrip().startswith("#"):
                silent.append(f"{file.name}:{number + 1}: {line.strip()}")
    assert silent == []


def test_a_missing_and_a_needless_permission_are_seen(iam: ModuleType) -> None:
    """The evaluation itself: resources, conditions, another role."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": ["arn:aws:s3:::lake/item/*"],
                "Condition": {"StringEquals": {"s3:prefix": ["a", "b"]}},
            }
        ],
    }
    (grant,) = iam.grants_of("copy", [policy])
    inside = "arn:aws:s3:::lake/item/x"
    assert grant.allows(iam.Call("copy", "s3:GetObject", inside, {"s3:prefix": "a"}))
    assert not grant.allows(iam.Call("copy", "s3:GetObject", inside, {"s3:prefix": "c"}))
    assert not grant.allows(iam.Call("copy", "s3:GetObject", inside))
    assert not grant.allows(iam.Call("copy", "s3:PutObject", inside, {"s3:prefix": "a"}))
    assert not grant.allows(iam.Call("other", "s3:GetObject", inside, {"s3:prefix": "a"}))
    outside = "arn:aws:s3:::lake/store/x"
    assert not grant.allows(iam.Call("copy", "s3:GetObject", outside, {"s3:prefix": "a"}))
    assert iam.matches("a?c*", "abcd")
    assert not iam.matches("a?c*", "acd")
    assert not iam.matches("a.c", "abc")
