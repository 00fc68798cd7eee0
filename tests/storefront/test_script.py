"""The script that a shop's pages load, in a browser, through to the order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import pytest

from referrals_adapters.shopify.payloads import read_order
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.model.link import Channel
from referrals_domain.model.signals import Signal, Source
from tests.storefront.friend import KEPT, LINK, OTHER_LINK, Friend
from tests.storefront.snippet import snippet

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from playwright.async_api import Page, Route

    from referrals_sandbox.neighbours.shopify_storefront import Storefront

pytestmark = pytest.mark.asyncio(loop_scope="session")

CODE: Final = ReferralCode.of_number(7)
CLEAR: Final = "fetch('/cart/clear.js', { method: 'POST' }).then((response) => response.text())"
NO_STORAGE: Final = {
    "missing": "Object.defineProperty(window, 'localStorage', { value: undefined })",
    "blocked": """Object.defineProperty(window, 'localStorage', {
        get() { throw new DOMException('denied', 'SecurityError') } })""",
    "full": """Storage.prototype.setItem = () => {
        throw new DOMException('full', 'QuotaExceededError') }""",
}
FAILURES: Final[Sequence[dict[str, Any] | None]] = (
    {"status": 429, "json": {"attributes": {}}},
    {"body": "<html>"},
    {"json": None},
    None,  # no connection
)
MALFORMED: Final = (
    "newsletter",  # of another campaign: ten symbols, and no code
    "",
    f"{CODE[:-1]}F",
    "0000000071",
    "<script>alert(1)</script>",
    f"{'A' * 55}{CODE}",
    f" {CODE}",
    f"\N{LATIN SMALL LETTER LONG S}{CODE}",
)
CODES: Final = (
    CODE.lower(),
    f"FRIEND-{CODE}",
    "friend-oooo-oooo-i2",
    "0-0000-0000-IL",
    CODE[1:],
    "UU9THHYKHZ",  # would be one if a U were a symbol of the alphabet
    *(ReferralCode.of_number(13**number % 2**45) for number in range(8, 12)),
)
FROM_THE_FUTURE: Final = f'{{"ref": "{CODE}", "at": 9e15}}'  # kept while a clock was wrong
FRAME: Final = """([sandbox, src]) => new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.sandbox = sandbox;
    frame.src = src;
    frame.onload = () => resolve();
    document.body.append(frame);
})"""
AGE: Final = """(ms) => {
    const touch = JSON.parse(localStorage.getItem("referrals.touch"));
    touch.at = Date.now() - ms;
    localStorage.setItem("referrals.touch", JSON.stringify(touch));
}"""


async def test_a_discount_link_leads_to_such_a_page(friend: Friend) -> None:
    await friend.open(
        f"/discount/{LINK['ref']}?redirect=%2F%3Fref%3D{LINK['ref']}%26channel%3Dsms"
    )
    await friend.has_in_cart({"ref": LINK["ref"], "channel": "sms"})
    assert friend.visit.discount == LINK["ref"]


async def test_the_order_carries_the_link_as_the_service_reads_it(friend: Friend) -> None:
    await friend.land(LINK)
    await friend.has_in_cart(LINK)
    await friend.open("/products/serum")
    await friend.add_to_cart()
    order = read_order(await friend.pay())
    assert order.facts.signals[0] == Signal(
        source=Source.NOTE_ATTRIBUTES,
        code=CODE,
        share=ReferralId(LINK["share"]),
        channel=Channel.SMS,
    )


async def test_a_page_of_another_language_asks_its_own_cart_api(friend: Friend) -> None:
    await friend.land(LINK, at="/fr/")
    await friend.has_in_cart(LINK)
    await friend.settled()
    assert friend.asked == ["GET /fr/cart.js", "POST /fr/cart/update.js"]


async def test_what_the_cart_has_already_is_not_written_again(friend: Friend) -> None:
    await friend.land(LINK)
    await friend.has_in_cart(LINK)
    await friend.land(LINK)
    await friend.add_to_cart()
    await friend.settled()
    assert friend.writes == 1


async def test_a_cart_that_comes_later_is_written_once_it_is_filled(friend: Friend) -> None:
    await friend.land(LINK)
    await friend.has_in_cart(LINK)
    friend.visit.clear()
    await friend.add_to_cart()
    await friend.has_in_cart(LINK)


async def test_a_cart_that_the_theme_clears_is_written_again(friend: Friend) -> None:
    await friend.land(LINK)
    await friend.has_in_cart(LINK)
    await friend.page.evaluate(CLEAR)
    await friend.has_in_cart(LINK)
    await friend.settled()
    assert friend.writes == 2


@pytest.mark.parametrize("kind", NO_STORAGE)
async def test_without_storage_the_landing_page_writes_the_cart(friend: Friend, kind: str) -> None:
    await friend.page.add_init_script(NO_STORAGE[kind])
    await friend.land(LINK)
    await friend.has_in_cart(LINK)
    await friend.open()
    await friend.settled()
    assert friend.writes == 1


async def test_a_write_that_failed_is_made_up_for_on_the_next_page(friend: Friend) -> None:
    await friend.page.route("**/cart/update.js", failing({"status": 500}), times=1)
    await friend.land(LINK)
    await friend.settled()
    assert friend.visit.cart.attributes == {}
    await friend.open()
    await friend.has_in_cart(LINK)


@pytest.mark.parametrize("path", ["cart.js", "cart/update.js"])
async def test_a_cart_that_always_fails_troubles_nobody(friend: Friend, path: str) -> None:
    for answer in FAILURES:
        await friend.page.route(f"**/{path}", failing(answer))
        await friend.land(LINK)
        await friend.add_to_cart()
        await friend.settled()
        await friend.page.unroute_all()
    assert friend.visit.cart.document()["item_count"] == len(FAILURES)
    assert friend.visit.cart.attributes == {}


async def test_a_cart_that_does_not_answer_holds_nothing_up(friend: Friend) -> None:
    async def never(_: Route) -> None:
        pass

    await friend.page.route("**/cart.js", never)
    await friend.land(LINK)
    await friend.add_to_cart()
    assert friend.visit.cart.document()["item_count"] == 1
    await friend.page.unroute_all(behavior="ignoreErrors")


async def test_the_last_link_counts_whole_and_what_else_is_in_the_cart_stays(
    friend: Friend,
) -> None:
    await friend.land(LINK)
    await friend.has_in_cart(LINK)
    friend.visit.cart.update({"gift": "yes"})
    await friend.land(OTHER_LINK)
    await friend.has_in_cart({"gift": "yes", **OTHER_LINK})


async def test_the_first_link_counts_if_the_merchant_says_so(
    friend: Friend, storefront: Storefront, gateway: str
) -> None:
    storefront.head = snippet(gateway, touch="first")
    await friend.land(LINK)
    await friend.has_in_cart(LINK)
    await friend.land(OTHER_LINK)
    await friend.settled()
    assert friend.visit.cart.attributes == LINK


@pytest.mark.parametrize(("window_days", "touch"), [("7", "first"), ("", "last")])
async def test_a_link_counts_until_its_window_ends(
    friend: Friend, storefront: Storefront, gateway: str, window_days: str, touch: str
) -> None:
    window = int(window_days or 30)
    storefront.head = snippet(gateway, window_days=window_days, touch=touch)
    await friend.land(LINK)
    await friend.has_in_cart(LINK)

    await age(friend.page, days=window - 0.001)
    friend.visit.clear()
    await friend.open()
    await friend.has_in_cart(LINK)

    await age(friend.page, days=window + 0.001)
    friend.visit.clear()
    await friend.open()
    await friend.settled()
    assert friend.visit.cart.attributes == {}
    assert await friend.page.evaluate(KEPT) is None

    await friend.land(OTHER_LINK)
    await friend.has_in_cart(OTHER_LINK)


async def test_without_a_well_formed_ref_nothing_is_replaced_or_asked(friend: Friend) -> None:
    await friend.land(LINK)
    await friend.has_in_cart(LINK)
    kept = await friend.page.evaluate(KEPT)
    for ref in MALFORMED:
        await friend.land({**OTHER_LINK, "ref": ref})
        assert (ref, await friend.page.evaluate(KEPT)) == (ref, kept)
    await friend.settled()
    assert friend.visit.cart.attributes == LINK

    await friend.page.evaluate("localStorage.clear()")
    friend.asked.clear()
    await friend.land({**LINK, "ref": MALFORMED[0]})
    await friend.settled()
    assert (friend.asked, await friend.page.evaluate(KEPT)) == ([], None)


async def test_a_malformed_share_or_channel_is_left_out(friend: Friend) -> None:
    await friend.land({**LINK, "share": "<b>", "channel": "s" * 65})
    await friend.has_in_cart({"ref": LINK["ref"]})


async def test_a_code_is_read_as_the_domain_reads_it(friend: Friend) -> None:
    await friend.open()
    for text in CODES:
        friend.visit.clear()
        await friend.land({"ref": text})
        await friend.settled()
        there = {"ref": text} if is_code(text) else {}
        assert (text, friend.visit.cart.attributes) == (text, there)
        await friend.page.evaluate("localStorage.clear()")


async def test_whatever_is_kept_under_its_name_is_no_trouble(friend: Friend) -> None:
    await friend.open()
    for text in (
        "{",
        "null",
        "7",
        "[]",
        '{"ref": "newsletter"}',
        f'{{"ref": "{CODE}"}}',
        FROM_THE_FUTURE,
    ):
        await friend.page.evaluate("text => localStorage.setItem('referrals.touch', text)", text)
        await friend.open()
        await friend.settled()
        assert (text, friend.asked) == (text, [])
    await friend.land(LINK)
    await friend.has_in_cart(LINK)


async def test_tabs_share_the_last_link(friend: Friend) -> None:
    await friend.land(LINK)
    await friend.has_in_cart(LINK)
    first, friend.page = friend.page, await friend.page.context.new_page()
    await friend.land(OTHER_LINK)
    await friend.has_in_cart(OTHER_LINK)
    friend.visit.clear()
    friend.page = first
    await friend.add_to_cart()
    await friend.has_in_cart(OTHER_LINK)


async def test_a_page_in_a_frame_writes_the_cart_if_it_may(friend: Friend) -> None:
    await friend.open()
    for sandbox, attributes in {
        "allow-scripts": {},  # of no origin: it has no storage, and no cart
        "allow-scripts allow-same-origin": OTHER_LINK,
    }.items():
        await friend.page.evaluate(FRAME, [sandbox, f"/?{urlencode(OTHER_LINK)}"])
        await friend.settled()
        own, *_ = friend.storefront.visits.values()
        assert own.cart.attributes == attributes


def failing(answer: dict[str, Any] | None) -> Callable[[Route], Awaitable[None]]:
    """Return what answers in place of the shop; None breaks the connection."""

    async def fail(route: Route) -> None:
        await (route.abort() if answer is None else route.fulfill(**answer))

    return fail


async def age(page: Page, *, days: float) -> None:
    """Set back the time at which the friend came."""
    await page.evaluate(AGE, days * 86_400_000)


def is_code(text: str) -> bool:
    try:
        ReferralCode.read(text)
    except ValueError:
        return False
    return True
