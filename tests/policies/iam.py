"""What IAM policies allow: as much of their language as the stack's policies use, and no more.

"IAM JSON policy elements reference": `*` stands for any text and `?` for a character in resources
and in StringLike; a condition holds when every key of every operator has one of its values; a key
that the request doesn't have holds for no operator here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_LIKE = ("StringLike", "ArnLike")
_EQUAL = ("StringEquals", "ArnEquals")


@dataclass(frozen=True)
class Call:
    """An API call as IAM sees it. `resource` is "*" where the action knows none; `why` and `page`
    tell of a call that is implied by another."""

    role: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict, hash=False)
    why: str = "recorded"
    page: str = ""


@dataclass(frozen=True)
class Grant:
    """One action on one pattern of resources, with the condition of its statement."""

    role: str
    sid: str
    action: str
    resource: str
    condition: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)

    def allows(self, call: Call) -> bool:
        return (
            (call.role, call.action) == (self.role, self.action)
            and matches(self.resource, call.resource)
            and all(
                key in call.context and any(_holds(operator, one, call.context, key) for one in of)
                for operator, keys in self.condition.items()
                for key, of in _values(keys)
            )
        )

    def uses(self, call: Call, operator: str, key: str, value: str) -> bool:
        """Whether a call that this allows has that value of the condition."""
        return self.allows(call) and _holds(operator, value, call.context, key)


def grants_of(role: str, policies: Iterable[Mapping[str, Any]]) -> list[Grant]:
    """All that a role's policies allow. There is nothing in them but Allow, Action, Resource."""
    grants = []
    for policy in policies:
        assert policy["Version"] == "2012-10-17"
        for statement in policy["Statement"]:
            assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}
            assert statement["Effect"] == "Allow"
            grants += [
                Grant(role, statement["Sid"], action, resource, statement.get("Condition", {}))
                for action in statement["Action"]
                for resource in statement["Resource"]
            ]
    return grants


def matches(pattern: str, text: str) -> bool:
    """Whether a text is what a pattern with `*` and `?` stands for."""
    parts = [
        {"*": ".*", "?": "."}.get(part, re.escape(part)) for part in re.split(r"([*?])", pattern)
    ]
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def listed(value: Any) -> list[str]:
    """A value that may stand alone or in a list."""
    return list(value) if isinstance(value, list) else [value]


def unused_of(grants: Iterable[Grant], calls: Sequence[Any]) -> Iterator[str]:
    """What no call needs of the grants, and of their conditions."""
    for grant in grants:
        allowed = [call for call in calls if grant.allows(call)]
        if not allowed:
            yield f"{grant.sid}: {grant.action} on {grant.resource}"
        for operator, keys in grant.condition.items():
            for key, values in keys.items():
                for value in listed(values):
                    if not any(grant.uses(call, operator, key, value) for call in allowed):
                        yield f"{grant.sid}: {key} {value}"


def _values(keys: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    return [(key, listed(value)) for key, value in keys.items()]


def _holds(operator: str, value: str, context: Mapping[str, str], key: str) -> bool:
    assert operator in _LIKE + _EQUAL, operator
    # "IAM policy elements: variables and tags": ${aws:userid} is the caller's
    value = re.sub(r"\$\{([^}]+)\}", lambda variable: context[variable[1]], value)
    found = context[key]
    return matches(value, found) if operator in _LIKE else value == found
