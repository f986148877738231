"""What a plan will cost in a month, and a run of its pipeline.

Terraform's plan says what there will be, a simulated run what one uses, the table what it costs.

What depends on how much is stored, logged and sent is left out, and said so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.deployment.prices import HOURS_A_MONTH, PRICES, RUNS_A_MONTH

LEFT_OUT = "left out: storage, logs, traces, data transfer, taxes, free tiers"
# "charges are measured on a per-second basis with a 60-second minimum" (Amazon Redshift pricing)
_SERVERLESS_MINIMUM_SECONDS = 60
_CRON = re.compile(r"cron\((\d+) (\d+) \* \* \? \*\)")
# what costs so much for each one that exists
_EACH = {
    "aws_kms_key": "kms key",
    "aws_secretsmanager_secret": "secret",
    "aws_cloudwatch_metric_alarm": "alarm",
    "aws_cloudwatch_composite_alarm": "composite alarm",
    "aws_cloudwatch_dashboard": "dashboard",
}


@dataclass(frozen=True, slots=True)
class Item:
    """So much of something. `usd` is None where the table has no price for it."""

    text: str
    usd: float | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run uses. `gb_seconds` are those of its functions, `sql_seconds` how long at least
    one statement ran."""

    transitions: int
    invocations: int
    lambda_seconds: float
    run_seconds: float
    sql_seconds: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A run's items, a month's, and the sum of each; None where a price is missing."""

    run: tuple[Item, ...]
    month: tuple[Item, ...]

    @property
    def run_usd(self) -> float:
        """One run, the cluster's hours apart."""
        return sum(item.usd or 0 for item in self.run)

    @property
    def month_usd(self) -> float:
        """A month with a run each day."""
        return sum(item.usd or 0 for item in self.month) + self.run_usd * RUNS_A_MONTH

    @property
    def is_whole(self) -> bool:
        """Whether every item has its price."""
        return all(item.usd is not None for item in (*self.run, *self.month))


def estimate(plan: Mapping[str, Any], usage: Usage | None) -> Estimate:
    """The cost of `terraform show -json`'s plan; without `usage` of what is there alone."""
    resources = list(_resources(plan.get("planned_values", {}).get("root_module", {})))
    run = () if usage is None else tuple(_run_items(resources, usage))
    return Estimate(run, tuple(_month_items(resources)))


def text(found: Estimate, region: str | None) -> list[str]:
    """The estimate as lines for people."""
    dates = sorted({price.date for price in PRICES.values()})
    lines = ["estimated cost in US dollars, on demand, in us-east-1"]
    if region not in (None, "us-east-1"):
        lines.append(f"  {region} has prices of its own")
    month = "a month, with a run each day" if found.run else "a month, without any run"
    for title, items, total in (
        ("a run", found.run, found.run_usd if found.run else None),
        (month, found.month, found.month_usd),
    ):
        lines.append(f"  {title + ':':<62}{_money(total):>10}")
        lines += [f"    {item.text:<60}{_money(item.usd):>10}" for item in items]
    if not found.is_whole:
        lines.append("  what has no price in simulator/deployment/prices.py is not in the sums")
    lines.append(f"  {LEFT_OUT}")
    lines.append(f"  list prices of {dates[0]} to {dates[-1]} as others quote AWS; the pages that")
    lines.append("  decide are named in simulator/deployment/prices.py")
    return lines


def _money(usd: float | None) -> str:
    if usd is None:
        return "unknown"
    return f"{usd:.2f}" if usd >= 1 else f"{usd:.4f}"


def _resources(module: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for one in module.get("resources", ()):
        if one.get("mode") == "managed":
            yield one["type"], one.get("values", {})
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _month_items(resources: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Item]:
    hours = HOURS_A_MONTH * _awake_share(resources)
    for kind, values in resources:
        if kind == "aws_redshift_cluster":
            yield _cluster(values, hours)
        elif kind == "aws_vpc_endpoint" and values.get("vpc_endpoint_type") == "Interface":
            zones = len(values.get("subnet_ids") or ()) or 1
            text = f"interface endpoint {values.get('service_name', '')}, {zones} zones"
            yield _item(text, "interface endpoint", zones * HOURS_A_MONTH)
        elif kind == "aws_sagemaker_notebook_instance":
            text = f"notebook instance {values['instance_type']}"
            yield _item(text, f"notebook {values['instance_type']}", HOURS_A_MONTH)
    counts = Counter(kind for kind, _ in resources)
    # Redshift keeps its administrator's password in a secret that it makes itself
    counts["aws_secretsmanager_secret"] += sum(
        bool(values.get("manage_master_password") or values.get("manage_admin_password"))
        for _, values in resources
    )
    for kind, name in _EACH.items():
        if counts[kind]:
            yield _item(_counted(counts[kind], name), name, counts[kind])


def _cluster(values: Mapping[str, Any], hours: float) -> Item:
    nodes, kind = int(values.get("number_of_nodes") or 1), str(values["node_type"])
    text = f"cluster {values['cluster_identifier']}: {nodes} x {kind}, {hours:.0f} hours"
    return _item(text, f"redshift node {kind}", nodes * hours)


def _awake_share(resources: Iterable[tuple[str, Mapping[str, Any]]]) -> float:
    """The share of the day in which schedules leave the cluster running."""
    minutes = {}
    for kind, values in resources:
        if kind != "aws_scheduler_schedule":
            continue
        arn = str((values.get("target") or [{}])[0].get("arn"))
        time = _CRON.fullmatch(str(values.get("schedule_expression")))
        for action in ("pauseCluster", "resumeCluster"):
            if time is not None and arn.endswith(f"redshift:{action}"):
                minutes[action] = int(time[1]) + 60 * int(time[2])
    if len(minutes) < 2:
        return 1.0
    awake = (minutes["pauseCluster"] - minutes["resumeCluster"]) % (24 * 60)
    return awake / (24 * 60)


def _run_items(resources: Sequence[tuple[str, Mapping[str, Any]]], usage: Usage) -> Iterator[Item]:
    # the execution's start is a transition too
    transitions = usage.transitions + 1
    yield _item(f"{transitions} state transitions", "state transition", transitions)
    yield _item(_counted(usage.invocations, "Lambda request"), "lambda request", usage.invocations)
    functions = [values for kind, values in resources if kind == "aws_lambda_function"]
    if functions:
        gigabytes = max(int(values.get("memory_size") or 128) for values in functions) / 1024
        architectures = {(values.get("architectures") or ["x86_64"])[0] for values in functions}
        name = f"lambda duration {'x86_64' if 'x86_64' in architectures else 'arm64'}"
        seconds = usage.lambda_seconds * gigabytes
        yield _item(f"{seconds:.1f} GB-seconds of Lambda", name, seconds)
    for kind, values in resources:
        if kind == "aws_redshiftserverless_workgroup":
            seconds = max(usage.sql_seconds, _SERVERLESS_MINIMUM_SECONDS)
            capacity = int(values.get("base_capacity") or 128)
            text = f"workgroup {values['workgroup_name']}: {capacity} RPUs for {seconds:.0f} s"
            yield _item(text, "redshift serverless", capacity * seconds / 3600)


def _item(text: str, name: str, amount: float) -> Item:
    price = PRICES.get(name)
    return Item(text, None if price is None else price.usd * amount)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
