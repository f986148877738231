"""The definition as Terraform's `templatefile` renders it, byte for byte.

`${name}` is replaced, `$${` gives `${` and `%%{` gives `%{`. Directives (`%{ if ... }`) and
expressions other than a name are refused. Values go in as Terraform writes them: text, numbers and
booleans as they are, lists and tables through `jsonencode`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from simulator.project.cloudformation import read_yaml
from simulator.project.reader import read_json
from simulator.project.sections import ProjectError, near, shown
from simulator.project.settings import DefinitionSettings, Project, Substitution

MARK = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
EXPRESSION = re.compile(r"\s*([A-Za-z_][\w-]*)\s*\}")
# jsonencode escapes these, as Go's encoder does
ESCAPED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered definition. `pieces` maps it back: (offset here, offset in the template)."""

    text: str
    template: str
    pieces: tuple[tuple[int, int], ...]

    def position(self, line: int, column: int) -> tuple[int, int]:
        """Where in the template a line and column of the text come from; inside a value, its
        placeholder."""
        offset = _offset(self.text, line, column)
        index = bisect_right(self.pieces, offset, key=lambda piece: piece[0]) - 1
        here, there = self.pieces[index]
        # odd pieces are values: whatever is in them comes from where the placeholder begins
        return _line_and_column(self.template, there if index % 2 else there + offset - here)


def render(project: Project, *, account_id: str, region: str) -> Rendered:
    """The project's definition with its substitutions. Raises `ProjectError` with line:column."""
    return render_definition(project.definition, account_id=account_id, region=region)


def render_definition(settings: DefinitionSettings, *, account_id: str, region: str) -> Rendered:
    """A definition with its substitutions. Raises `ProjectError` with line:column."""
    template = _text(settings.file, shown(settings.file))
    values = {
        name: _inserted(value, account_id=account_id, region=region)
        for name, value in settings.substitutions.items()
    }
    source = shown(settings.file)
    if settings.is_of_template:
        rendered = _substituted(template, values)
    else:
        rendered = render_text(template, values, source=source)
    if settings.file.suffix in (".yaml", ".yml"):
        # its places are those in the JSON
        value = read_yaml(settings.file, source, rendered.text)
        text = json.dumps(value, indent=2, ensure_ascii=False)
        return Rendered(text, text, ((0, 0),))
    return rendered


def _substituted(template: str, values: dict[str, str]) -> Rendered:
    """DefinitionSubstitutions: names that are not among them stay as they stand."""
    pieces: list[tuple[int, int]] = []
    output: list[str] = []
    length = position = 0
    for match in re.finditer(r"\$\{([^}]*)\}", template):
        if match[1] in values:
            before = template[position : match.start()]
            pieces += [(length, position), (length + len(before), match.start())]
            output += [before, values[match[1]]]
            length += len(before) + len(values[match[1]])
            position = match.end()
    pieces.append((length, position))
    return Rendered("".join([*output, template[position:]]), template, tuple(pieces))


def render_text(template: str, values: dict[str, str], *, source: str) -> Rendered:
    """Replace `${name}` in a template by its text."""
    output: list[str] = []
    pieces: list[tuple[int, int]] = []
    length = position = 0

    def piece(text: str, origin: int) -> None:
        nonlocal length
        pieces.append((length, origin))
        output.append(text)
        length += len(text)

    while match := MARK.search(template, position):
        piece(template[position : match.start()], position)
        if match[0] in ("$${", "%%{"):
            piece(match[0][1:], match.start())
            position = match.end()
            continue
        where = "{}:{}:{}".format(source, *_line_and_column(template, match.start()))
        name, position = _name(template, match, where)
        if name not in values:
            hint = near(name, values) or "add it under [definition.substitutions]"
            raise ProjectError(where, f"expected a substitution for {name!r}, got none", hint)
        piece(values[name], match.start())
    piece(template[position:], position)
    return Rendered("".join(output), template, tuple(pieces))


def jsonencode(value: Any) -> str:
    """JSON as Terraform's `jsonencode` writes it: compact, sorted keys, `<` as `\\u003c`."""
    match value:
        case dict():
            members = (f"{jsonencode(key)}:{jsonencode(value[key])}" for key in sorted(value))
            return "{" + ",".join(members) + "}"
        case list() | tuple():
            return "[" + ",".join(map(jsonencode, value)) + "]"
        case str():
            return json.dumps(value, ensure_ascii=False).translate(ESCAPED)
        case _:
            return "null" if value is None else _scalar(value)


def lambda_arn(name: str, *, account_id: str, region: str) -> str:
    """A function's ARN."""
    return f"arn:aws:lambda:{region}:{account_id}:function:{name}"


def _name(template: str, match: re.Match[str], where: str) -> tuple[str, int]:
    if match[0] == "%{":
        raise ProjectError(
            where,
            "expected no template directive, got '%{'",
            "write '%%{' for the text '%{'; a JSONata expression is written '{% {'",
        )
    expression = EXPRESSION.match(template, match.end())
    if expression is None:
        got = template[match.start() : match.start() + 30].splitlines()[0]
        raise ProjectError(
            where,
            f"expected a plain name as in ${{name}}, got {got!r}",
            "'$${' gives the text '${'",
        )
    return expression[1], expression.end()


def _inserted(value: Substitution, *, account_id: str, region: str) -> str:
    match value.kind:
        case "scalar":
            return value.value if isinstance(value.value, str) else _scalar(value.value)
        case "json":
            return jsonencode(value.value)
        case "file":
            return _text(value.value, value.where)
        case "json_file":
            return jsonencode(read_json(value.value, value.where))
        case "sql_folder":
            return jsonencode([_text(file, value.where) for file in value.value])
        case "lambda":
            return lambda_arn(value.value, account_id=account_id, region=region)
        case "state_machine":
            return f"arn:aws:states:{region}:{account_id}:stateMachine:{value.value}"
        case "activity":
            return f"arn:aws:states:{region}:{account_id}:activity:{value.value}"


def _scalar(value: Any) -> str:
    """A boolean or number as Terraform turns it into text: no exponent, no `.0`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(file: Path, where: str) -> str:
    try:
        # bytes, since Terraform's file() leaves line ends alone
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(where, f"expected UTF-8 text in {shown(file)}, got {error}") from None


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(start + max(column - 1, 0), len(text))
