"""`deploy`: the plan is shown, its cost with it, and applied when somebody says yes."""

from __future__ import annotations

import sys
from argparse import Namespace

from simulator.commands import deployed, terminal
from simulator.commands.plan import show_estimate
from simulator.deployment.terraform import variable_options

FAILED = 1


def run(options: Namespace) -> int:
    """0 when the target is as the plan wanted it; 1 when nobody agreed."""
    settings, target = deployed.target_of(options)
    terraform = deployed.terraform_for(settings, target, options)
    if not terraform.plan(variable_options(options.var, options.var_file)):
        terminal.say("nothing to change")
        return 0
    if target.is_aws:
        show_estimate(settings, terraform, target)
    if not options.auto_approve:
        question = f"apply this plan to {target.name}: {terraform.summary()}?"
        if not agreed(question):
            return FAILED
    terraform.apply()
    target.plan_file.unlink(missing_ok=True)
    lines = [f"  make {name} TARGET={target.name}" for name in ("lake", "execute", "report")]
    terminal.say("\n".join(["\ndeployed; what can be done with it:", *lines]))
    return 0


def agreed(question: str) -> bool:
    """Ask, where somebody can answer."""
    if not sys.stdin.isatty():
        terminal.say(f"{question} nobody is here to say yes: -auto-approve says it beforehand")
        return False
    sys.stderr.write(f"\n{question} only 'yes' means it: ")
    sys.stderr.flush()
    said = sys.stdin.readline().strip() == "yes"
    if not said:
        terminal.say("nothing was done")
    return said
