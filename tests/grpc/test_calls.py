"""What the calls of `referrals.v1` do, over a real socket."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import LinkKey, MerchantId, ReferralId, ReferralKey
from referrals_domain.model.link import Channel
from referrals_domain.model.referral import Cause, ReferralStatus
from referrals_domain.model.visit import Visit
from referrals_domain.testing import builders
from referrals_domain.testing.builders import (
    ADVOCATE,
    CODE,
    FRIEND,
    LINK,
    MERCHANT,
    ORDER,
    REFERRAL,
    REQUEST,
    SHOP,
)
from tests.grpc.service import TOKEN

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from tests.grpc.service import Service

NOBODY = "99999999-9999-4999-8999-999999999999"
OTHER = MerchantId("other")
PROGRAM: dict[str, Any] = {
    "merchant_id": MERCHANT,
    "shop_domain": SHOP,
    "storefront_url": "https://acme.example",
}


@pytest.fixture(autouse=True)
def stored(service: Service) -> None:
    """A program, a link and a referral of one merchant; another merchant's beside them."""
    state = service.store.state
    state.programs[MERCHANT] = builders.program()
    state.links[LinkKey(MERCHANT, LINK)] = builders.link()
    state.referrals[ReferralKey(MERCHANT, REFERRAL)] = builders.referral()
    state.programs[OTHER] = builders.program(merchant_id=OTHER, shop_domain="other.myshopify.com")


def share_id(number: int) -> ReferralId:
    return ReferralId(f"44444444-4444-4444-8444-{number:012}")


async def store_shares(service: Service, number: int) -> None:
    """Store that many shares, each a second after the one before."""
    for one in range(1, number + 1):
        opened_at = builders.SHARED_AT + timedelta(seconds=one)
        share = builders.referral(id=share_id(one), opened_at=opened_at)
        service.store.state.referrals[share.key] = share


async def call(service: Service, method: str, **fields: Any) -> Any:
    request = getattr(pb, f"{method}Request")(**fields)
    return await getattr(service.stub, method)(request, metadata=TOKEN, timeout=5)


async def test_a_link_is_made_shared_and_its_referral_asked_for(service: Service) -> None:
    del service.store.state.programs[MERCHANT]
    await call(service, "PutProgram", program=PROGRAM | {"code_prefix": "FRIEND"})
    made = await call(service, "CreateReferralLink", merchant_id=MERCHANT, customer_id="42")
    link = made.referral_link
    assert link.display_code == f"FRIEND-{link.code}"
    assert link.url == f"https://go.example/r/{MERCHANT}/{link.code}"
    found = await call(
        service, "GetReferralLink", merchant_id=MERCHANT, code=link.display_code.lower()
    )
    assert found.referral_link == link
    shared = await call(
        service,
        "ShareLink",
        merchant_id=MERCHANT,
        referral_link_id=link.id,
        channel=pb.CHANNEL_WHATSAPP,
    )
    referral = shared.referral
    assert (referral.customer_id, referral.referral_link_id) == ("42", link.id)
    assert referral.channel == pb.CHANNEL_WHATSAPP
    assert shared.url == f"{link.url}?s={referral.id}&c=whatsapp"
    status = await call(
        service, "GetReferralStatus", merchant_id=MERCHANT, referral_id=referral.id
    )
    assert (status.status, status.version) == (pb.REFERRAL_STATUS_PENDING, 1)
    assert status.cause == "link_shared"
    assert status.update_time == referral.update_time


async def test_an_advocate_who_asks_again_gets_the_same_link(service: Service) -> None:
    first, second = [
        await call(service, "CreateReferralLink", merchant_id=MERCHANT, customer_id=ADVOCATE)
        for _ in range(2)
    ]
    assert first == second
    assert first.referral_link.code == CODE


