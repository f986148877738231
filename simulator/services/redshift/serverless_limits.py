"""Usage limits of Redshift Serverless: kept and shown, and never reached."""

from __future__ import annotations

from collections.abc import Callable, Collection

from simulator.engine.ports import World
from simulator.services.api import Caller
from simulator.services.redshift.serverless_made import (
    Answer,
    Made,
    Request,
    arn_of,
    known,
    members_of,
    not_found,
    page_of,
)
from simulator.services.redshift.serverless_members import USAGE_LIMIT_MEMBERS


class UsageLimits:
    """The usage limits of an account; `workgroups` tells the ARNs of what can have one."""

    def __init__(self, world: World, workgroups: Callable[[], Collection[str]]) -> None:
        self._world = world
        self._workgroups = workgroups
        self._limits: dict[str, Made] = {}

    def forget(self, workgroup_arn: str) -> None:
        """The workgroup is gone, and its limits with it."""
        self._limits = {
            key: one
            for key, one in self._limits.items()
            if one.shown["resourceArn"] != workgroup_arn
        }

    def create_usage_limit(self, request: Request, caller: Caller) -> Answer:
        """CreateUsageLimit, of a workgroup. Nothing is ever reached here."""
        if request["resourceArn"] not in self._workgroups():
            raise not_found(f"The resource {request['resourceArn']} doesn't exist.")
        limit_id = self._world.identity.uuid("serverless", "usagelimit")
        shown = {
            "usageLimitId": limit_id,
            "period": "monthly",
            "breachAction": "log",
            **members_of(request, USAGE_LIMIT_MEMBERS),
        }
        made = Made(arn_of(self._world, "usagelimit", limit_id), shown)
        self._limits[limit_id] = made
        return {"usageLimit": _shown(made)}

    def get_usage_limit(self, request: Request, caller: Caller) -> Answer:
        """GetUsageLimit."""
        return {"usageLimit": _shown(self._known(request))}

    def list_usage_limits(self, request: Request, caller: Caller) -> Answer:
        """ListUsageLimits, of one resource and kind where they are named."""
        wanted = {key: request[key] for key in ("resourceArn", "usageType") if request.get(key)}
        shown = [
            _shown(one) for one in self._limits.values() if wanted.items() <= one.shown.items()
        ]
        return page_of("usageLimits", shown, request)

    def update_usage_limit(self, request: Request, caller: Caller) -> Answer:
        """UpdateUsageLimit."""
        made = self._known(request)
        made.shown |= members_of(request, ("amount", "breachAction"))
        return {"usageLimit": _shown(made)}

    def delete_usage_limit(self, request: Request, caller: Caller) -> Answer:
        """DeleteUsageLimit."""
        made = self._known(request)
        del self._limits[made.shown["usageLimitId"]]
        return {"usageLimit": _shown(made)}

    def _known(self, request: Request) -> Made:
        return known(self._limits, request["usageLimitId"], "usage limit")


def _shown(made: Made) -> Answer:
    return {**made.shown, "usageLimitArn": made.arn}
