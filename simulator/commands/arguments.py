"""The arguments of the commands that deploy and operate a stack. Loads nothing but argparse."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

TARGETS = ("aws", "local", "localstack")


def add_deployment(commands: Any) -> None:
    """`plan`, `deploy`, `destroy`, `execute`, `backfill`, `report`, `pause`, `resume`, `lake`."""
    plan = _command(commands, "plan", "show what deploying would change, and what it costs")
    _add_terraform(plan)
    deploy = _command(commands, "deploy", "show the plan of the stack, ask, and apply it")
    _add_terraform(deploy)
    _add_approval(deploy)
    destroy = _command(commands, "destroy", "say what is kept, ask, and destroy the stack")
    _add_terraform(destroy)
    _add_approval(destroy)
    _add_execute(_command(commands, "execute", "start an execution on the target and follow it"))
    _add_backfill(
        _command(commands, "backfill", "start an execution for each date of a range, in order")
    )
    _command(commands, "report", "run the analyst's queries on the target")
    _command(commands, "pause", "pause the cluster, and stop the source where one is named")
    _command(commands, "resume", "resume the cluster, and start the source where one is named")
    lake = _command(commands, "lake", "upload a folder, or the sample lake, to the target")
    lake.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="default: the project's")


def _command(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text)
    add = parser.add_argument
    add(
        "--target",
        choices=TARGETS,
        default="aws",
        help="aws (default); local: the port of `serve`; localstack: the port that "
        "localstack-client resolves",
    )
    add("--stack", type=Path, metavar="DIR", help="Terraform's folder (default: terraform/)")
    add(
        "--project",
        type=Path,
        default=Path(),
        metavar="DIR|FILE",
        help="where simulator.toml is (default: the nearest one from here upwards)",
    )
    return parser


def _add_terraform(parser: argparse.ArgumentParser) -> None:
    """Terraform's own, written as Terraform writes them or with two dashes."""
    add = parser.add_argument
    add(
        "-var",
        "--var",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a variable of the stack, as terraform's",
    )
    add(
        "-var-file",
        "--var-file",
        action="append",
        default=[],
        metavar="FILE",
        help="variables from a file, as terraform's",
    )
    add("--port", type=port_number, help="the local port's number (default: 4566)")
    add(
        "--speed",
        type=_speed_text,
        metavar="virtual|real|N",
        help="how time goes on a port that is started",
    )


def add_input(parser: argparse.ArgumentParser) -> None:
    """What an execution starts with: --input and --set."""
    parser.add_argument(
        "--input", metavar="JSON|@FILE", help="the execution's input (default: [input])"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a member of the input; dots go deeper; JSON where it parses, else text",
    )


def _add_approval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-auto-approve", "--auto-approve", action="store_true", help="do not ask")


def _add_execute(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--name", help="the execution's name (default: a new one)")
    add_input(parser)
    add("--follow", metavar="NAME", help="start nothing; follow the execution of that name")
    add("--history", type=Path, metavar="FILE", help="write the execution history as AWS shapes it")


def _add_backfill(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("first", metavar="FROM", help="the first date, such as 2024-01-01")
    add("last", metavar="TO", help="the last date")
    add("--member", required=True, metavar="NAME", help="the input's member that takes the date")
    add("--input", metavar="JSON|@FILE", help="the executions' input (default: [input])")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help="as for execute")


def port_number(text: str) -> int:
    """A port's number, 0 for a free one."""
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text!r}")
    return int(text)


def speed(text: str) -> float | None:
    """How fast virtual time goes; None where it does not wait for the clock."""
    if text in ("virtual", "real"):
        return None if text == "virtual" else 1.0
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 1_000_000:
        raise argparse.ArgumentTypeError(
            f"expected virtual, real or a number above 0, got {text!r}"
        )
    return factor


def _speed_text(text: str) -> str:
    """What `serve` will be given."""
    speed(text)
    return text
