"""The page's own client of gRPC-Web, against messages that protobuf writes and reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_webhook.merchant import PATH

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Page, Route

    from tests.webhook.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")

MERCHANT: Final = "mérchant-" + "x" * 200  # takes two bytes to say how long it is
REFERRAL: Final = "0b5e9c1e-7a52-4f0b-8a58-7a1f4b1f2e6d"
AT: Final = datetime(2026, 11, 25, 17, 0, 0, 123_000, tzinfo=UTC)
UNAVAILABLE: Final = 14
KIND: Final = "application/grpc-web+proto"
OK: Final = b"grpc-status:0\r\ngrpc-message:\r\n"
ASK: Final = """async ([merchantId, referralId]) => {
    const { referralStatus } = await import("/merchant/grpc_web.js");
    const failure = (code, message) => Object.assign(new Error(), { told: { code, message } });
    return referralStatus({ token: "token", merchantId }, referralId, failure).catch((error) => {
        if (error.told) return error.told;
        throw error;
    });
}"""


def answer(**fields: Any) -> pb.GetReferralStatusResponse:
    updated = Timestamp()
    updated.FromDatetime(AT)
    return pb.GetReferralStatusResponse(update_time=updated, **fields)


def framed(flag: int, content: bytes) -> bytes:
    return bytes([flag]) + len(content).to_bytes(4) + content


async def asked(
    page: Page, role: Served, body: bytes, headers: dict[str, str] | None = None
) -> tuple[Any, Sequence[bytes]]:
    """Have the page ask, answer with a body, and return what it made of it and what it sent."""
    sent: list[bytes] = []

    async def reply(route: Route) -> None:
        assert await route.request.header_value("content-type") == KIND
        assert await route.request.header_value("authorization") == "Bearer token"
        sent.append(route.request.post_data_buffer or b"")
        await route.fulfill(body=body, headers={"content-type": KIND, **(headers or {})})

    await page.route("**/referrals.v1/GetReferralStatus", reply)
    await page.goto(f"http://{role.address}{PATH}")
    return await page.evaluate(ASK, [MERCHANT, REFERRAL]), sent


async def test_a_request_is_what_protobuf_reads(page: Page, role: Served) -> None:
    _, (sent,) = await asked(page, role, framed(0, b"") + framed(128, OK))
    assert sent[:5] == b"\0" + len(sent[5:]).to_bytes(4)
    request = pb.GetReferralStatusRequest.FromString(sent[5:])
    assert (request.merchant_id, request.referral_id) == (MERCHANT, REFERRAL)


@pytest.mark.parametrize(
    ("status", "version", "stale"),
    [
        (pb.REFERRAL_STATUS_PENDING, 1, False),
        (pb.REFERRAL_STATUS_REVERSED, 2**40 + 1, True),
        (99, 300, False),  # newer than the page
    ],
)
async def test_an_answer_is_what_protobuf_wrote(
    page: Page, role: Served, status: int, version: int, *, stale: bool
) -> None:
    message = answer(status=status, version=version, cause="in_review", stale=stale)
    newer = b"\x98\x06\x01\xa2\x06\x02hi\x9d\x06abcd\xa1\x06abcdefgh"  # fields 99 to 100
    body = framed(0, message.SerializeToString() + newer) + framed(128, OK)
    told, _ = await asked(page, role, body)
    assert told == {
        "status": status,
        "version": version,
        "updateTime": AT.timestamp() * 1000,
        "cause": "in_review",
        "stale": stale,
    }


async def test_an_empty_message_is_one_of_defaults(page: Page, role: Served) -> None:
    told, _ = await asked(page, role, framed(0, b"") + framed(128, OK))
    assert (told["status"], told["version"], told["cause"]) == (0, 0, "")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (framed(128, b"grpc-status: 5\r\ngrpc-message: no%20such%20referral\r\n"), {}),
        (b"", {"grpc-status": "5", "grpc-message": "no%20such%20referral"}),
    ],
)
async def test_an_error_is_told_with_its_code(
    page: Page, role: Served, body: bytes, headers: dict[str, str]
) -> None:
    told, _ = await asked(page, role, body, headers)
    assert told == {"code": 5, "message": "no such referral"}


async def test_a_message_that_says_what_no_url_says_is_told_as_it_is(
    page: Page, role: Served
) -> None:
    told, _ = await asked(page, role, framed(128, b"grpc-status:7\r\ngrpc-message:100%\r\n"))
    assert told == {"code": 7, "message": "100%"}


@pytest.mark.parametrize("kept", [0, 3, 20, 40])
async def test_an_answer_that_was_cut_off_is_none(page: Page, role: Served, kept: int) -> None:
    message = answer(status=pb.REFERRAL_STATUS_COMPLETED, version=2).SerializeToString()
    body = framed(0, message) + framed(128, OK)
    assert kept < len(body)
    told, _ = await asked(page, role, body[:kept])
    assert told["code"] == UNAVAILABLE
