"""`python -m benchmarks`: every benchmark, or those named."""

from __future__ import annotations

import argparse

from rich.console import Console


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=["states", "pipeline", []], metavar="NAME",
                        help="states, pipeline; all by default")  # fmt: skip
    parser.add_argument("--runs", type=int, default=6, help="runs of each workload (default 6)")
    options = parser.parse_args()
    console = Console(width=130)
    names = options.names or ["states", "pipeline"]
    if "states" in names:
        from benchmarks import states

        states.report(options.runs, console)
    if "pipeline" in names:
        from benchmarks import pipeline

        pipeline.report(options.runs, console)


if __name__ == "__main__":
    main()
