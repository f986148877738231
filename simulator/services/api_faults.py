"""How an API call can go wrong on purpose, and what each service answers then."""

from __future__ import annotations

from simulator.services.api import Caller, ServiceError

# The nominal outcome first. One whose answer is lost has taken effect: the connection broke after.
OUTCOMES = ("ok", "throttled", "server_error", "answer_lost")

_UNKNOWN = "The request processing has failed because of an unknown error, exception or failure."
# Error code, message and HTTP status: from the services' API references ("Errors" of each
# operation), else from "Common Errors". Amazon Redshift's query protocol says Throttling where the
# JSON protocols say ThrottlingException (botocore's _retry.json knows both).
_REFUSALS = {
    ("lambda", "throttled"): ("TooManyRequestsException", "Rate Exceeded.", 429),
    ("redshift", "throttled"): ("Throttling", "Rate exceeded", 400),
    ("lambda", "server_error"): (
        "ServiceException",
        "An error occurred and the request cannot be processed.",
        500,
    ),
    ("redshift-data", "server_error"): ("InternalServerException", "Internal server error.", 500),
}
_COMMON = {
    "throttled": ("ThrottlingException", "Rate exceeded", 400),
    "server_error": ("InternalFailure", _UNKNOWN, 500),
}


def subject_of(operation: str, caller: Caller) -> str:
    """What is asked about: "redshift-data:ExecuteStatement run-1/Load"."""
    return f"{operation} {caller.place}"


def refusal_of(service: str, outcome: str) -> ServiceError | None:
    """What the service answers in place of doing its work; None where it does it."""
    if outcome not in _COMMON:
        return None
    code, message, status = _REFUSALS.get((service, outcome), _COMMON[outcome])
    return ServiceError(code, message, status=status)
