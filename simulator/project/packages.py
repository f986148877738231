"""Where a template's functions and layers have their code: folders, zip files, the template itself,
or beside it, where the CDK puts what it packs."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from simulator.project.cloudformation import Values
from simulator.project.sections import ProjectError, near, shown

LAYERS = ("AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")
# of SHA-256, in the name of an asset of the CDK
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Packages:
    """Finds the packages of one template, `file`. `made` is a folder for what has to be written or
    unpacked; `elsewhere` are folders for layers that are not in the template, by name."""

    def __init__(
        self,
        file: Path,
        resources: Mapping[str, Any],
        values: Values,
        where: str,
        made: Path,
        elsewhere: Mapping[str, Path],
    ) -> None:
        self._file = file
        self._resources = resources
        self._values = values
        self._where = where
        self._made = made
        self._elsewhere = elsewhere
        self._used: set[str] = set()

    def code(self, called: str, given: Any, metadata: Any, where: str) -> Path:
        """The folder of a function's code. Raises `ProjectError`."""
        code = given.get("CodeUri", given.get("Code", given.get("InlineCode")))
        inline = given.get("InlineCode") or (
            code.get("ZipFile") if isinstance(code, dict) else None
        )
        made = self._made / "functions" / called
        if inline is not None:
            made.mkdir(parents=True, exist_ok=True)
            (made / "index.py").write_text(str(self._values.of(inline)), encoding="utf-8")
            return made
        hint = f"declare the function: [lambda.{called}] with its path"
        return self._packed(code, metadata, made, (where, hint))

    def layers(self, given: Any) -> Iterator[Path]:
        """The folders of a function's layers: those of the template, and those elsewhere for which
        the project has something, an ARN's by the layer's name, another stack's by what names it
        here. Raises `ProjectError`."""
        for layer in given.get("Layers") or ():
            name = _layer_name(layer)
            resource = self._resources.get(name) or {}
            if name in self._elsewhere:
                self._used.add(name)
                yield self._elsewhere[name]
            elif resource.get("Type") in LAYERS:
                properties = resource["Properties"]
                content = properties.get("ContentUri", properties.get("Content"))
                hint = f'say what stands for it: [template.layers] {name} = "FOLDER"'
                made = self._made / "layers" / name
                told = (f"{self._where}: {name}", hint)
                yield self._packed(content, resource.get("Metadata") or {}, made, told)

    def check_layers(self) -> None:
        """Refuse a folder for a layer that no function has."""
        for name in sorted(self._elsewhere.keys() - self._used):
            raise ProjectError(
                self._where,
                f"expected the name of a layer that a function has, got {name!r}",
                near(name, self._names()),
            )

    def _names(self) -> list[str]:
        return [
            _layer_name(layer)
            for resource in self._resources.values()
            for layer in (resource.get("Properties") or {}).get("Layers") or ()
        ]

    def _packed(self, code: Any, metadata: Any, made: Path, told: tuple[str, str]) -> Path:
        """A package's folder; a zip file is unpacked into `made`. `told`: whose it is, and what to
        do where it is not there."""
        place = metadata.get("aws:asset:path") or self._asset(code)
        where, hint = told
        if not isinstance(place, str) or place.startswith("s3://"):
            raise ProjectError(where, f"expected the code's folder, got {place!r}", hint)
        path = (self._file.parent / place).resolve()
        if not place.endswith(".zip"):
            if not path.is_dir():
                raise ProjectError(where, f"expected a folder at {shown(path)}, got nothing there")
            return path
        shutil.rmtree(made, ignore_errors=True)
        try:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(made)
        except (OSError, zipfile.BadZipFile) as error:
            expected = f"expected a zip file at {shown(path)}, got {error}"
            raise ProjectError(where, expected, hint) from None
        return made

    def _asset(self, code: Any) -> Any:
        """What the CDK packed lies beside the template, by the hash that is in the name of the
        object that it would upload, or in that of the parameter which names this object; what the
        Serverless Framework packed, by the object's own name."""
        key = code.get("S3Key") if isinstance(code, dict) else None
        packed = key.rpartition("/")[2] if isinstance(key, str) else ""
        if packed and (self._file.parent / packed).is_file():
            return packed
        for digest in _DIGEST.findall(json.dumps(code)) if isinstance(code, dict) else ():
            for name in (f"asset.{digest}", f"asset.{digest}.zip"):
                if (self._file.parent / name).exists():
                    return name
        return code


def _layer_name(layer: Any) -> str:
    """A layer's name: of `arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION`, or a resource's."""
    if isinstance(layer, dict):
        ((_, operand),) = layer.items()
        # of Fn::Sub a text, or a list with it; of Fn::GetAtt the resource first
        layer = operand if isinstance(operand, str) else operand[0]
    before, found, after = str(layer).partition(":layer:")
    return after.partition(":")[0] if found else before
