"""`python -m benchmarks`: every benchmark, or those named."""

from __future__ import annotations

import argparse

from rich.console import Console

NAMES = ("states", "pipeline", "plans", "data-api")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="states, pipeline, plans, data-api (default: all)"
    )
    parser.add_argument("--runs", type=int, help="runs of each (default: 15, 5, 100 and 15)")
    options = parser.parse_args()
    for name in options.names:
        if name not in NAMES:
            parser.error(f"expected one of {', '.join(NAMES)}, got {name!r}")
    console = Console(width=130)
    names = options.names or NAMES
    if "states" in names:
        from benchmarks import states

        states.report(options.runs or 15, console)
    if "pipeline" in names:
        from benchmarks import pipeline

        pipeline.report(options.runs or 5, console)
    if "plans" in names:
        from benchmarks import plans

        plans.report(options.runs or 100, console)
    if "data-api" in names:
        from benchmarks import data_api

        data_api.report(options.runs or 15, console)


if __name__ == "__main__":
    main()
