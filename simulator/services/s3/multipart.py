"""Uploads in parts: what the SDKs' transfer managers do with a large object."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.engine.ports import World
from simulator.services.api import Caller, ServiceError
from simulator.services.s3.store import DEFAULT_TYPE, Buckets, Details, Object

Request = dict[str, Any]
Write = Callable[[str, str, bytes, Details], Object]


@dataclass(slots=True)
class _Upload:
    bucket: str
    key: str
    content_type: str
    metadata: dict[str, str]
    parts: dict[int, bytes] = field(default_factory=dict)


class Uploads:
    """The uploads that are under way."""

    def __init__(self, world: World, buckets: Buckets, write: Write) -> None:
        self._world = world
        self._buckets = buckets
        self._write = write
        self._open: dict[str, _Upload] = {}

    def create_multipart_upload(self, request: Request, _caller: Caller) -> Request:
        """Begin an upload."""
        bucket, key = request["Bucket"], request["Key"]
        self._buckets.folder(bucket)
        upload_id = self._world.identity.uuid("s3-upload", f"{bucket}/{key}").replace("-", "")
        self._open[upload_id] = _Upload(
            bucket, key, request.get("ContentType", DEFAULT_TYPE), request.get("Metadata") or {}
        )
        return {"Bucket": bucket, "Key": key, "UploadId": upload_id}

    def upload_part(self, request: Request, _caller: Caller) -> Request:
        """Take one part."""
        upload = self._upload(request)
        content = request.get("Body", b"")
        upload.parts[request["PartNumber"]] = content
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        return {"ETag": f'"{digest}"'}

    def complete_multipart_upload(self, request: Request, _caller: Caller) -> Request:
        """Put the object together out of the parts that are named."""
        upload = self._upload(request)
        numbers = [part["PartNumber"] for part in request.get("MultipartUpload", {})["Parts"]]
        if not numbers or sorted(numbers) != numbers or not set(numbers) <= set(upload.parts):
            raise ServiceError(
                "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have"
                " been uploaded, or the specified entity tag may not match the part's entity tag.",
            )
        content = b"".join(upload.parts[number] for number in numbers)
        details = Details(self._world.scheduler.now_ms, upload.content_type, upload.metadata)
        written = self._write(upload.bucket, upload.key, content, details)
        del self._open[request["UploadId"]]
        return {"Bucket": upload.bucket, "Key": upload.key, "ETag": written.etag}

    def abort_multipart_upload(self, request: Request, _caller: Caller) -> Request:
        """Forget an upload."""
        self._upload(request)
        del self._open[request["UploadId"]]
        return {}

    def _upload(self, request: Request) -> _Upload:
        found = self._open.get(request["UploadId"])
        if found is None or (found.bucket, found.key) != (request["Bucket"], request["Key"]):
            raise ServiceError(
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload"
                " may have been aborted or completed.",
                status=404,
            )
        return found
