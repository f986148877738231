"""The timeline as lines of text: one bar for each row, told apart by shape, not by colour alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rich.text import Text

from simulator.report.rows import Bar, Row, duration_text

MIN_BAR_WIDTH = 16
NUMBERS_WIDTH = 9 + 10 + 7 + 6
STYLES = {
    "critical": "bold red",
    "normal": "cyan",
    "branch": "dim",
    "sql": "magenta",
    "slack": "dim",
    "fault": "bold red",
}


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What bars are drawn with; `tick` is for what is shorter than half a column."""

    bars: dict[str, str]
    tick: dict[str, str]
    ellipsis: str
    tree: dict[int, int]


UNICODE = Glyphs(
    {"critical": "█", "normal": "▒", "branch": "─", "sql": "━", "slack": "·", "fault": "!"},
    {"critical": "▌", "normal": "╎", "branch": "─", "sql": "╸", "slack": "·", "fault": "!"},
    "…",
    {},
)
ASCII = Glyphs(
    {"critical": "#", "normal": "=", "branch": "-", "sql": "~", "slack": ".", "fault": "!"},
    {"critical": "|", "normal": ":", "branch": "-", "sql": "~", "slack": ".", "fault": "!"},
    "~",
    str.maketrans("│├└", "||`"),
)


def timeline_lines(
    rows: list[Row], *, start_ms: int, end_ms: int, width: int, ascii_only: bool = False
) -> list[Text]:
    """The whole chart, `width` columns wide (80 at least)."""
    glyphs = ASCII if ascii_only else UNICODE
    width = max(width, 80)
    longest = max([len(row.guide) + len(row.label) for row in rows], default=5)
    label_width = min(longest, width - NUMBERS_WIDTH - MIN_BAR_WIDTH)
    bar_width = width - NUMBERS_WIDTH - label_width - 1
    span_ms = max(end_ms - start_ms, 1)
    lines = [_head(label_width, bar_width, span_ms)]
    for row in rows:
        line = _label(row, label_width, glyphs)
        line.append(_numbers(row, start_ms))
        line.append(" ")
        line.append(_bar(row.bars, start_ms, span_ms, bar_width, glyphs))
        line.rstrip()
        lines.append(line)
    lines.append(_legend({bar.kind for row in rows for bar in row.bars}, glyphs))
    return lines


def _head(label_width: int, bar_width: int, span_ms: int) -> Text:
    end = duration_text(span_ms)
    axis = "0" + end.rjust(bar_width - 1)
    text = f"{'state':<{label_width}}{'start':>9}{'took':>10}{'visits':>7}{'tries':>6} {axis}"
    return Text(text, style="dim", no_wrap=True)


def _label(row: Row, width: int, glyphs: Glyphs) -> Text:
    text = row.guide.translate(glyphs.tree) + row.label
    if len(text) > width:
        # names are told apart at both ends: GetLoadItemsStatus, CheckLoadItemsStatus, GetLoadItems
        tail = width * 2 // 5
        text = text[: width - tail - 1] + glyphs.ellipsis + text[-tail:]
    styles = {
        "state": "bold" if row.is_critical else "",
        "branch": "italic",
        "sql": "dim",
        "fault": "bold red",
    }
    style = styles[row.kind]
    if row.is_failed:
        style = "bold red"
    return Text(text.ljust(width), style=style, no_wrap=True)


def _numbers(row: Row, start_ms: int) -> Text:
    visits = str(row.visits) if row.kind == "state" or row.visits > 1 else ""
    attempts = "" if row.attempts is None else str(row.attempts)
    start = duration_text(row.start_ms - start_ms)
    text = f"{start:>9}{duration_text(row.duration_ms):>10}{visits:>7}{attempts:>6}"
    return Text(text, style="" if row.kind == "state" else "dim")


def _bar(bars: tuple[Bar, ...], start_ms: int, span_ms: int, width: int, glyphs: Glyphs) -> Text:
    cells = [(" ", "")] * width
    for bar in bars:
        first = (bar.start_ms - start_ms) * width / span_ms
        last = (bar.end_ms - start_ms) * width / span_ms
        left = min(int(first), width - 1)
        right = min(max(round(last), left + 1), width)
        glyph = (glyphs.bars if last - first >= 0.5 else glyphs.tick)[bar.kind]
        for cell in range(left, right):
            # a short piece doesn't hide a long one
            if cells[cell][0] == " " or last - first >= 0.5:
                cells[cell] = (glyph, STYLES[bar.kind])
    line = Text(no_wrap=True)
    for glyph, style in cells:
        line.append(glyph, style)
    return line


def _legend(kinds: Collection[str], glyphs: Glyphs) -> Text:
    names = {
        "critical": "critical path",
        "normal": "has slack",
        "sql": "SQL",
        "slack": "slack",
        "fault": "fault",
    }
    line = Text(style="dim", no_wrap=True)
    for kind, name in names.items():
        if kind in kinds:
            line.append(f"{glyphs.bars[kind] * 2} ", STYLES[kind])
            line.append(f"{name}   ")
    line.append("took: all visits together")
    return line
