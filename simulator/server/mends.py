"""What moto gets wrong and the stack meets: each mend replaces one function of moto's.

Every mend has a test that fails when moto does without it; then it goes. moto is pinned exactly,
since these are its insides.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

# the service that writes buckets' access logs
_LOGGING = "logging.s3.amazonaws.com"


@functools.lru_cache(maxsize=1)
def install() -> None:
    """Put the mends in their places, once for the process."""
    for mend in MENDS:
        mend()


def _bucket_policies_have_conditions() -> None:
    """A policy's Condition is not read: `aws:SecureTransport` false would refuse everybody.

    Statements with a Condition don't hold here, as if each request came as they ask: over TLS.
    """
    from moto.s3.models import FakeBucket

    original = FakeBucket.get_permission

    @functools.wraps(original)
    def get_permission(self: Any, action: str, resource: str) -> Any:
        policy = self.policy
        if policy is None:
            return original(self, action, resource)
        document = json.loads(policy)
        kept = [one for one in _listed(document["Statement"]) if "Condition" not in one]
        self.policy = json.dumps({**document, "Statement": kept}).encode() if kept else None
        try:
            return original(self, action, resource)
        finally:
            self.policy = policy

    FakeBucket.get_permission = get_permission  # type: ignore[method-assign]


def _logs_are_delivered_by_any_policy_that_allows_it() -> None:
    """Log delivery wants the policy's statements in one form and fails on a Principal of "*"."""
    from moto.s3.models import FakeBucket

    def enabled(target_bucket: Any, **_: Any) -> bool:
        if not target_bucket.policy:
            return False
        arn = f"arn:aws:s3:::{target_bucket.name}/"
        return any(
            statement.get("Effect") == "Allow"
            and _LOGGING in _listed(_principals(statement).get("Service"))
            and "s3:PutObject" in _listed(statement.get("Action"))
            and any(one.startswith(arn) for one in _listed(statement.get("Resource")))
            for statement in _listed(json.loads(target_bucket.policy)["Statement"])
        )

    FakeBucket._log_permissions_enabled_policy = staticmethod(enabled)  # type: ignore[method-assign,assignment]


def _composite_alarms_can_be_made() -> None:
    """There is everything of a composite alarm but the operation that makes one."""
    from moto.cloudwatch.responses import CloudWatchResponse

    CloudWatchResponse.put_composite_alarm = CloudWatchResponse.put_metric_alarm  # type: ignore[attr-defined]


def _budgets_have_subscribers_and_tags() -> None:
    """Subscribers are kept and not told; UpdateBudget and tags are missing."""
    from moto.budgets.responses import BudgetsResponse

    create = BudgetsResponse.create_budget

    def create_budget(self: Any) -> str:
        answer = create(self)
        budget = _budget(self, self._get_param("Budget")["BudgetName"])
        budget.tags = _tags(self._get_param("ResourceTags", []))
        return answer

    BudgetsResponse.create_budget = create_budget  # type: ignore[method-assign]
    for name, operation in _BUDGET_OPERATIONS.items():
        setattr(BudgetsResponse, name, operation)


