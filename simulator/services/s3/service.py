"""S3's operations that pipelines call, in botocore's words, over `store.Buckets`.

Versions, access control and lifecycle rules are not simulated: an object is the last that was
put. Anything else that S3 can do is refused by name.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from simulator.engine.ports import World
from simulator.services.api import Caller, NotModelled, ServiceError
from simulator.services.s3.listing import MOST_KEYS, page_of
from simulator.services.s3.multipart import Uploads
from simulator.services.s3.store import DEFAULT_TYPE, Buckets, Details, Object

Request = dict[str, Any]

# members of PutObject that GetObject shows again
_HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "WebsiteRedirectLocation",
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class S3:
    """Answers S3's API. `folders` maps buckets to folders, and takes those that are created."""

    name = "s3"

    def __init__(self, world: World, folders: MutableMapping[str, Path]) -> None:
        self._world = world
        self.buckets = Buckets(world, folders)
        uploads = Uploads(world, self.buckets, self._written)
        self.create_multipart_upload = uploads.create_multipart_upload
        self.upload_part = uploads.upload_part
        self.complete_multipart_upload = uploads.complete_multipart_upload
        self.abort_multipart_upload = uploads.abort_multipart_upload

    def close(self) -> None:
        """Remove the buckets that were created here."""
        self.buckets.close()

    # -- buckets ------------------------------------------------------------------------------

    def list_buckets(self, _request: Request, _caller: Caller) -> Request:
        """List the buckets."""
        return {
            "Buckets": [
                {"Name": name, "CreationDate": _moment(self.buckets.made_ms(name))}
                for name in sorted(self.buckets.folders)
            ],
            "Owner": {"ID": self._world.account_id},
        }

    def create_bucket(self, request: Request, _caller: Caller) -> Request:
        """Make a bucket."""
        name = request["Bucket"]
        if name in self.buckets.folders:
            raise ServiceError(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own"
                " it.",
                status=409,
            )
        self.buckets.create(name)
        return {"Location": f"/{name}"}

    def head_bucket(self, request: Request, _caller: Caller) -> Request:
        """Whether there is such a bucket."""
        if request["Bucket"] not in self.buckets.folders:
            raise ServiceError("404", "Not Found", status=404)
        return {"BucketRegion": self._world.region}

    def get_bucket_location(self, request: Request, _caller: Caller) -> Request:
        """The bucket's region, which is null for us-east-1, as on AWS."""
        self.buckets.folder(request["Bucket"])
        region = self._world.region
        return {"LocationConstraint": None if region == "us-east-1" else region}

    # -- objects ------------------------------------------------------------------------------

    def get_object(self, request: Request, _caller: Caller) -> Request:
        """An object with its content, or the part of it that Range asks for."""
        _refuse_versions(request)
        found = self._found(request)
        content = found.path.read_bytes()
        shown = _shown(found)
        if "Range" in request:
            first, last = _range(request["Range"], len(content))
            shown["ContentRange"] = f"bytes {first}-{last}/{len(content)}"
            content = content[first : last + 1]
            shown["ContentLength"] = len(content)
        return {**shown, "Body": content}

    def head_object(self, request: Request, _caller: Caller) -> Request:
        """What is known of an object. An answer to HEAD has no body, and so no words for a miss."""
        _refuse_versions(request)
        found = None
        if request["Bucket"] in self.buckets.folders:
            found = self.buckets.find(request["Bucket"], request["Key"])
        if found is None:
            raise ServiceError("404", "Not Found", status=404)
        return _shown(found)

    def get_object_attributes(self, request: Request, _caller: Caller) -> Request:
        """Those of an object's attributes that are asked for and simulated."""
        _refuse_versions(request)
        found = self._found(request)
        known = {
            "ETag": found.etag.strip('"'),
            "ObjectSize": found.size,
            "StorageClass": "STANDARD",
        }
        return {
            "LastModified": _moment(found.details.written_ms),
            **{name: known[name] for name in request["ObjectAttributes"] if name in known},
        }

    def put_object(self, request: Request, _caller: Caller) -> Request:
        """Put an object."""
        self.buckets.folder(request["Bucket"])
        details = self._details(request)
        is_new_only = request.get("IfNoneMatch") == "*"
        if is_new_only and self.buckets.find(request["Bucket"], request["Key"]) is not None:
            raise ServiceError(
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold",
                status=412,
            )
        content = request.get("Body", b"")
        written = self._written(request["Bucket"], request["Key"], content, details)
        checksum = zlib.crc32(content).to_bytes(4, "big")
        return {
            "ETag": written.etag,
            "ChecksumCRC32": base64.b64encode(checksum).decode(),
            "ChecksumType": "FULL_OBJECT",
            "ServerSideEncryption": "AES256",
        }

    def copy_object(self, request: Request, _caller: Caller) -> Request:
        """Copy an object, with what is known of it unless that is replaced."""
        bucket, _, key = unquote(request["CopySource"]).lstrip("/").partition("/")
        if "?versionId=" in key:
            raise NotModelled(f"s3://{bucket}/{key}: versions of objects are not simulated")
        source = self._found({"Bucket": bucket, "Key": key})
        details = self._details({**request, "Tagging": source.details.tags})
        if request.get("MetadataDirective", "COPY") == "COPY":
            kept = source.details
            details = Details(
                details.written_ms, kept.content_type, kept.metadata, kept.headers, kept.tags
            )
        content = source.path.read_bytes()
        copy = self._written(request["Bucket"], request["Key"], content, details)
        return {
            "CopyObjectResult": {
                "ETag": copy.etag,
                "LastModified": _moment(copy.details.written_ms),
            },
            "ServerSideEncryption": "AES256",
        }

    def delete_object(self, request: Request, _caller: Caller) -> Request:
        """Delete an object; one that isn't there is no error."""
        _refuse_versions(request)
        self.buckets.delete(request["Bucket"], request["Key"])
        return {}

    def delete_objects(self, request: Request, _caller: Caller) -> Request:
        """Delete up to 1,000 objects."""
        keys = [one["Key"] for one in request["Delete"]["Objects"]]
        if len(keys) > MOST_KEYS:
            raise ServiceError(
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our"
                " published schema",
            )
        for key in keys:
            self.buckets.delete(request["Bucket"], key)
        if request["Delete"].get("Quiet"):
            return {}
        return {"Deleted": [{"Key": key} for key in keys]}

    def get_object_tagging(self, request: Request, _caller: Caller) -> Request:
        """An object's tags."""
        _refuse_versions(request)
        tags = parse_qsl(self._found(request).details.tags, keep_blank_values=True)
        return {"TagSet": [{"Key": key, "Value": value} for key, value in tags]}

    def put_object_tagging(self, request: Request, _caller: Caller) -> Request:
        """Change an object's tags."""
        _refuse_versions(request)
        found = self._found(request)
        pairs = [(tag["Key"], tag["Value"]) for tag in request["Tagging"]["TagSet"]]
        kept = found.details
        changed = Details(
            kept.written_ms, kept.content_type, kept.metadata, kept.headers, urlencode(pairs)
        )
        self.buckets.annotate(request["Bucket"], found, changed)
        return {}

    # -- listings -----------------------------------------------------------------------------

    def list_objects_v2(self, request: Request, _caller: Caller) -> Request:
        """A page of a bucket's keys."""
        token = request.get("ContinuationToken")
        after = request.get("StartAfter", "")
        if token is not None:
            after = _resumed(token)
        shown, last = self._page(request, after)
        shown["KeyCount"] = len(shown.get("Contents", ())) + len(shown.get("CommonPrefixes", ()))
        if "StartAfter" in request:
            shown["StartAfter"] = request["StartAfter"]
        if token is not None:
            shown["ContinuationToken"] = token
        if last is not None:
            shown["NextContinuationToken"] = base64.urlsafe_b64encode(last.encode()).decode()
        return shown

    def list_objects(self, request: Request, _caller: Caller) -> Request:
        """A page of a bucket's keys, the older way."""
        shown, last = self._page(request, request.get("Marker", ""))
        shown["Marker"] = request.get("Marker", "")
        # ListObjects: it is there only where the request has a delimiter.
        if last is not None and request.get("Delimiter"):
            shown["NextMarker"] = _spelled(request, last)
        return shown

    def _page(self, request: Request, after: str) -> tuple[Request, str | None]:
        prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
        most = min(request.get("MaxKeys", MOST_KEYS), MOST_KEYS)
        objects = self.buckets.list(request["Bucket"], prefix)
        page = page_of(objects, prefix=prefix, delimiter=delimiter, after=after, most=most)
        shown: Request = {
            "IsTruncated": page.last is not None,
            "Name": request["Bucket"],
            "Prefix": _spelled(request, prefix),
            "MaxKeys": request.get("MaxKeys", MOST_KEYS),
        }
        if page.objects:
            shown["Contents"] = [
                {
                    "Key": _spelled(request, one.key),
                    "LastModified": _moment(one.details.written_ms),
                    "ETag": one.etag,
                    "Size": one.size,
                    "StorageClass": "STANDARD",
                }
                for one in page.objects
            ]
        if delimiter:
            shown["Delimiter"] = _spelled(request, delimiter)
        if page.prefixes:
            shown["CommonPrefixes"] = [{"Prefix": _spelled(request, one)} for one in page.prefixes]
        if request.get("EncodingType") == "url":
            shown["EncodingType"] = "url"
        return shown, page.last

    # -- what they share ----------------------------------------------------------------------

    def _found(self, request: Request) -> Object:
        found = self.buckets.find(request["Bucket"], request["Key"])
        if found is None:
            raise ServiceError(
                "NoSuchKey", "The specified key does not exist.", status=404, Key=request["Key"]
            )
        return found

    def _details(self, request: Request) -> Details:
        return Details(
            self._world.scheduler.now_ms,
            request.get("ContentType", DEFAULT_TYPE),
            request.get("Metadata") or {},
            {name: request[name] for name in _HEADERS if name in request},
            request.get("Tagging", ""),
        )

    def _written(self, bucket: str, key: str, content: bytes, details: Details) -> Object:
        written = self.buckets.write(bucket, key, content, details)
        self._world.trace.add(
            self._world.scheduler.now_ms,
            "ObjectWritten",
            f"s3://{bucket}/{key}",
            {"size": written.size, "etag": written.etag},
        )
        return written


