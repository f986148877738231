"""ItemReader: the items of a distributed Map, out of objects in S3 or a list of them.

Developer guide, "ItemReader (Map)"; CSV's rules and all words are recorded
(test_base_scenarios.py, test_map_item_reader_*).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from simulator.engine.ports import Items, ItemsRequest, TaskFailure
from simulator.services import sdk_models
from simulator.services.api import ServiceError
from simulator.services.tasks.reach import Reach

FAILED = "States.ItemReaderFailed"
# "The maximum number of items that the Distributed Map state can read is 100,000,000"
_MOST_ITEMS = 100_000_000
_DELIMITERS = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}
_GZIP = b"\x1f\x8b"

Heard = Callable[[Items | TaskFailure], None]


class Unreadable(Exception):
    """A dataset that is not what ReaderConfig says; the message is AWS's cause."""


def read(reach: Reach, request: ItemsRequest, done: Heard) -> None:
    """Read what `request` names; `done` hears the items, or why there are none."""
    if request.resource.endswith(":s3:listObjectsV2"):
        _Listing(reach, request, done).ask(None)
        return
    reader = _Objects(reach, request, done)
    if request.config.get("InputType") == "MANIFEST":
        reader.read(reader.inventory)
    else:
        reader.read(reader.finish)


def _failure(error: Exception | None) -> TaskFailure:
    message = error.message if isinstance(error, ServiceError) else str(error)
    return TaskFailure(FAILED, message)


def _refuse(reach: Reach, done: Heard, cause: str) -> None:
    failure = TaskFailure(FAILED, cause)
    reach.world.scheduler.after(reach.world.timing.api_call_ms, lambda: done(failure))


def _cut(values: Iterator[Any], config: Mapping[str, Any]) -> list[Any]:
    most = config.get("MaxItems")
    return list(islice(values, min(most or _MOST_ITEMS, _MOST_ITEMS)))


class _Listing:
    """The objects under a prefix, page after page."""

    def __init__(self, reach: Reach, request: ItemsRequest, done: Heard) -> None:
        self._reach = reach
        self._request = request
        self._done = done
        self._found: list[Any] = []

    def ask(self, token: str | None) -> None:
        operation = sdk_models.operation("s3", "listObjectsV2")
        assert operation is not None
        try:
            given = operation.request(self._request.parameters)
        except sdk_models.BadParameters as bad:
            _refuse(self._reach, self._done, str(bad))
            return
        if token is not None:
            given["ContinuationToken"] = token
        self._reach.call(self._request, "s3", "ListObjectsV2", given, self._hear)

    def _hear(self, answer: Any, error: Exception | None) -> None:
        if error is not None:
            self._done(_failure(error))
            return
        self._found += [_listed(one) for one in answer.get("Contents", ())]
        most = self._request.config.get("MaxItems")
        is_enough = most is not None and len(self._found) >= most
        if answer["IsTruncated"] and not is_enough:
            self.ask(answer["NextContinuationToken"])
        else:
            self._done(Items(_cut(iter(self._found), self._request.config)))


def _listed(found: Mapping[str, Any]) -> dict[str, Any]:
    """An object as an item, with AWS's spelling of ETag and its time in seconds."""
    modified: datetime = found["LastModified"]
    return {
        "Etag": found["ETag"],
        "Key": found["Key"],
        "LastModified": int(modified.timestamp()),
        "Size": found["Size"],
        "StorageClass": found["StorageClass"],
    }


