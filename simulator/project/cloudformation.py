"""CloudFormation's templates, SAM's among them: YAML or JSON in, values with their functions done.

"Intrinsic function reference" and "Pseudo parameters reference". What a resource is called, and
what its ARN is, says `stack`; here is only how values are put together.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simulator.project.sections import ProjectError, near, shown

# The account and region that a simulation has unless Python says otherwise.
ACCOUNT_ID, REGION = "123456789012", "us-east-1"
PSEUDO: Mapping[str, str] = {
    "AWS::AccountId": ACCOUNT_ID,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/simulated/1",
    "AWS::StackName": "simulated",
    "AWS::URLSuffix": "amazonaws.com",
}
NO_VALUE = "AWS::NoValue"
_DYNAMIC = re.compile(r"\{\{resolve:([^{}]+)\}\}")
_NAME = re.compile(r"\$\{(!?)([^}]*)\}")


def read_template(file: Path, where: str) -> dict[str, Any]:
    """A template's sections, with short forms (`!Sub`) written out. Raises `ProjectError`."""
    value = read_yaml(file, where)
    if not isinstance(value, dict) or not isinstance(value.get("Resources"), dict):
        raise ProjectError(where, f"expected a template with Resources in {shown(file)}")
    return value


def read_yaml(file: Path, where: str, text: str | None = None) -> Any:
    """YAML, or JSON, with CloudFormation's tags. Raises `ProjectError`."""
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        raise ProjectError(
            where, f"expected PyYAML for {shown(file)}, got none", "pip install pyyaml"
        ) from None
    try:
        given = file.read_text(encoding="utf-8") if text is None else text
        return yaml.load(given, Loader=_loader(yaml))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProjectError(where, f"expected YAML in {shown(file)}, got {error}") from None


