"""Translations on disk: a text that was seen before needs no parser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.sql import translations
from simulator.sql.errors import NotSupported

PROGRAM = """
import sys
from simulator.sql.warehouse import Warehouse
from simulator.sql.translations import translate
for text in sys.argv[1:]:
    print(translate(text).kind)
print("sqlglot" in sys.modules)
"""
TEXTS = (
    "SELECT a, getdate() FROM t WHERE b = :b",
    "CREATE TABLE t (a int DEFAULT 1)",
    "COPY t FROM 's3://x/y' IAM_ROLE default CSV",
)


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASL_SIMULATOR_CACHE", str(tmp_path))
    translations.forget()


def test_known_texts_never_load_the_parser(tmp_path: Path) -> None:
    said = []
    for _run in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *TEXTS],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )
        said.append(done.stdout.split())
    kinds = ["SELECT", "CREATE", "COPY"]
    assert said == [[*kinds, "True"], [*kinds, "False"]]


def test_what_is_read_equals_what_was_written() -> None:
    first = [translations.translate(text) for text in TEXTS]
    translations.forget()
    assert [translations.translate(text) for text in TEXTS] == first


def test_a_damaged_file_is_translated_anew(tmp_path: Path) -> None:
    first = translations.translate(TEXTS[0])
    (path,) = tmp_path.rglob("*.json")
    path.write_text('{"kind": "SELECT"')
    translations.forget()
    assert translations.translate(TEXTS[0]) == first


def test_refusals_are_not_kept(tmp_path: Path) -> None:
    with pytest.raises(NotSupported):
        translations.translate("SELECT st_geohash('a')")
    assert list(tmp_path.rglob("*.json")) == []


def test_a_cache_that_cannot_be_written_costs_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ASL_SIMULATOR_CACHE", str(tmp_path / "file"))
    translations.forget()
    assert translations.translate("SELECT 1").kind == "SELECT"


def test_modules_that_make_no_translation_are_those_that_the_grammar_never_loads() -> None:
    program = (
        "import sys, simulator.sql.dialect\n"
        "print(*[n.rpartition('.')[2] for n in sys.modules if n.startswith('simulator.sql.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    shared = {"outcome", "isolation"}
    assert translations._OTHERS & set(done.stdout.split()) <= shared
