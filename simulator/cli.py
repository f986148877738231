"""`python -m simulator`: arguments and exit codes. What a command does is in `commands/`.

Exit codes: 0 SUCCEEDED (or nothing to complain about), 1 FAILED, TIMED_OUT or ABORTED, 2 a usage
or definition error. Results go to stdout, everything else to stderr.
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import sys

# real seconds are measured here, at the rim, from the program's start
import time  # noqa: TID251
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from simulator.commands.arguments import add_deployment, add_input, port_number, speed

OK, FAILED, REFUSED = 0, 1, 2
# set to show where an error came from inside the simulator
TRACEBACK = "SIMULATOR_TRACEBACK"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never a traceback of ours."""
    started = time.perf_counter()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a name that a pipe's encoding lacks must not end a run
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    options.started = started
    try:
        command = importlib.import_module(f"simulator.commands.{options.command}")
        code: int = command.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever read our output has seen enough; nothing may be written any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return _refuse("interrupted")
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        return _refuse(_message(error))
    return code


def _refuse(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return REFUSED


def _message(error: Exception) -> str:
    """What a user is told. An error that no room foresaw is our bug, and says so."""
    name = type(error).__name__
    if type(error).__module__.startswith(("simulator.", "botocore.")):
        return str(error)
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: expected to read or write it, got {error.strerror}"
    where = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    hint = f"{TRACEBACK}=1 shows where; please report it"
    return f"internal error: {name}: {error}{where}\n  hint: {hint}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="Runs AWS Step Functions definitions with their real Lambda code and real "
        "Redshift SQL, offline, in virtual time.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="run the project's state machine once"))
    _add_query(commands.add_parser("query", help="ask the tables that the last run left"))
    render = commands.add_parser("render", help="print the definition as it would be deployed")
    _add_project(render)
    package = commands.add_parser("package", help="make the zip files of the functions")
    package.add_argument(
        "--out", type=Path, metavar="DIR", help="default: .simulator/packages of the project"
    )
    _add_project(package)
    validate = commands.add_parser(
        "validate", help="print file:line:column: CODE message for each diagnostic"
    )
    validate.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="default: the project's"
    )
    validate.add_argument("--json", action="store_true", help="one JSON document on stdout")
    _add_project(validate)
    _add_serve(commands.add_parser("serve", help="answer AWS's clients on a port"))
    add_deployment(commands)
    return parser


def _add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--project",
        type=Path,
        default=Path(),
        metavar="DIR|FILE",
        help="where simulator.toml is (default: the nearest one from here upwards)",
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add_input(parser)
    add("--name", help="the execution's name (default: run-1, run-2, ...)")
    add("--seed", type=int, help="what ids, jitter and durations come from (default: [run] seed)")
    add("--start-time", type=_moment, metavar="TIME", help="virtual start: 2024-01-09T10:00:00Z")
    add("--continue", action="store_true", dest="goes_on", help="start on the last run's tables")
    add("--faults", metavar="PLAN", help="play a fault plan: a JSON file, or its text")
    add(
        "--overlay", type=Path, metavar="DIR", help="run with DIR's files in place of the project's"
    )
    add("--json", action="store_true", help="one JSON document on stdout, and nothing else")
    add("--history", type=Path, metavar="FILE", help="write the execution history as AWS shapes it")
    add(
        "--show",
        action="append",
        default=[],
        metavar="STATE",
        help="print a state's input and output as the console shows them",
    )
    _add_project(parser)


def _add_query(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sql", metavar="SQL")
    parser.add_argument("--user", help="database user (default: a superuser)")
    parser.add_argument("--database", help="database (default: the warehouse's)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    _add_project(parser)


def _add_serve(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen on (default: loopback only)")
    add("--port", type=port_number, default=4566, help="default: 4566, LocalStack's; 0: a free one")
    add("--region", default="us-east-1", help="of requests that name none (default: us-east-1)")
    add(
        "--speed",
        type=speed,
        default=None,
        metavar="virtual|real|N",
        help="how virtual time goes: at once (default), as the clock, or N times as fast",
    )
    add("--start-time", type=_moment, metavar="TIME", help="virtual start: 2024-01-09T10:00:00Z")
    add(
        "--project",
        type=Path,
        metavar="DIR|FILE",
        help="take seed, start time, timing and quotas from its simulator.toml",
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected a moment such as 2024-01-09T10:00:00Z, got {text!r}"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
