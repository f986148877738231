"""docs/other-pipelines.md, as somebody follows it: its files are written, its commands are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from simulator import cli

PAGE = Path(__file__).resolve().parents[1] / "docs" / "other-pipelines.md"
FILE = re.compile(r"^`([^`\n]+)`\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, list[str]]]:
    """Each command with the lines that it prints, "..." for any others."""
    found: list[tuple[str, list[str]]] = []
    for block in CONSOLE.findall(PAGE.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line != "...":
                found[-1][1].append(line)
    return found


def test_the_page_s_pipeline_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = FILE.findall(PAGE.read_text(encoding="utf-8"))
    assert {"simulator.toml", "template.yaml"} <= {name for name, _ in files}
    for name, text in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for command, expected in commands():
        assert command.startswith("python -m simulator ")
        assert cli.main(shlex.split(command)[3:]) == 0
        printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
        place = 0
        for line in expected:
            assert line.strip() in printed[place:], (line, printed)
            place = printed.index(line.strip(), place) + 1
