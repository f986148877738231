"""`pause`: the cluster, and the source that fills the lake, cost nothing until `resume`."""

from __future__ import annotations

from argparse import Namespace

from simulator.commands import deployed, terminal
from simulator.deployment import pauses


def run(options: Namespace) -> int:
    """0 when all of it rests, whether or not it did before."""
    _, target, stack = deployed.stack_on(options)
    pauses.pause(target.clients(), stack, terminal.say)
    return 0