async def test_a_revoked_link_is_found(service: Service) -> None:
    revoked = builders.link(revoked_at=builders.PLACED_AT)
    service.store.state.links[LinkKey(MERCHANT, LINK)] = revoked
    found = await call(service, "GetReferralLink", merchant_id=MERCHANT, referral_link_id=LINK)
    assert found.referral_link.HasField("revoke_time")


async def test_a_link_is_revoked_once_and_for_all(service: Service) -> None:
    first, second = [
        await call(service, "RevokeReferralLink", merchant_id=MERCHANT, referral_link_id=LINK)
        for _ in range(2)
    ]
    assert first.referral_link.HasField("revoke_time")
    assert first == second


async def test_a_link_is_shared_while_the_program_is_inactive(service: Service) -> None:
    service.store.state.programs[MERCHANT] = builders.program(active=False)
    shared = await call(
        service,
        "ShareLink",
        merchant_id=MERCHANT,
        referral_link_id=LINK,
        channel=pb.CHANNEL_SMS,
    )
    assert shared.referral.status == pb.REFERRAL_STATUS_PENDING


async def test_a_program_is_put_whole(service: Service) -> None:
    put = await call(
        service, "PutProgram", program=PROGRAM | {"window": Duration(seconds=60), "version": 9}
    )
    assert put.program.window.ToTimedelta() == timedelta(minutes=1)
    assert put.program.code_prefix == ""
    assert put.program.version == 2
    got = await call(service, "GetProgram", merchant_id=MERCHANT)
    assert got.program == put.program


def store_what_is_in_review(service: Service) -> None:
    """Store a referral that awaits a review, with its order."""
    marked, order = builders.referral_in_review(), builders.order_in_review()
    service.store.state.programs[MERCHANT] = builders.program(velocity_cap=1, review=True)
    service.store.state.referrals[marked.key] = marked
    service.store.state.orders[order.key] = order


@pytest.mark.parametrize(
    ("verdict", "status", "cause"),
    [
        (pb.REVIEW_VERDICT_APPROVED, pb.REFERRAL_STATUS_COMPLETED, "order_created"),
        (pb.REVIEW_VERDICT_DENIED, pb.REFERRAL_STATUS_REJECTED, "review_denied"),
    ],
    ids=["approved", "denied"],
)
async def test_a_review_decides_and_is_explained(
    service: Service,
    verdict: pb.ReviewVerdict.ValueType,
    status: pb.ReferralStatus.ValueType,
    cause: str,
) -> None:
    store_what_is_in_review(service)
    named = {"merchant_id": MERCHANT, "referral_id": REFERRAL}
    before = await call(service, "GetReferralStatus", **named)
    first, second = [
        await call(service, "ReviewReferral", **named, verdict=verdict) for _ in range(2)
    ]
    after = await call(service, "GetReferralStatus", **named)
    shown = await call(service, "GetReferral", **named)
    assert (before.status, before.cause) == (pb.REFERRAL_STATUS_QUALIFIED, "in_review")
    assert first == second
    assert shown.referral == first.referral
    assert (after.status, after.cause) == (shown.referral.status, shown.referral.cause)
    assert (after.status, after.cause) == (status, cause)
    assert shown.explanation.evidence.review.verdict == verdict
    marked = [one.rule for one in shown.explanation.verdicts if one.verdict == pb.VERDICT_MARKED]
    assert marked == ["advocate_is_below_the_cap"]


async def test_what_is_not_in_review_is_not_reviewed(service: Service) -> None:
    request = pb.ReviewReferralRequest(
        merchant_id=MERCHANT, referral_id=REFERRAL, verdict=pb.REVIEW_VERDICT_APPROVED
    )
    refusal = await service.refusal("ReviewReferral", request)
    assert refusal.code is grpc.StatusCode.FAILED_PRECONDITION
    assert refusal.reason == "NOT_IN_REVIEW"


