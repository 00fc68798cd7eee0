"""
Errors as callers of our API meet them.

Every error is a `google.rpc.Status` with a `google.rpc.ErrorInfo`, whose reason is stable;
INVALID_ARGUMENT also has a `google.rpc.BadRequest`. See https://google.aip.dev/193.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import grpc
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
)
from google.rpc.status_pb2 import Status

from referrals_adapters.grpc.translate.fields import InvalidFields
from referrals_domain.errors import (
    Conflict,
    LinkRevoked,
    NotFound,
    NotInReview,
    PermissionDenied,
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


class Meaning(NamedTuple):
    """
    What an error means to a caller.

    Args:
        code: The status.
        message: What it says; None: what the error itself says, which then names no server.
    """

    code: grpc.StatusCode
    message: str | None = None


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
    Conflict: Meaning(grpc.StatusCode.ABORTED, "somebody else was quicker; read and try again"),
    Stale: Meaning(grpc.StatusCode.ABORTED, "somebody else was quicker; read and try again"),
    Unavailable: Meaning(grpc.StatusCode.UNAVAILABLE, "a server is away; try again"),
    Exception: Meaning(grpc.StatusCode.INTERNAL, "internal error"),
}
"""What each error means, and each derived from it that does not stand here itself."""

_CODES: Final = {code.value[0]: code for code in grpc.StatusCode}


def status_of(error: Exception) -> Status:
    """Return what a caller is told of an error: nothing that is none of their business."""
    kind = next(kind for kind in type(error).__mro__ if kind in MEANINGS)
    code, message = MEANINGS[kind]
    status = Status(code=code.value[0], message=message or str(error))
    _attach(status, ErrorInfo(domain=DOMAIN, reason=_reason(error, code)))
    if isinstance(error, InvalidFields):
        _attach(status, _bad_request(error))
    return status


def code_of(status: Status) -> grpc.StatusCode:
    """Return the status code by gRPC's own name."""
    return _CODES[status.code]


def _reason(error: Exception, code: grpc.StatusCode) -> str:
    if isinstance(error, ReferralsError) and code is not grpc.StatusCode.INTERNAL:
        return error.code.upper()
    return code.name


def _bad_request(error: InvalidFields) -> BadRequest:
    return BadRequest(
        field_violations=[
            BadRequest.FieldViolation(field=field, description=description)
            for field, description in error.violations
        ]
    )


def _attach(status: Status, detail: Message) -> None:
    status.details.add().Pack(detail)
