"""`destroy`: what stays is said first; then the rest goes, and the local port that `deploy`
started."""

from __future__ import annotations

from argparse import Namespace

from simulator.commands import deployed, terminal
from simulator.commands.deploy import agreed
from simulator.deployment import ports, targets
from simulator.deployment.stack import Kept, kept
from simulator.deployment.terraform import variable_options, without

FAILED = 1
# where a stack notes what it keeps
RECORD = "terraform_data.kept_on_destroy"


def run(options: Namespace) -> int:
    """0 when nothing is left but what was said; 1 when nobody agreed."""
    settings, target = deployed.target_of(options)
    if target.name == "local" and not _port_is_up(target):
        return _forget(target)
    terraform = deployed.terraform_for(settings, target, options)
    addresses = terraform.addresses()
    if not addresses:
        terminal.say("nothing is deployed")
        return _end_port(target)
    variables = variable_options(options.var, options.var_file)
    # after a destroy the outputs are gone, and what it kept is not
    record = terraform.recorded(RECORD) if RECORD in addresses else None
    stays = kept({"kept_on_destroy": record} if record is not None else terraform.outputs())
    # Terraform would take keys and settings from under what stays: those are kept with it
    spared = [one for one in addresses if one.partition("[")[0] in stays.resources]
    targeted = without(addresses, spared) if spared else []
    if not spared or targeted:
        changed = terraform.plan([*variables, *targeted], destroy=True)
    else:
        changed = False
    for line in _told(stays):
        terminal.say(line)
    if not changed:
        terminal.say("there is nothing else to destroy")
        return _end_port(target)
    if not options.auto_approve:
        question = f"destroy all else on {target.name}: {terraform.summary()}?"
        if not agreed(question):
            return FAILED
    terraform.apply()
    target.plan_file.unlink(missing_ok=True)
    return _end_port(target)


def _told(stays: Kept) -> list[str]:
    lines = []
    if stays.final_snapshot is not None:
        lines.append(f"kept: the cluster's final snapshot {stays.final_snapshot}")
    if stays.lake_bucket is not None:
        lines.append(f"kept: the lake, s3://{stays.lake_bucket}, with its settings and key")
    if stays.resources:
        lines.append("  they stay in Terraform's state: a later deploy takes them up again, and")
        lines.append("  terraform destroy in its folder gives them up, once the bucket is empty")
    return lines or ["kept: nothing"]


def _port_is_up(target: targets.Target) -> bool:
    assert target.endpoint is not None
    return ports.is_ready(ports.port_of(target.endpoint))


def _forget(target: targets.Target) -> int:
    """A port that ended took everything with it."""
    was_there = target.state_file.is_file()
    target.state_file.unlink(missing_ok=True)
    (target.state_folder / "port.json").unlink(missing_ok=True)
    terminal.say(
        "the local port has ended, and everything on it with it"
        if was_there
        else "nothing is deployed"
    )
    return 0


def _end_port(target: targets.Target) -> int:
    """End the port that `deploy` started, and forget what was on it."""
    if target.name != "local":
        return 0
    served = ports.noted(target.state_folder)
    if served is not None and ports.stop(served):
        terminal.say(f"the local port {served.port} has ended")
        target.state_file.unlink(missing_ok=True)
        # a port that somebody else started goes on, with what is kept on it
        (target.state_folder / "port.json").unlink(missing_ok=True)
    return 0