def _loader(yaml: Any) -> Any:
    class Loader(yaml.SafeLoader):  # type: ignore[misc, name-defined, unused-ignore]
        """Plain data; dates stay text, as CloudFormation reads them."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def written_out(loader: Any, suffix: str, node: Any) -> Any:
        if isinstance(node, yaml.ScalarNode):
            value: Any = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        if suffix == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}

    Loader.add_multi_constructor("!", written_out)
    return Loader


class Values:
    """Does a template's functions. `ref` and `attribute` say what stands for a resource, `outside`
    for what other stacks export and for dynamic references, by their names."""

    def __init__(
        self,
        template: Mapping[str, Any],
        given: Mapping[str, str],
        where: str,
        *,
        ref: Callable[[str], str],
        attribute: Callable[[str, str], str],
        outside: Mapping[str, str] | None = None,
    ) -> None:
        self._resources = template["Resources"]
        self._mappings = template.get("Mappings") or {}
        self._conditions = template.get("Conditions") or {}
        self._parameters: Mapping[str, Any] = template.get("Parameters") or {}
        self._given = given
        self._where = where
        self._ref = ref
        self._attribute = attribute
        self._outside = outside or {}
        for name in given:
            if name not in self._parameters:
                raise ProjectError(
                    where,
                    f"expected a parameter of the template, got {name!r}",
                    near(name, self._parameters),
                )

    def of(self, value: Any) -> Any:
        """A value with its functions done. Raises `ProjectError`."""
        if isinstance(value, list):
            return [one for item in value if (one := self.of(item)) != NO_VALUE]
        if not isinstance(value, dict):
            return self._resolved(value) if isinstance(value, str) else value
        if len(value) == 1:
            ((name, operand),) = value.items()
            if name == "Ref":
                return self.ref(operand)
            if name.startswith("Fn::"):
                return self._function(name, operand)
        done = {name: self.of(one) for name, one in value.items()}
        return {name: one for name, one in done.items() if one != NO_VALUE}

    def _resolved(self, text: str) -> str:
        """A text with its dynamic references, `{{resolve:ssm:NAME}}`, put in."""
        return _DYNAMIC.sub(lambda match: self._from_outside(match[1], "dynamic reference"), text)

    def _from_outside(self, name: str, kind: str) -> str:
        if name in self._outside:
            return self._outside[name]
        known = near(name, self._outside)
        given = f'say what it is: [template.outside] "{name}" = "..."'
        raise self._error(f"expected a value for the {kind} {name!r}, got none", known or given)

    def ref(self, name: str) -> Any:
        """What `Ref` gives: a parameter, a pseudo parameter or a resource."""
        if name == NO_VALUE:
            return NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self._parameters:
            return self._parameter(name)
        if name in self._resources:
            return self._ref(name)
        resource, _, member = name.partition(".")
        if resource in self._resources and member == "Alias":
            # SAM's own: the alias that it publishes the function under
            return self._attribute(resource, member)
        known = [*self._parameters, *self._resources]
        raise self._error(f"expected a parameter or resource, got {name!r}", near(name, known))

    def holds(self, name: str) -> bool:
        """Whether a condition of the template holds."""
        if name not in self._conditions:
            raise self._error(f"expected a condition, got {name!r}", near(name, self._conditions))
        return bool(self._truth(self._conditions[name]))

    def _parameter(self, name: str) -> Any:
        declared = self._parameters[name]
        # of such a parameter the default is the name of what Parameter Store holds, not the value
        is_name = str(declared.get("Type")).startswith("AWS::SSM::Parameter::Value")
        value = self._given.get(name, None if is_name else declared.get("Default"))
        if value is None:
            raise self._error(
                f"expected a value for the template's parameter {name!r}, got none",
                f'parameters = {{ {name} = "..." }}',
            )
        is_list = declared.get("Type", "") in ("CommaDelimitedList", "List<Number>")
        if is_list or declared.get("Type", "").startswith("List<"):
            return [one.strip() for one in str(value).split(",")]
        return value if isinstance(value, str) else _text(value)

    def _function(self, name: str, operand: Any) -> Any:
        functions: Mapping[str, Callable[[Any], Any]] = {
            "Fn::Sub": self._sub,
            "Fn::GetAtt": self._get_att,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::ToJsonString": lambda given: json.dumps(self.of(given)),
            "Fn::Base64": self.of,
            "Fn::ImportValue": lambda given: self._from_outside(_text(self.of(given)), "export"),
        }
        if name in functions:
            done = functions[name](operand)
            return self._resolved(done) if isinstance(done, str) else done
        if name in ("Fn::Equals", "Fn::And", "Fn::Or", "Fn::Not"):
            return self._truth({name: operand})
        raise self._error(
            f"{name} is not simulated", "declare what needs it in simulator.toml itself"
        )

    def _join(self, operand: Any) -> str:
        separator, parts = operand
        joined: str = separator.join(_text(one) for one in self.of(parts))
        return joined

    def _select(self, operand: Any) -> Any:
        index, parts = self.of(operand)
        if not 0 <= int(index) < len(parts):
            raise self._error(f"expected a place in {parts!r}, got {index!r}")
        return parts[int(index)]

    def _split(self, operand: Any) -> list[str]:
        separator, text = self.of(operand)
        parts: list[str] = text.split(separator)
        return parts

    def _find_in_map(self, operand: Any) -> Any:
        table, first, second = self.of(operand)
        try:
            return self._mappings[table][first][second]
        except KeyError:
            raise self._error(f"expected {first!r}, {second!r} in mapping {table!r}") from None

    def _if(self, operand: Any) -> Any:
        condition, then, otherwise = operand
        return self.of(then if self.holds(condition) else otherwise)

    def _get_att(self, operand: Any) -> str:
        resource, attribute = operand if isinstance(operand, list) else operand.split(".", 1)
        return self._attribute_of(resource, str(self.of(attribute)))

    def _truth(self, condition: Any) -> bool:
        if not isinstance(condition, dict):
            return condition in (True, "true")
        ((name, operand),) = condition.items()
        match name:
            case "Condition":
                return self.holds(operand)
            case "Fn::Equals":
                left, right = self.of(operand)
                return _text(left) == _text(right)
            case "Fn::And":
                return all(map(self._truth, operand))
            case "Fn::Or":
                return any(map(self._truth, operand))
            case "Fn::Not":
                return not self._truth(operand[0])
            case _:
                raise self._error(f"expected a condition, got {name!r}")

    def _sub(self, operand: Any) -> str:
        text, values = (operand, {}) if isinstance(operand, str) else operand
        done = {name: self.of(value) for name, value in values.items()}

        def put_in(match: re.Match[str]) -> str:
            name = match[2].strip()
            if match[1]:
                return f"${{{name}}}"
            if name in done:
                return _text(done[name])
            resource, dot, attribute = name.partition(".")
            return _text(self._attribute_of(resource, attribute) if dot else self.ref(name))

        return _NAME.sub(put_in, text)

    def _attribute_of(self, resource: str, attribute: str) -> str:
        if resource not in self._resources:
            raise self._error(
                f"expected a resource, got {resource!r}", near(resource, self._resources)
            )
        return self._attribute(resource, attribute)

    def _error(self, message: str, hint: str | None = None) -> ProjectError:
        return ProjectError(self._where, message, hint)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)
