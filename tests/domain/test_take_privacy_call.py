"""What a person or a shop asks for is taken in once, and bodies that mention them go at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
import pytest

from referrals_domain.errors import NotFound
from referrals_domain.model.delivery import Receipt
from referrals_domain.model.identifiers import MerchantId, ShopDomain
from referrals_domain.model.privacy import PrivacyCall, PrivacyKind, PrivacyNotice
from referrals_domain.testing import builders
from referrals_domain.use_cases.list_privacy_requests import ListPrivacyRequests
from referrals_domain.use_cases.take_privacy_call import TakePrivacyCall

if TYPE_CHECKING:
    from referrals_domain.model.privacy import PrivacyRequest
    from tests.domain.world import World

REDACT: Final = PrivacyCall(
    kind=PrivacyKind.CUSTOMER_REDACT,
    customer_id=builders.FRIEND,
    orders=frozenset({builders.ORDER}),
    contacts=frozenset({"jo@x.example"}),
    received_at=builders.PLACED_AT,
)
NOTICE: Final = PrivacyNotice(shop_domain=builders.SHOP, named_host=builders.SHOP, call=REDACT)


def take(world: World) -> TakePrivacyCall:
    return TakePrivacyCall(begin=world.store.begin, ids=world.ids)


async def requests(world: World) -> list[PrivacyRequest]:
    return list(await ListPrivacyRequests(begin=world.store.begin)())


async def quarantine(world: World, *bodies: bytes) -> None:
    async with world.store.begin() as tx:
        await tx.quarantine.add([builders.unreadable_body(body=body) for body in bodies])
        await tx.commit()


async def test_what_a_webhook_asks_for_waits_for_a_worker(world: World) -> None:
    assert await take(world).of_shop(NOTICE) is Receipt.STORED
    (request,) = await requests(world)
    assert (request.merchant_id, request.kind) == (builders.MERCHANT, REDACT.kind)
    assert (request.customer_id, request.received_at) == (builders.FRIEND, REDACT.received_at)
    assert (request.done_at, request.touched) == (None, {})


async def test_asked_for_again_it_is_not_stored_again(world: World) -> None:
    await take(world).of_shop(NOTICE)
    assert await take(world).of_shop(NOTICE) is Receipt.REPEATED
    assert await take(world).of_merchant(builders.MERCHANT, REDACT) is Receipt.REPEATED
    assert len(await requests(world)) == 1


async def test_another_shop_is_none_of_ours(world: World) -> None:
    other = attrs.evolve(NOTICE, shop_domain=ShopDomain("other.myshopify.com"))
    assert await take(world).of_shop(other) is Receipt.NO_PROGRAM
    assert await requests(world) == []


async def test_a_body_that_names_another_shop_than_the_header_asks_for_nothing(
    world: World,
) -> None:
    mixed = attrs.evolve(NOTICE, named_host="other.myshopify.com")
    assert await take(world).of_shop(mixed) is Receipt.SHOP_MISMATCH
    assert await requests(world) == []


async def test_in_the_name_of_a_merchant_without_a_program_nothing_is_asked_for(
    world: World,
) -> None:
    with pytest.raises(NotFound, match=r"^the merchant has no program$"):
        await take(world).of_merchant(MerchantId("other"), REDACT)
    assert await requests(world) == []


async def test_the_merchant_gets_a_key_once(world: World) -> None:
    await take(world).of_shop(NOTICE)
    keys = dict(world.store.state.merchant_keys)
    other = attrs.evolve(NOTICE, call=attrs.evolve(REDACT, customer_id=builders.ADVOCATE))
    await take(world).of_shop(other)
    assert world.store.state.merchant_keys == keys
    assert keys.keys() == {builders.MERCHANT}


@pytest.mark.parametrize(
    "body", [b"7002,", b"6200407294252,", b"jo@x.example"], ids=["id", "order", "contact"]
)
async def test_bodies_that_mention_the_person_go_at_once(world: World, body: bytes) -> None:
    await quarantine(world, body, b"somebody else")
    await take(world).of_shop(NOTICE)
    assert world.store.state.quarantine.keys() == {b"somebody else"}
    (request,) = await requests(world)
    assert request.touched == {"quarantine": 1}


async def test_who_asks_for_a_copy_loses_nothing(world: World) -> None:
    await quarantine(world, b"7002,")
    copy = attrs.evolve(REDACT, kind=PrivacyKind.DATA_REQUEST)
    await take(world).of_merchant(builders.MERCHANT, copy)
    assert world.store.state.quarantine.keys() == {b"7002,"}
    (request,) = await requests(world)
    assert request.touched == {}
