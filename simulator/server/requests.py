"""What comes in and goes out: a request and a reply as they are on the wire, and whose it is.

A request names its service in its signature's credential scope; an unsigned one in X-Amz-Target.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

# AWS Signature Version 4: "Credential=ACCESS_KEY/DATE/REGION/SERVICE/aws4_request", in the header
# or, presigned, in the query
_SCOPE = re.compile(r"([A-Za-z0-9]+)/\d{8}/([a-z0-9-]+)/([A-Za-z0-9-]+)/aws4_request")
# signing name -> botocore's name, where they differ
_BOTOCORE_NAMES = {
    "states": "stepfunctions",
    "monitoring": "cloudwatch",
    "email": "ses",
    "elasticloadbalancing": "elbv2",
    "airflow": "mwaa",
    "eventbridge": "events",
}
# what X-Amz-Target begins with -> botocore's name, for requests without a signature
_TARGETS = {
    "AWSStepFunctions": "stepfunctions",
    "RedshiftData": "redshift-data",
    "RedshiftServerless": "redshift-serverless",
    "AWSEvents": "events",
    "secretsmanager": "secretsmanager",
    "AmazonSQS": "sqs",
    "Logs_20140328": "logs",
    "TrentService": "kms",
}


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. `path` is as it was sent, percent signs included; header names are in lower
    case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a query protocol's body, or else of the query."""
        body = self.body.decode(errors="replace") if self.is_form else self.query
        return {key: values[-1] for key, values in parse_qs(body, keep_blank_values=True).items()}

    @property
    def is_form(self) -> bool:
        """Whether the body is a form, as the query protocols send it."""
        return self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")

    @property
    def target(self) -> str | None:
        """The operation that X-Amz-Target names."""
        given = self.headers.get("x-amz-target")
        return given.rpartition(".")[2] if given else None


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks whom: the access key's id, the region, botocore's name of the service."""

    access_key: str
    region: str
    service: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def scope_of(request: Request, *, default_region: str) -> Scope:
    """Whose request it is; S3's where nothing says otherwise, since S3 has unsigned ones."""
    signed = _SCOPE.search(request.headers.get("authorization", "")) or _SCOPE.search(
        unquote(request.query)
    )
    if signed is not None:
        access_key, region, name = signed.groups()
        return Scope(access_key, region, _BOTOCORE_NAMES.get(name.lower(), name.lower()))
    prefix = request.headers.get("x-amz-target", "").partition(".")[0]
    return Scope("", default_region, _TARGETS.get(prefix, "s3"))
