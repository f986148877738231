"""Users' own Python: loaded by path, complained about with their frames and where it is named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simulator import loader
from simulator.project import ProjectError, Reference

WHERE = "simulator.toml:3: [lake.raw] fill"


def reference(folder: Path, text: str, name: str = "fill") -> Reference:
    file = folder / "fill.py"
    file.write_text(text)
    return Reference(file, name, WHERE)


def test_a_function_is_called_with_its_arguments(tmp_path):
    fill = reference(tmp_path, "def fill(folder, *, days):\n    return [folder] * days\n")
    assert loader.call(fill, "x", days=2) == ["x", "x"]


def test_a_file_imports_its_neighbours_even_late(tmp_path):
    (tmp_path / "neighbour_of_fill.py").write_text("value = 7\n")
    fill = reference(
        tmp_path, "def fill():\n    import neighbour_of_fill as n\n    return n.value\n"
    )
    before = list(sys.path)
    try:
        assert loader.call(fill) == 7
    finally:
        sys.modules.pop("neighbour_of_fill", None)
    assert sys.path == before


def test_two_files_of_one_name_are_two_modules(tmp_path):
    answers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        answers.append(loader.call(reference(tmp_path / name, f"fill = lambda: {name!r}\n")))
    assert answers == ["one", "two"]


def test_a_dataclass_in_a_file_with_deferred_annotations_loads(tmp_path):
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Day:\n    number: int\n"
        "def fill():\n    return Day(3).number\n"
    )
    assert loader.call(reference(tmp_path, text)) == 3


def test_a_missing_name_is_said_with_a_near_one(tmp_path):
    with pytest.raises(ProjectError) as caught:
        loader.load(reference(tmp_path, "def fill(): ...\n", "fil"))
    assert str(caught.value).startswith(f"{WHERE}: expected 'fil' in ")
    assert "did you mean 'fill'?" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "last_line"),
    [
        ("import no_such_module_here\n", "import no_such_module_here"),
        ("def fill():\n    helper()\ndef helper():\n    return 1 / 0\n", "return 1 / 0"),
        ("def fill(:\n", None),
    ],
)
def test_an_error_in_the_file_shows_its_own_frames_and_none_of_ours(tmp_path, text, last_line):
    with pytest.raises(loader.UserCodeError) as caught:
        loader.call(reference(tmp_path, text))
    message = str(caught.value)
    assert message.startswith(WHERE)
    assert "fill.py" in message
    assert "loader.py" not in message
    assert "importlib" not in message
    if last_line is not None:
        assert last_line in message
