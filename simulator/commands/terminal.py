"""Where text goes: tables and charts to stdout, progress and complaints to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.engine.trace import Trace

# a pipe has no width of its own
PIPE_WIDTH = 100
MAX_WIDTH = 120


def say(text: str) -> None:
    """A line for people, on stderr."""
    sys.stdout.flush()
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def print_json(document: Any) -> None:
    """One JSON document on stdout, whatever the encoding there."""
    ascii_only = (sys.stdout.encoding or "ascii").lower().replace("-", "") != "utf8"
    text = json.dumps(document, indent=2, ensure_ascii=ascii_only, default=str)
    sys.stdout.write(f"{text}\n")


def console(stream: TextIO) -> Console:
    """A console on a stream: 80 to 120 columns, colours only where a terminal has them."""
    from rich.console import Console

    found = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not found.is_terminal and "COLUMNS" not in found._environ:
        found.width = PIPE_WIDTH
    found.width = max(80, min(found.width, MAX_WIDTH))
    return found


def is_ascii_only(stream: TextIO) -> bool:
    """Whether a stream cannot carry the chart's characters."""
    try:
        "█▒━·│└…".encode(stream.encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return True
    return False


@contextmanager
def progress_line(trace: Trace) -> Iterator[None]:
    """A line on stderr that follows a run; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    from simulator.report.progress import Progress

    progress = Progress(trace)
    width = console(sys.stderr).width
    spinner = Spinner("line" if is_ascii_only(sys.stderr) else "dots")

    def drawn() -> Any:
        # two columns are the spinner's
        line = Text(progress.text())
        line.truncate(width - 3, overflow="ellipsis")
        spinner.update(text=line)
        return spinner

    # the line goes away: what comes after the run says more
    with Live(get_renderable=drawn, console=console(sys.stderr), transient=True):
        yield
