"""
Errors as callers of our API meet them.

Every error is a `google.rpc.Status` with a `google.rpc.ErrorInfo`, whose reason is stable and
explained in docs/errors.md. INVALID_ARGUMENT also has a `google.rpc.BadRequest`, and what is worth
trying again as it is a `google.rpc.RetryInfo`. See https://google.aip.dev/193.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from referrals_adapters.flow.batcher import Busy
from referrals_adapters.grpc.asking import OutOfTime
from referrals_adapters.grpc.translate.fields import InvalidFields
from referrals_domain.errors import (
    CodeTaken,
    Conflict,
    LinkRevoked,
    NotFound,
    NotInReview,
    PermissionDenied,
    RateLimited,
    ReferralsError,
    RequestReused,
    ShopTaken,
    Stale,
    Unauthenticated,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

DOMAIN: Final = "referrals"
"""What `ErrorInfo` names as the home of our reasons."""

DETAILS: Final = "grpc-status-details-bin"
"""The trailing metadata that carries the serialized `Status`."""

_A_SECOND: Final = timedelta(seconds=1)


class Meaning(NamedTuple):
    """
    What an error means to a caller.

    Args:
        code: The status.
        message: What it says; None: what the error itself says, which then names no server.
        retry_after: How long to wait before the same call may be tried again; None: trying it
            again as it is helps nobody.
    """

    code: grpc.StatusCode
    message: str | None = None
    retry_after: timedelta | None = None


MEANINGS: Final[Mapping[type[Exception], Meaning]] = {
    InvalidFields: Meaning(grpc.StatusCode.INVALID_ARGUMENT),
    Unauthenticated: Meaning(grpc.StatusCode.UNAUTHENTICATED, "a valid token is required"),
    PermissionDenied: Meaning(
        grpc.StatusCode.PERMISSION_DENIED, "the caller may not act for this merchant"
    ),
    NotFound: Meaning(grpc.StatusCode.NOT_FOUND),
    LinkRevoked: Meaning(grpc.StatusCode.FAILED_PRECONDITION),
    NotInReview: Meaning(grpc.StatusCode.FAILED_PRECONDITION),
    RequestReused: Meaning(grpc.StatusCode.ALREADY_EXISTS),
    ShopTaken: Meaning(
        grpc.StatusCode.ALREADY_EXISTS, "the shop domain belongs to another merchant's program"
    ),
    CodeTaken: Meaning(grpc.StatusCode.ABORTED, "every code that was drawn is taken; try again"),
    Conflict: Meaning(grpc.StatusCode.ABORTED, "somebody else was quicker; read and try again"),
    Stale: Meaning(grpc.StatusCode.ABORTED, "somebody else was quicker; read and try again"),
    Busy: Meaning(grpc.StatusCode.RESOURCE_EXHAUSTED, "too much is under way", _A_SECOND),
    RateLimited: Meaning(
        grpc.StatusCode.RESOURCE_EXHAUSTED, "too many calls of this caller or merchant", _A_SECOND
    ),
    OutOfTime: Meaning(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline left too little time"),
    Unavailable: Meaning(grpc.StatusCode.UNAVAILABLE, "a server is away; try again", _A_SECOND),
    Exception: Meaning(grpc.StatusCode.INTERNAL, "internal error"),
}
"""What each error means, and each derived from it that does not stand here itself.

Whoever adds an error adds its row to docs/errors.md; a test holds the two equal.
"""

_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def status_of(error: Exception) -> Status:
    """Return what a caller is told of an error: nothing that is none of their business."""
    kind = next(kind for kind in type(error).__mro__ if kind in MEANINGS)
    code, message, retry_after = MEANINGS[kind]
    status = Status(code=code.value[0], message=message or str(error))
    _attach(status, ErrorInfo(domain=DOMAIN, reason=reason_of(kind)))
    if isinstance(error, InvalidFields):
        _attach(status, _bad_request(error))
    if retry_after:
        _attach(status, RetryInfo(retry_delay=retry_after))
    return status


def reason_of(kind: type[Exception]) -> str:
    """Return the reason that an error of the table is answered with."""
    return kind.code.upper() if issubclass(kind, ReferralsError) else MEANINGS[kind].code.name


def code_of(status: Status) -> grpc.StatusCode:
    """Return the status code by gRPC's own name."""
    return _CODES[status.code]


def _bad_request(error: InvalidFields) -> BadRequest:
    return BadRequest(
        field_violations=[
            BadRequest.FieldViolation(field=field, description=description)
            for field, description in error.violations
        ]
    )


def _attach(status: Status, detail: Message) -> None:
    status.details.add().Pack(detail)
