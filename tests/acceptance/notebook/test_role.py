"""The notebook's role may do what the notebook is seen to ask for, and nothing more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

ROLE = "store-sales-notebook"
pytestmark = [
    # one worker executes the notebook for all
    pytest.mark.xdist_group("notebook"),
    # Jupyter's own packages, not ours
    pytest.mark.filterwarnings("ignore::DeprecationWarning:(jupyter|zmq|nbclient).*"),
]
Modules = tuple[ModuleType, ModuleType, ModuleType]


def read(service: str, request: Any) -> tuple[str, dict[str, Any]]:
    """Operation and parameters of an HTTP request."""
    if service != "s3":
        return request.target.split(".")[-1], json.loads(request.body)
    assert request.method == "GET"
    bucket, _, key = unquote(request.path).lstrip("/").partition("/")
    if key:
        return "GetObject", {"Bucket": bucket, "Key": key}
    query = parse_qs(request.query)
    assert query["list-type"] == ["2"]
    return "ListObjectsV2", {"Bucket": bucket, "Prefix": query["prefix"][0]}


@pytest.fixture
def grants(policies: Modules) -> list[Any]:
    """What the role's own policy and the analyst's two allow."""
    stacks, iam, _ = policies
    resources = stacks.rendered("everything")
    found = {
        kind: stacks.of_type(resources, kind)
        for kind in ("aws_iam_role_policy", "aws_iam_role_policy_attachment", "aws_iam_policy")
    }
    own = [one["policy"] for one in found["aws_iam_role_policy"] if one["role"] == ROLE]
    attached = {one["policy_arn"] for one in found["aws_iam_role_policy_attachment"]}
    managed = [one["policy"] for one in found["aws_iam_policy"] if one["arn"] in attached]
    assert (len(own), len(managed)) == (1, 2)
    return list(iam.grants_of(ROLE, own + managed))


@pytest.fixture
def calls(executed: Any, loaded: Any, policies: Modules) -> list[Any]:
    """What the notebook asked for, what that implies, and how its instance fetched it."""
    stacks, iam, reading = policies
    resources = stacks.rendered("everything")

    def recorded() -> Iterator[Any]:
        for service, request in loaded.asked:
            operation, given = read(service, request)
            yield reading.Recorded(ROLE, "SageMaker", service, operation, given)

    reader = reading.Reader(iam.Call, resources, loaded.stack.arns)
    key = resources["aws_kms_key.data"]["arn"]
    made = [*reader.calls(recorded()), *reading.of_notebook(iam.Call, ROLE, key)]
    assert len(made) > 100
    return made


def test_the_notebook_is_allowed_all_that_it_asks_for(grants: list[Any], calls: list[Any]) -> None:
    missing = {
        f"{call.action} on {call.resource} {call.context}"
        for call in calls
        if not any(grant.allows(call) for grant in grants)
    }
    assert missing == set()


def test_the_notebook_is_allowed_nothing_more(
    grants: list[Any], calls: list[Any], policies: Modules
) -> None:
    _, iam, _ = policies
    assert list(iam.unused_of(grants, calls)) == []