SHARE: dict[str, Any] = {
    "merchant_id": MERCHANT,
    "referral_link_id": LINK,
    "channel": pb.CHANNEL_SMS,
    "request_id": REQUEST,
}
CREATE: dict[str, Any] = {"merchant_id": MERCHANT, "customer_id": "42", "request_id": REQUEST}


@pytest.mark.parametrize(
    ("method", "fields"), [("ShareLink", SHARE), ("CreateReferralLink", CREATE)]
)
async def test_a_call_that_is_repeated_is_answered_alike(
    service: Service, method: str, fields: dict[str, Any]
) -> None:
    first = await call(service, method, **fields)
    stored = service.store.state
    assert await call(service, method, **{**fields, "request_id": REQUEST.upper()}) == first
    assert service.store.state == stored


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("ShareLink", {**SHARE, "channel": pb.CHANNEL_QR}),
        ("CreateReferralLink", CREATE),
    ],
)
async def test_another_call_of_the_same_name_is_refused(
    service: Service, method: str, fields: dict[str, Any]
) -> None:
    await call(service, "ShareLink", **SHARE)
    stored = service.store.state
    refusal = await service.refusal(method, getattr(pb, f"{method}Request")(**fields))
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_REUSED")
    assert service.store.state == stored


async def test_referrals_are_listed_a_page_at_a_time(service: Service) -> None:
    await store_shares(service, 5)
    first = await call(service, "ListReferrals", merchant_id=MERCHANT, page_size=3)
    second = await call(
        service,
        "ListReferrals",
        merchant_id=MERCHANT,
        page_size=100,
        page_token=first.next_page_token,
    )
    ids = [referral.id for referral in (*first.referrals, *second.referrals)]
    assert ids == [share_id(number) for number in (5, 4, 3, 2, 1)] + [REFERRAL]
    assert (len(first.referrals), second.next_page_token) == (3, "")


async def test_a_listed_referral_says_all_that_is_known(service: Service) -> None:
    held = builders.referral(
        status=ReferralStatus.QUALIFIED,
        cause=Cause.ON_HOLD,
        version=2,
        order_id=ORDER,
        referred_customer_id=FRIEND,
        due_at=builders.PLACED_AT,
    )
    service.store.state.referrals[held.key] = held
    answer = await call(
        service,
        "ListReferrals",
        merchant_id=MERCHANT,
        status=pb.REFERRAL_STATUS_QUALIFIED,
        referral_link_id=LINK.upper(),
        customer_id=ADVOCATE,
    )
    (listed,) = answer.referrals
    assert (listed.cause, listed.order_id, listed.referred_customer_id) == (
        *("on_hold", ORDER, FRIEND),
    )
    assert listed.due_time.ToDatetime(UTC) == builders.PLACED_AT


@pytest.mark.parametrize(("asked", "got"), [(0, 50), (1, 1), (200, 200), (201, 200), (9999, 200)])
async def test_a_page_has_as_many_as_asked_for_within_bounds(
    service: Service, asked: int, got: int
) -> None:
    await store_shares(service, 250)
    page = await call(service, "ListReferrals", merchant_id=MERCHANT, page_size=asked)
    assert len(page.referrals) == got
    assert page.next_page_token


@pytest.mark.parametrize(
    "changes",
    [
        {"merchant_id": OTHER},
        {"status": pb.REFERRAL_STATUS_PENDING},
        {"customer_id": ADVOCATE},
        {"referral_link_id": LINK},
    ],
    ids=str,
)
async def test_the_token_of_another_list_is_refused(
    service: Service, changes: dict[str, Any]
) -> None:
    await store_shares(service, 2)
    page = await call(service, "ListReferrals", merchant_id=MERCHANT, page_size=1)
    fields = {"merchant_id": MERCHANT, "page_token": page.next_page_token, **changes}
    refusal = await service.refusal("ListReferrals", pb.ListReferralsRequest(**fields))
    assert refusal.code is grpc.StatusCode.INVALID_ARGUMENT
    assert refusal.fields == ("page_token",)


