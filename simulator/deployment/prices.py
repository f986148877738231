"""What AWS charges, in one table: US dollars in US East (N. Virginia), on demand, no free tiers.

Other regions differ. The prices are second-hand: no page of AWS was read for them. Each is as
public documents quoted it, the newest of them in the month of `date`; `source` is the page of AWS's
that they quote and that decides. Who changes a price changes its date.
"""

from __future__ import annotations

from dataclasses import dataclass

HOURS_A_MONTH = 730
RUNS_A_MONTH = 365 / 12


@dataclass(frozen=True, slots=True)
class Price:
    """`usd` for one `unit`, as documents that quote `source` had it in the month of `date`."""

    usd: float
    unit: str
    source: str
    date: str


def _page(service: str) -> str:
    return f"https://aws.amazon.com/{service}/pricing/"


PRICES = {
    "redshift node ra3.large": Price(0.543, "node-hour", _page("redshift"), "2026-03"),
    "redshift node ra3.xlplus": Price(1.086, "node-hour", _page("redshift"), "2026-03"),
    "redshift node ra3.4xlarge": Price(3.26, "node-hour", _page("redshift"), "2026-03"),
    "redshift node ra3.16xlarge": Price(13.04, "node-hour", _page("redshift"), "2026-03"),
    "redshift serverless": Price(0.375, "RPU-hour", _page("redshift"), "2026-03"),
    "state transition": Price(0.000025, "transition", _page("step-functions"), "2026-06"),
    "lambda request": Price(0.0000002, "request", _page("lambda"), "2026-06"),
    "lambda duration arm64": Price(0.0000133334, "GB-second", _page("lambda"), "2026-06"),
    "lambda duration x86_64": Price(0.0000166667, "GB-second", _page("lambda"), "2026-06"),
    "kms key": Price(1.0, "key-month", _page("kms"), "2026-06"),
    "secret": Price(0.40, "secret-month", _page("secrets-manager"), "2026-06"),
    "alarm": Price(0.10, "alarm-month", _page("cloudwatch"), "2026-06"),
    "composite alarm": Price(0.50, "alarm-month", _page("cloudwatch"), "2026-06"),
    "dashboard": Price(3.0, "dashboard-month", _page("cloudwatch"), "2026-06"),
    "interface endpoint": Price(0.01, "zone-hour", _page("privatelink"), "2026-06"),
    "notebook ml.t3.medium": Price(0.05, "hour", _page("sagemaker/ai"), "2026-06"),
}
