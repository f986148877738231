"""What a request must be beyond what botocore's model can state; who connects is in `logins`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from simulator.services.api import ServiceError
from simulator.services.redshift_data.limits import MAX_STATEMENT_BYTES
from simulator.sql.errors import SqlError
from simulator.sql.lexer import split_statements

# What stands in SQL text but holds no parameters, then a cast's colons, then a parameter.
_PARAMETER = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$\$.*?\$\$ | :: |
        :(?P<name>[A-Za-z0-9_]+)""",
    re.VERBOSE | re.DOTALL,
)
# Leading comments and brackets, then the keyword.
_FIRST_KEYWORD = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*([A-Za-z]+)", re.DOTALL)


def refusal(message: str, hint: str = "") -> ServiceError:
    """AWS's answer to a request that cannot be."""
    return ServiceError("ValidationException", message, hint=hint)


def first_keyword(sql: str) -> str:
    """The statement's kind, such as "COPY"; "" for none."""
    match = _FIRST_KEYWORD.match(sql)
    return match.group(1).upper() if match else ""


# Runs of a simulation repeat their texts.
@lru_cache(maxsize=256)
def texts_of(sql: str, *, prepared: bool = False) -> tuple[str, ...]:
    """The statements of a text, apart by semicolons.

    "This statement must be a single SQL statement" (API reference, ExecuteStatement), but AWS's own
    samples send scripts of several, and the service runs them: two queries in one element of Sqls
    (aws-samples/getting-started-with-amazon-redshift-data-api, use-cases/
    etl-orchestration-with-step-functions, validate_sql_statement.sql), a file of procedures
    (sp_statements.sql), a set-up script with BEGIN and COMMIT (setup_sales_data_pipeline.sql). With
    `prepared`, for parameters, the text stays whole, and the warehouse refuses more than one.
    """
    if prepared or ";" not in sql.rstrip().rstrip(";"):
        return (sql,)
    try:
        found = split_statements(sql)
    except SqlError:
        # The warehouse says what is wrong with it.
        return (sql,)
    if len(found) < 2:
        return (sql,)
    return tuple(sql[one[0].start : one[-1].end] for one in found)


def check_statement_size(sqls: Sequence[str]) -> None:
    """The text's limit, in bytes."""
    for sql in sqls:
        size = len(sql.encode())
        if size > MAX_STATEMENT_BYTES:
            raise refusal(
                f"The query statement size of {size} bytes exceeds the maximum of "
                f"{MAX_STATEMENT_BYTES} bytes (100 KB)."
            )


def parameters_by_statement(
    sqls: Sequence[str], given: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """The parameters that each statement refers to.

    "Each statement can reference any subset of the provided parameters. Each provided parameter
    must be referenced by at least one SQL statement in the batch" (API reference,
    BatchExecuteStatement).
    """
    values = {parameter["name"]: parameter["value"] for parameter in given}
    if len(values) < len(given):
        raise refusal("Parameters list contains duplicate parameter names.")
    if not values:
        return [{} for _ in sqls]
    used = [_parameter_names(sql) for sql in sqls]
    unused = [name for name in values if not any(name in names for names in used)]
    if unused:
        # AWS's words, for a parameter that stands in a text too
        # (aws-samples/getting-started-with-amazon-redshift-data-api issue 4).
        raise refusal(
            f"Parameters list contains unused parameters. Unused parameters: [{', '.join(unused)}]"
        )
    return [{name: value for name, value in values.items() if name in names} for names in used]


def _parameter_names(sql: str) -> set[str]:
    return {name for match in _PARAMETER.finditer(sql) if (name := match.group("name"))}
