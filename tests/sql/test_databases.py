"""Names of three parts, which begin with the database in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.sql.errors import NotSupported


def test_a_name_may_say_the_database_in_use(desk: Any, put: Callable[[str, bytes], None]) -> None:
    put("more/part", b"3,three\n")
    rows = desk.rows(
        "CREATE TABLE dev.public.number (n int, name varchar(9))",
        'INSERT INTO "dev"."public"."number" VALUES (1, \'one\'), (2, \'two\')',
        "COPY dev.public.number FROM 's3://lake/more/' IAM_ROLE default DELIMITER ','",
        "UPDATE dev.public.number SET name = upper(name) WHERE n = 2",
        "CREATE VIEW dev.public.odd AS SELECT * FROM dev.public.number WHERE n % 2 = 1",
        "DELETE FROM DEV.public.number WHERE n = 1",
        "SELECT number.name FROM dev.public.number JOIN public.odd USING (n)"
        " UNION ALL SELECT name FROM dev.public.number AS other WHERE other.n = 2",
    )
    assert sorted(rows) == [("TWO",), ("three",)]


def test_another_database_is_refused_before_anything_runs(desk: Any) -> None:
    for text in (
        "CREATE TABLE reports.public.t (n int)",
        "INSERT INTO reports.public.t SELECT 1",
        "SELECT * FROM dev.public.a JOIN reports.public.b USING (n)",
    ):
        with pytest.raises(NotSupported, match=r"table of database 'reports' in a .* of 'dev'"):
            desk.run(text)