class _Objects:
    """The content of an object, or of those that an inventory's manifest names."""

    def __init__(self, reach: Reach, request: ItemsRequest, done: Heard) -> None:
        self._reach = reach
        self._request = request
        self._done = done

    def read(self, heard: Callable[[bytes], None]) -> None:
        """Read the object that Parameters name."""
        parameters = self._request.parameters
        if not isinstance(parameters, Mapping) or not {"Bucket", "Key"} <= parameters.keys():
            _refuse(self._reach, self._done, "Bucket and Key are required to read an object")
            return
        given = {name: parameters[name] for name in parameters if name != "ExpectedBucketOwner"}
        for name, value in given.items():
            if not isinstance(value, str):
                cause = f"The value for the field '{name}' must be a STRING"
                _refuse(self._reach, self._done, cause)
                return
        self._get(given, heard)

    def _get(self, given: dict[str, Any], heard: Callable[[bytes], None]) -> None:
        def hear(answer: Any, error: Exception | None) -> None:
            if error is not None:
                self._done(_failure(error))
                return
            try:
                heard(_unpacked(answer["Body"]))
            except (Unreadable, csv.Error) as unreadable:
                self._done(_failure(unreadable))

        self._reach.call(self._request, "s3", "GetObject", given, hear)

    def finish(self, content: bytes) -> None:
        """The items in one object."""
        config = self._request.config
        self._done(Items(_cut(_items(content, config), config)))

    def inventory(self, content: bytes) -> None:
        """The rows of the files that an S3 inventory's manifest.json lists."""
        if self._request.config.get("ManifestType", "S3_INVENTORY") != "S3_INVENTORY":
            raise Unreadable("ManifestType ATHENA_DATA is not simulated")
        try:
            manifest = json.loads(content)
            keys = [file["key"] for file in manifest["files"]]
            names = [name.strip() for name in manifest["fileSchema"].split(",")]
            bucket = manifest["destinationBucket"].rpartition(":")[2]
        except (ValueError, KeyError, TypeError):
            raise Unreadable("The manifest is not one of an S3 inventory") from None
        if manifest.get("fileFormat", "CSV") != "CSV":
            raise Unreadable(f"Inventories in {manifest['fileFormat']} are not simulated")
        rows: list[Any] = []

        def follow() -> None:
            if not keys:
                self._done(Items(_cut(iter(rows), self._request.config)))
                return
            self._get({"Bucket": bucket, "Key": keys.pop(0)}, take)

        def take(part: bytes) -> None:
            rows.extend(_rows(csv.reader(io.StringIO(_text(part))), names))
            follow()

        follow()


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        raise Unreadable("The object is not a whole gzip file") from None


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("The object is not encoded in UTF-8") from None


def _items(content: bytes, config: Mapping[str, Any]) -> Iterator[Any]:
    match config.get("InputType"):
        case "CSV":
            return _csv_items(content, config)
        case "JSON":
            return iter(_json_items(content, config))
        case "JSONL":
            return _jsonl_items(content)
        case other:
            raise Unreadable(f"InputType {other} is not simulated")


def _json_items(content: bytes, config: Mapping[str, Any]) -> list[Any]:
    try:
        value = json.loads(_text(content))
    except ValueError:
        raise Unreadable("Attempting to map over malformed JSON.") from None
    pointer = config.get("ItemsPointer", "")
    for step in pointer.split("/")[1:]:
        # a JSON Pointer (RFC 6901)
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise Unreadable(f"ItemsPointer '{pointer}' finds nothing in the dataset.")
    if not isinstance(value, list):
        raise Unreadable("Attempting to map over non-iterable node.")
    return value


def _jsonl_items(content: bytes) -> Iterator[Any]:
    for line in _text(content).splitlines():
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                raise Unreadable("Attempting to map over malformed JSON Lines.") from None


def _csv_items(content: bytes, config: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    delimiter = _DELIMITERS.get(config.get("CSVDelimiter", "COMMA"))
    if delimiter is None:
        raise Unreadable(f"CSVDelimiter '{config['CSVDelimiter']}' is not a delimiter")
    rows = csv.reader(io.StringIO(_text(content), newline=""), delimiter=delimiter)
    is_given = config.get("CSVHeaderLocation") == "GIVEN"
    names = config["CSVHeaders"] if is_given else next(rows, [])
    if len(set(names)) != len(names):
        raise Unreadable("CSV headers cannot contain duplicates.")
    return _rows(rows, names)


def _rows(rows: Iterator[list[str]], names: list[str]) -> Iterator[dict[str, str]]:
    """Rows as objects: a field beyond the headers is dropped, one that is missing is empty."""
    for row in rows:
        if row:
            padded = row + [""] * (len(names) - len(row))
            yield dict(zip(names, padded, strict=False))
