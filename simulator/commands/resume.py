"""`resume`: what `pause` has stopped is up again."""

from __future__ import annotations

from argparse import Namespace

from simulator.commands import deployed, terminal
from simulator.deployment import pauses


def run(options: Namespace) -> int:
    """0 when all of it is up, whether or not it was before."""
    _, target, stack = deployed.stack_on(options)
    pauses.resume(target.clients(), stack, terminal.say)
    return 0
