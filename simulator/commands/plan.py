"""`plan`: what deploying would change, and what the stack costs."""

from __future__ import annotations

import sys
from argparse import Namespace

from simulator.commands import deployed, terminal
from simulator.deployment import estimate, targets
from simulator.deployment.terraform import Terraform, variable_options
from simulator.deployment.usage import usage_of
from simulator.project import Project


def run(options: Namespace) -> int:
    """Show both; 0 whether or not anything would change."""
    settings, target = deployed.target_of(options)
    terraform = deployed.terraform_for(settings, target, options)
    changed = terraform.plan(variable_options(options.var, options.var_file))
    show_estimate(settings, terraform, target)
    if changed:
        deploy = f"python -m simulator deploy{target.option}"
        terminal.say(f"\n{terraform.summary()}; apply it:\n  {deploy}")
    return 0


def show_estimate(settings: Project, terraform: Terraform, target: targets.Target) -> None:
    """What the kept plan costs in a month, and a run; what it would cost on AWS otherwise."""
    try:
        usage = usage_of(settings)
    except Exception as error:  # noqa: BLE001 - a plan is worth showing without a run's cost
        terminal.say(f"the cost of a run is unknown, since simulating one failed: {error}")
        usage = None
    found = estimate.estimate(terraform.planned(), usage)
    region = targets.region_of(target)
    where = "" if target.is_aws else "; here it costs nothing"
    first, *rest = estimate.text(found, region)
    sys.stdout.write("\n".join(["", f"{first}{where}", *rest]) + "\n")
    sys.stdout.flush()
