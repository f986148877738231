"""What a request must be beyond what botocore's model can state; who connects is in `logins`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from simulator.services.api import ServiceError
from simulator.services.redshift_data.limits import MAX_STATEMENT_BYTES

# What stands in SQL text but holds no parameters, then a cast's colons, then a parameter.
_PARAMETER = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$\$.*?\$\$ | :: |
        :(?P<name>[A-Za-z0-9_]+)""",
    re.VERBOSE | re.DOTALL,
)
# Leading comments and brackets, then the keyword.
_FIRST_KEYWORD = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/|\()*([A-Za-z]+)", re.DOTALL)


def refusal(message: str) -> ServiceError:
    """AWS's answer to a request that cannot be."""
    return ServiceError("ValidationException", message)


def first_keyword(sql: str) -> str:
    """The statement's kind, such as "COPY"; "" for none."""
    match = _FIRST_KEYWORD.match(sql)
    return match.group(1).upper() if match else ""


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