async def test_the_funnel_tells_steps_and_conversion_by_channel_and_day(service: Service) -> None:
    completed = builders.referral(status=ReferralStatus.COMPLETED, order_id=ORDER)
    direct = builders.referral(
        id=ReferralId.of_order(MERCHANT, ORDER),
        channel=None,
        status=ReferralStatus.REVERSED,
        opened_at=builders.PLACED_AT,
    )
    pending = builders.referral(id=share_id(1))
    for referral in (completed, direct, pending):
        service.store.state.referrals[referral.key] = referral
    link = LinkKey(MERCHANT, LINK)
    visit = Visit(link, REFERRAL, Channel.SMS, builders.PLACED_AT.date())
    service.store.state.visits[visit] = 3
    answer = await call(service, "GetFunnel", merchant_id=MERCHANT)
    sms, unknown = answer.channels
    lower, upper = sms.conversion.lower, sms.conversion.upper
    done = pb.FunnelSteps(orders=1, qualified=1, completed=1)
    assert (answer.first_day, answer.last_day) == ("2026-10-22", "2026-11-20")
    assert MessageToDict(sms, preserving_proto_field_name=True) == {
        "channel": "CHANNEL_SMS",
        "total": {
            "shares": "2",
            "pending": "1",
            "visits": "3",
            "shared": MessageToDict(done),
            "direct": {},
        },
        "conversion": {
            "completed": "1",
            "shares": "2",
            "rate": 0.5,
            "lower": lower,
            "upper": upper,
        },
        "days": [
            {
                "day": "2026-11-18",
                "counts": {
                    "shares": "2",
                    "pending": "1",
                    "shared": MessageToDict(done),
                    "direct": {},
                },
            },
            {"day": "2026-11-20", "counts": {"visits": "3", "shared": {}, "direct": {}}},
        ],
    }
    assert (round(lower, 4), round(upper, 4)) == (0.0945, 0.9055)
    assert unknown.channel == pb.CHANNEL_UNSPECIFIED
    assert unknown.total.direct == pb.FunnelSteps(orders=1, reversed=1)
    assert not unknown.HasField("conversion")


async def test_days_and_channel_of_the_funnel_may_be_chosen(service: Service) -> None:
    asked = {"merchant_id": MERCHANT, "first_day": "2026-11-18", "last_day": "2026-11-18"}
    (sms,) = (await call(service, "GetFunnel", **asked, channel=pb.CHANNEL_SMS)).channels
    assert [day.day for day in sms.days] == ["2026-11-18"]
    other = await call(service, "GetFunnel", **asked, channel=pb.CHANNEL_QR)
    assert (other.first_day, other.last_day, list(other.channels)) == (
        *("2026-11-18", "2026-11-18", []),
    )


@pytest.mark.parametrize("days", [("0001-01-01", "0001-01-01"), ("9999-12-31", "9999-12-31")])
async def test_any_day_may_be_asked_for(service: Service, days: tuple[str, str]) -> None:
    first, last = days
    answer = await call(service, "GetFunnel", merchant_id=MERCHANT, first_day=first, last_day=last)
    assert list(answer.channels) == []


def _of_days(first: str, last: str) -> pb.GetFunnelRequest:
    return pb.GetFunnelRequest(merchant_id=MERCHANT, first_day=first, last_day=last)


LINK_OF_NOBODY = {"merchant_id": MERCHANT, "referral_link_id": NOBODY}