def _shown(found: Object) -> Request:
    """An object's headers, as recorded for one that was put without any."""
    return {
        "AcceptRanges": "bytes",
        "LastModified": _moment(found.details.written_ms),
        "ContentLength": found.size,
        "ETag": found.etag,
        "ContentType": found.details.content_type,
        "ServerSideEncryption": "AES256",
        "Metadata": dict(found.details.metadata),
        **found.details.headers,
    }


def _refuse_versions(request: Request) -> None:
    if "VersionId" in request:
        raise NotModelled(
            f"s3://{request['Bucket']}/{request['Key']}: versions of objects are not simulated"
        )


def _range(text: str, size: int) -> tuple[int, int]:
    """First and last byte of a Range header."""
    match = _RANGE.fullmatch(text)
    if match is None or text == "bytes=-":
        return 0, size - 1
    if not match[1]:
        return max(0, size - int(match[2])), size - 1
    first = int(match[1])
    if first >= size:
        raise ServiceError("InvalidRange", "The requested range is not satisfiable", status=416)
    return first, min(int(match[2]) if match[2] else size - 1, size - 1)


def _resumed(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except ValueError:
        message = "The continuation token provided is incorrect"
        raise ServiceError("InvalidArgument", message) from None


def _spelled(request: Request, text: str) -> str:
    return quote(text, safe="/") if request.get("EncodingType") == "url" else text


def _moment(at_ms: int) -> datetime:
    """S3 tells times in whole seconds."""
    return datetime.fromtimestamp(at_ms // 1000, UTC)