def _queues_keep_what_is_not_set() -> None:
    """SetQueueAttributes takes the policy away whenever it says nothing of it."""
    from moto.sqs.models import Queue

    original = Queue._set_attributes

    @functools.wraps(original)
    def set_attributes(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        # what makes a queue sets its attributes too, when it has no policy yet
        kept = getattr(self, "policy", None)
        if kept is not None and "Policy" not in attributes:
            attributes = {**attributes, "Policy": kept}
        original(self, attributes, now)

    Queue._set_attributes = set_attributes  # type: ignore[method-assign]


def _rules_for_prefix_lists_have_descriptions() -> None:
    """A security group's rule shows the description of its addresses or of its group alone."""
    from moto.ec2.models.security_groups import SecurityGroupRule

    original = SecurityGroupRule.__init__
    shown: Any = SecurityGroupRule.description

    @functools.wraps(original)
    def make(self: Any, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        # the eighth of its arguments, where it stands without its name
        given = options.get("prefix_list_id") or (
            arguments[7] if len(arguments) > _PREFIX else None
        )
        self.prefix_list_description = (given or {}).get("Description")

    def description(self: Any) -> str | None:
        found: str | None = shown.fget(self) or self.prefix_list_description
        return found

    SecurityGroupRule.__init__ = make  # type: ignore[method-assign]
    SecurityGroupRule.description = property(description)  # type: ignore[method-assign,assignment]


_PREFIX = 7


def _managed_policies_are_read_once_and_for_one_partition() -> None:
    """AWS's own policies are there only if a variable is set before moto is imported; then each of
    six partitions reads them all whenever it is emptied, which takes 0.3 s."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data
    from moto.iam.models import AWSManagedPolicy, IAMBackend

    @functools.lru_cache(maxsize=1)
    def parsed() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(aws_managed_policies_data)
        return found

    def init_aws_policies(self: Any) -> list[AWSManagedPolicy]:
        if self.region_name != "aws":
            return []
        return [
            AWSManagedPolicy.from_data(name, self.account_id, self.region_name, policy)
            for name, policy in parsed().items()
        ]

    IAMBackend._init_aws_policies = init_aws_policies  # type: ignore[method-assign,assignment]


def _schedules_start_in_the_ports_time() -> None:
    """A StartDate is held against the real clock, which is not the simulation's."""
    from moto.scheduler.models import Schedule

    Schedule._validate_start_date = lambda _self, start_date: start_date  # type: ignore[method-assign,assignment]


def _schedules_are_on_unless_they_say_otherwise() -> None:
    """UpdateSchedule without a State leaves none."""
    from moto.scheduler.models import Schedule

    original = Schedule.update

    @functools.wraps(original)
    def update(self: Any, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        self.state = self.state or "ENABLED"

    Schedule.update = update  # type: ignore[method-assign]


def _budget(self: Any, name: str) -> Any:
    from moto.budgets.exceptions import NotFoundException

    found = self.backend.budgets[self.current_account].get(name)
    if found is None:
        raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
    return found


def _budget_tags(self: Any) -> dict[str, str]:
    arn = self._get_param("ResourceARN")
    tags: dict[str, str] = vars(_budget(self, arn.rpartition("/")[2])).setdefault("tags", {})
    return tags


def _update_budget(self: Any) -> str:
    changed = self._get_param("NewBudget")
    _budget(self, changed["BudgetName"]).budget |= changed
    return "{}"


def _describe_subscribers(self: Any) -> str:
    from moto.budgets.exceptions import NotFoundException

    wanted = self._get_param("Notification")
    for one in _budget(self, self._get_param("BudgetName")).notifications:
        if all(str(one.details.get(key)) == str(wanted[key]) for key in wanted):
            return json.dumps({"Subscribers": one.subscribers})
    raise NotFoundException("Unable to get the notification - it doesn't exist.")


def _list_budget_tags(self: Any) -> str:
    tags = _budget_tags(self)
    return json.dumps({"ResourceTags": [{"Key": key, "Value": tag} for key, tag in tags.items()]})


def _tag_budget(self: Any) -> str:
    _budget_tags(self).update(_tags(self._get_param("ResourceTags")))
    return "{}"


def _untag_budget(self: Any) -> str:
    for key in self._get_param("ResourceTagKeys"):
        _budget_tags(self).pop(key, None)
    return "{}"


_BUDGET_OPERATIONS: dict[str, Callable[[Any], str]] = {
    "update_budget": _update_budget,
    "describe_subscribers_for_notification": _describe_subscribers,
    "list_tags_for_resource": _list_budget_tags,
    "tag_resource": _tag_budget,
    "untag_resource": _untag_budget,
}


def _tags(tags: Any) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def _principals(statement: dict[str, Any]) -> dict[str, Any]:
    principal = statement.get("Principal")
    return principal if isinstance(principal, dict) else {}


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


MENDS: tuple[Callable[[], None], ...] = (
    _bucket_policies_have_conditions,
    _logs_are_delivered_by_any_policy_that_allows_it,
    _composite_alarms_can_be_made,
    _budgets_have_subscribers_and_tags,
    _queues_keep_what_is_not_set,
    _rules_for_prefix_lists_have_descriptions,
    _managed_policies_are_read_once_and_for_one_partition,
    _schedules_start_in_the_ports_time,
    _schedules_are_on_unless_they_say_otherwise,
)