@pytest.mark.parametrize(
    ("method", "absent", "of_another"),
    [
        (
            "GetReferralStatus",
            {"merchant_id": MERCHANT, "referral_id": NOBODY},
            {"merchant_id": OTHER, "referral_id": REFERRAL},
        ),
        (
            "GetReferral",
            {"merchant_id": MERCHANT, "referral_id": NOBODY},
            {"merchant_id": OTHER, "referral_id": REFERRAL},
        ),
        (
            "ReviewReferral",
            {"merchant_id": MERCHANT, "referral_id": NOBODY, "verdict": 1},
            {"merchant_id": OTHER, "referral_id": REFERRAL, "verdict": 1},
        ),
        ("GetReferralLink", LINK_OF_NOBODY, {"merchant_id": OTHER, "referral_link_id": LINK}),
        (
            "GetReferralLink",
            {"merchant_id": MERCHANT, "code": ReferralCode.of_number(1)},
            {"merchant_id": OTHER, "code": CODE},
        ),
        ("RevokeReferralLink", LINK_OF_NOBODY, {"merchant_id": OTHER, "referral_link_id": LINK}),
        (
            "ShareLink",
            {**LINK_OF_NOBODY, "channel": pb.CHANNEL_SMS},
            {"merchant_id": OTHER, "referral_link_id": LINK, "channel": pb.CHANNEL_SMS},
        ),
    ],
    ids=["status", "referral", "review", "link by id", "link by code", "revoke", "share"],
)
async def test_what_is_absent_and_what_is_anothers_look_alike_byte_for_byte(
    service: Service, method: str, absent: dict[str, Any], of_another: dict[str, Any]
) -> None:
    kind = getattr(pb, f"{method}Request")
    first, second = [
        await service.refusal(method, kind(**fields)) for fields in (absent, of_another)
    ]
    assert (first.code, first.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
    assert first == second


@pytest.mark.parametrize(
    "request_",
    [
        pb.GetProgramRequest(merchant_id="nobody"),
        pb.CreateReferralLinkRequest(merchant_id="nobody", customer_id="42"),
    ],
    ids=["get", "create link"],
)
async def test_without_a_program_there_is_nothing(service: Service, request_: Message) -> None:
    method = type(request_).__name__.removesuffix("Request")
    refusal = await service.refusal(method, request_)
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")


async def test_a_revoked_link_is_not_shared(service: Service) -> None:
    revoked = builders.link(revoked_at=builders.PLACED_AT)
    service.store.state.links[LinkKey(MERCHANT, LINK)] = revoked
    request = pb.ShareLinkRequest(
        merchant_id=MERCHANT, referral_link_id=LINK, channel=pb.CHANNEL_SMS
    )
    refusal = await service.refusal("ShareLink", request)
    assert refusal.code is grpc.StatusCode.FAILED_PRECONDITION
    assert refusal.reason == "LINK_REVOKED"


async def test_a_shop_has_one_program(service: Service) -> None:
    program = PROGRAM | {"shop_domain": "other.myshopify.com"}
    refusal = await service.refusal(
        "PutProgram", pb.PutProgramRequest(program=pb.Program(**program))
    )
    assert (refusal.code, refusal.reason) == (grpc.StatusCode.ALREADY_EXISTS, "SHOP_TAKEN")


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (pb.GetReferralStatusRequest(merchant_id=MERCHANT), ["referral_id"]),
        (pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id="1"), ["referral_id"]),
        (pb.GetReferralStatusRequest(merchant_id="a:b", referral_id=NOBODY), ["merchant_id"]),
        (pb.GetReferralStatusRequest(referral_id=NOBODY), ["merchant_id"]),
        (pb.GetReferralRequest(merchant_id=MERCHANT, referral_id="*"), ["referral_id"]),
        (pb.ReviewReferralRequest(merchant_id=MERCHANT, referral_id=REFERRAL), ["verdict"]),
        (
            pb.ReviewReferralRequest(
                merchant_id=MERCHANT, referral_id=REFERRAL, verdict=pb.ReviewVerdict.ValueType(99)
            ),
            ["verdict"],
        ),
        (pb.CreateReferralLinkRequest(merchant_id=MERCHANT), ["customer_id"]),
        (
            pb.CreateReferralLinkRequest(merchant_id=MERCHANT, customer_id="4 2"),
            ["customer_id"],
        ),
        (
            pb.CreateReferralLinkRequest(
                merchant_id=MERCHANT, customer_id="42", request_id="again"
            ),
            ["request_id"],
        ),
        (pb.ShareLinkRequest(**{**SHARE, "request_id": "{*}"}), ["request_id"]),
        (pb.GetReferralLinkRequest(merchant_id=MERCHANT), ["link"]),
        (pb.GetReferralLinkRequest(merchant_id=MERCHANT, code=""), ["code"]),
        (pb.GetReferralLinkRequest(merchant_id=MERCHANT, code="SUMMER20"), ["code"]),
        (pb.GetReferralLinkRequest(merchant_id=MERCHANT, code="7" * 10_000), ["code"]),
        (
            pb.GetReferralLinkRequest(merchant_id=MERCHANT, referral_link_id="{*}"),
            ["referral_link_id"],
        ),
        (pb.RevokeReferralLinkRequest(merchant_id=MERCHANT), ["referral_link_id"]),
        (
            pb.ShareLinkRequest(merchant_id=MERCHANT, channel=pb.CHANNEL_SMS),
            ["referral_link_id"],
        ),
        (pb.ShareLinkRequest(merchant_id=MERCHANT, referral_link_id=LINK), ["channel"]),
        (
            pb.ShareLinkRequest(
                merchant_id=MERCHANT, referral_link_id=LINK, channel=pb.Channel.ValueType(99)
            ),
            ["channel"],
        ),
        (pb.ListReferralsRequest(merchant_id=MERCHANT, page_size=-1), ["page_size"]),
        (pb.ListReferralsRequest(merchant_id=MERCHANT, page_token="junk"), ["page_token"]),
        (pb.ListReferralsRequest(merchant_id=MERCHANT, customer_id="4 2"), ["customer_id"]),
        (
            pb.ListReferralsRequest(merchant_id=MERCHANT, referral_link_id="1"),
            ["referral_link_id"],
        ),
        (
            pb.ListReferralsRequest(merchant_id=MERCHANT, status=pb.ReferralStatus.ValueType(99)),
            ["status"],
        ),
        (_of_days("2026-11-02", "2026-11-01"), ["last_day"]),
        (_of_days("2026-08-01", "2026-11-01"), ["last_day"]),
        (_of_days("2026-11-01", ""), ["last_day"]),
        (_of_days("", "2026-11-01"), ["first_day"]),
        (_of_days("2026-11-31", "2026-12-01"), ["first_day"]),
        (_of_days("2026-11-01", "20261102"), ["last_day"]),
        (_of_days("2026-11-01", "2026-W45-1"), ["last_day"]),
        (
            pb.GetFunnelRequest(merchant_id=MERCHANT, channel=pb.Channel.ValueType(99)),
            ["channel"],
        ),
        (pb.GetProgramRequest(merchant_id="a\r\nb"), ["merchant_id"]),
        (pb.PutProgramRequest(), ["program.merchant_id"]),
        (
            pb.PutProgramRequest(program=pb.Program(merchant_id=MERCHANT, velocity_cap=-1)),
            ["program.shop_domain", "program.storefront_url", "program.velocity_cap"],
        ),
    ],
    ids=lambda value: str(value)[:50].replace("\n", " "),
)
async def test_a_malformed_request_is_told_which_fields(
    service: Service, request_: Message, fields: list[str]
) -> None:
    method = type(request_).__name__.removesuffix("Request")
    refusal = await service.refusal(method, request_)
    assert (refusal.code, refusal.reason) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "INVALID_ARGUMENT",
    )
    assert list(refusal.fields) == fields


async def test_ids_are_read_in_any_case(service: Service) -> None:
    status = await call(
        service, "GetReferralStatus", merchant_id=MERCHANT, referral_id=REFERRAL.upper()
    )
    assert status.status == pb.REFERRAL_STATUS_PENDING
