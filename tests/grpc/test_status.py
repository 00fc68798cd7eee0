"""Errors as callers meet them."""

from __future__ import annotations

import re
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo

from referrals_adapters.flow.batcher import Busy
from referrals_adapters.grpc.asking import OutOfTime
from referrals_adapters.grpc.status import MEANINGS, code_of, reason_of, status_of
from referrals_adapters.grpc.translate.fields import InvalidFields, Violation
from referrals_domain import errors

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"
ROW = re.compile(r"\| `(\w+)` \| `(\w+)` \| \S[^|]+ \| \S[^|]+ \|")
"""A row of the table of reasons: reason, status, when, and what to do, none of them empty."""

SECRET = "PostgreSQL: host=db.internal password=hunter2"
TABLE = [
    (InvalidFields([Violation("a.b", "is required")]), "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
    (errors.Unauthenticated(SECRET), "UNAUTHENTICATED", "UNAUTHENTICATED"),
    (errors.PermissionDenied(SECRET), "PERMISSION_DENIED", "PERMISSION_DENIED"),
    (errors.NotFound("no such link"), "NOT_FOUND", "NOT_FOUND"),
    (errors.LinkRevoked("it was revoked"), "FAILED_PRECONDITION", "LINK_REVOKED"),
    (errors.NotInReview("nobody is to review"), "FAILED_PRECONDITION", "NOT_IN_REVIEW"),
    (errors.RequestReused("asked for else"), "ALREADY_EXISTS", "REQUEST_REUSED"),
    (errors.ShopTaken(SECRET), "ALREADY_EXISTS", "SHOP_TAKEN"),
    (errors.CodeTaken(SECRET), "ABORTED", "CODE_TAKEN"),
    (errors.FriendTaken(SECRET), "ABORTED", "CONFLICT"),
    (errors.Conflict(SECRET), "ABORTED", "CONFLICT"),
    (errors.Stale(SECRET), "ABORTED", "STALE"),
    (Busy(SECRET), "RESOURCE_EXHAUSTED", "BUSY"),
    (errors.RateLimited(SECRET), "RESOURCE_EXHAUSTED", "RATE_LIMITED"),
    (OutOfTime(SECRET), "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"),
    (errors.Unavailable(SECRET), "UNAVAILABLE", "UNAVAILABLE"),
    (errors.ReferralsError(SECRET), "INTERNAL", "INTERNAL"),
    (ValueError(SECRET), "INTERNAL", "INTERNAL"),
]


@pytest.mark.parametrize(("error", "code", "reason"), TABLE, ids=lambda value: str(type(value)))
def test_every_error_has_a_status_and_a_stable_reason(
    error: Exception, code: str, reason: str
) -> None:
    status, info = status_of(error), ErrorInfo()
    assert code_of(status) is grpc.StatusCode[code]
    assert status.details[0].Unpack(info)
    assert (info.domain, info.reason) == ("referrals", reason)
    assert "hunter2" not in str(status)


@pytest.mark.parametrize(("error", "code", "reason"), TABLE, ids=lambda value: str(type(value)))
def test_wrong_fields_and_what_may_be_tried_again_come_with_more(
    error: Exception, code: str, reason: str
) -> None:
    del reason
    more: dict[str, type] = {
        "INVALID_ARGUMENT": BadRequest,
        "RESOURCE_EXHAUSTED": RetryInfo,
        "UNAVAILABLE": RetryInfo,
    }
    expected = [ErrorInfo, more[code]] if code in more else [ErrorInfo]
    details = status_of(error).details
    assert [detail.TypeName() for detail in details] == [
        kind.DESCRIPTOR.full_name for kind in expected
    ]


def test_a_call_may_be_tried_again_after_a_second() -> None:
    retry = RetryInfo()
    assert status_of(Busy()).details[1].Unpack(retry)
    assert retry.retry_delay.ToTimedelta().total_seconds() == 1


def test_every_reason_is_explained_and_no_other() -> None:
    explained = ROW.findall(DOCUMENT.read_text())
    meanings = [(reason_of(kind), meaning.code.name) for kind, meaning in MEANINGS.items()]
    assert sorted(explained) == sorted(meanings)


def test_a_bad_request_names_each_field() -> None:
    wrong = InvalidFields([Violation("a", "is required"), Violation("b.c", "is a UUID")])
    status, bad = status_of(wrong), BadRequest()
    assert status.message == "a is required; b.c is a UUID"
    assert status.details[1].Unpack(bad)
    told = [(one.field, one.description) for one in bad.field_violations]
    assert told == [("a", "is required"), ("b.c", "is a UUID")]


def test_no_error_of_the_domain_is_answered_as_unforeseen() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    unforeseen = [kind for kind in kinds if code_of(status_of(kind())).name == "INTERNAL"]
    assert unforeseen == [errors.ReferralsError]
