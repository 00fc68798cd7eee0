"""From two orders of one address to a review and its reward, through the real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_adapters.grpc.pb.referrals.v1.referrals_pb2_grpc import ReferralsServiceStub
from referrals_domain.testing.builders import ADVOCATE, MERCHANT, SHOP
from tests.waiting import until
from tests.webhook.orders import PATH, order, signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy.ext.asyncio import AsyncEngine

    from tests.webhook.program import Program

pytestmark = pytest.mark.long

TOKEN: Final = (("authorization", "Bearer of-a-frontend"),)
IP: Final = "198.51.100.77"


@pytest.fixture
async def frontend(program: Program) -> AsyncIterator[ReferralsServiceStub]:
    """A client of the gRPC service."""
    told = {
        "REFERRALS_GRPC_LISTEN": "127.0.0.1:0",
        "REFERRALS_PUBLIC_URL": "https://go.example",
    }
    grpc = program.start("run", module="referrals_grpc", **told)
    line = await grpc.says(r"^referrals-grpc listening on (\S+)$")
    async with open_channel(line[1]) as channel:
        yield ReferralsServiceStub(channel)


async def test_a_suspicious_order_is_explained_and_completes_once_it_was_approved(
    program: Program, frontend: ReferralsServiceStub, engine: AsyncEngine
) -> None:
    webhook = await program.start("run", "--role", "http").url()
    program.start("run", "--role", "worker")
    link = await _put_a_link(frontend)
    first, second = [await _order_by_a_share(frontend, webhook, link, friend) for friend in (1, 2)]

    assert (await _status(frontend, first)).status == pb.REFERRAL_STATUS_COMPLETED
    waiting = await _status(frontend, second)
    assert (waiting.status, waiting.cause) == (pb.REFERRAL_STATUS_QUALIFIED, "in_review")
    explanation = (await _ask(frontend, "GetReferral", referral_id=second)).explanation
    marked = [one.rule for one in explanation.verdicts if one.verdict == pb.VERDICT_MARKED]
    assert marked == ["address_is_not_shared"]
    assert explanation.evidence.shared_address
    assert explanation.winner.source == pb.SIGNAL_SOURCE_NOTE_ATTRIBUTES
    assert explanation.winner.referral_id == second

    review = {"referral_id": second, "verdict": pb.REVIEW_VERDICT_APPROVED}
    reviewed = await _ask(frontend, "ReviewReferral", **review)

    assert reviewed.referral.status == pb.REFERRAL_STATUS_COMPLETED
    assert (await _status(frontend, second)).status == pb.REFERRAL_STATUS_COMPLETED
    assert (await _ask(frontend, "ReviewReferral", **review)) == reviewed
    listed = await _ask(frontend, "ListReferrals", status=pb.REFERRAL_STATUS_COMPLETED)
    assert [one.id for one in listed.referrals] == [second, first]
    async with engine.connect() as connection:
        events = await connection.exec_driver_sql("SELECT aggregateid FROM outbox ORDER BY seq")
        assert list(events.scalars()) == [first, second]


async def _put_a_link(frontend: ReferralsServiceStub) -> pb.ReferralLink:
    program = pb.Program(
        merchant_id=MERCHANT,
        shop_domain=SHOP,
        storefront_url="https://acme.example",
        review=True,
    )
    await frontend.PutProgram(pb.PutProgramRequest(program=program), metadata=TOKEN)
    made = await _ask(frontend, "CreateReferralLink", customer_id=ADVOCATE)
    link: pb.ReferralLink = made.referral_link
    return link


async def _order_by_a_share(
    frontend: ReferralsServiceStub, webhook: str, link: pb.ReferralLink, friend: int
) -> str:
    """Share the link, post the order of a friend, and wait until it is decided."""
    share = {"referral_link_id": link.id, "channel": pb.CHANNEL_SMS}
    shared = (await _ask(frontend, "ShareLink", **share)).referral.id
    signals = {"ref": link.code, "share": shared}
    body = order(
        id=friend,
        customer={"id": friend},
        browser_ip=IP,
        note_attributes=[{"name": name, "value": value} for name, value in signals.items()],
    )
    async with httpx.AsyncClient() as client:
        answer = await client.post(webhook + PATH, content=body, headers=signed(body))
    assert answer.json() == {"receipt": "stored"}

    async def it_is_decided() -> object:
        return (await _status(frontend, shared)).status != pb.REFERRAL_STATUS_PENDING

    await until(it_is_decided)
    return str(shared)


async def _status(frontend: ReferralsServiceStub, referral_id: str) -> Any:
    return await _ask(frontend, "GetReferralStatus", referral_id=referral_id)


async def _ask(frontend: ReferralsServiceStub, method: str, **fields: Any) -> Any:
    request = getattr(pb, f"{method}Request")(merchant_id=MERCHANT, **fields)
    return await getattr(frontend, method)(request, metadata=TOKEN, timeout=5)
