"""
The merchant page in a browser, before the running sandbox: `python -m tests.browser` runs this.

Whatever happens, nobody who looks sees the layout shift or a script fail: `reading` holds that.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import expect

from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_sandbox.composition.running import running
from tests.merchant_page.reader import DESKTOP, PHONE, STATUS_PATH, reading
from tests.merchant_page.shop import Shop, shop

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from playwright.async_api import Browser, Response, Route

    from referrals_sandbox.composition.sandbox import Sandbox
    from tests.merchant_page.reader import Scheme

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(120)]

SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
SIZES: Final = {"desktop": DESKTOP, "phone": PHONE}
VERDICTS: Final[Mapping[str, tuple[str, str, Any]]] = {
    "Approve": ("Approved.", "Completed", {"size": DESKTOP}),
    "Deny": ("Denied.", "Rejected", {"size": PHONE, "scheme": "dark"}),
}
A_MONTH: Final = {
    pb.CHANNEL_EMAIL: (48, 2),
    pb.CHANNEL_WHATSAPP: (64, 9),
    pb.CHANNEL_COPY: (22, 1),
    pb.CHANNEL_SMS: (156, 12),
}
"""Shares, and how many of them completed."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def acme(sandbox: Sandbox) -> Shop:
    """The sandbox's own merchant."""
    return Shop(sandbox=sandbox, merchant_id=sandbox.merchant_id, token=sandbox.token)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def busy(sandbox: Sandbox) -> Shop:
    """A merchant who has had a month, and for whom one order waits for review."""
    busy = shop(sandbox, "busy-goods")
    busy.open(review=True)
    await busy.had_a_month(A_MONTH)
    await busy.has_a_suspicion()
    return busy


async def test_a_share_and_its_order_turn_completed_on_screen_without_a_reload(
    browser: Browser, sandbox: Sandbox
) -> None:
    shop_ = shop(sandbox, "live-goods")
    shop_.open()
    statuses: list[Response] = []
    async with reading(browser) as reader:
        await reader.open(shop_.page)
        await reader.page.evaluate("window.since = 'opened'")
        await expect(reader.page.locator("#latest-empty")).to_contain_text("No referrals yet")
        reader.page.on(
            "response", lambda one: statuses.append(one) if STATUS_PATH in one.url else None
        )

        (share,) = shop_.share()
        await reader.show("1 new referral")
        row = reader.row(share.id)
        await expect(row).to_contain_text("Pending")
        seen = asyncio.Event()

        async def later(route: Route) -> None:
            await seen.wait()
            await route.continue_()

        await reader.page.route("**/ListReferrals", later)  # so that statuses alone tell
        await asyncio.to_thread(share.order)
        await expect(row).to_contain_text("Completed")
        await expect(row).to_contain_text("order placed")
        seen.set()
        await expect(reader.page.locator("#live")).to_contain_text("Completed, order placed")
        await expect(reader.page.locator("#conversion tbody tr").first).to_contain_text("1 of 1")
        await expect(reader.page.locator("#funnel tr.all")).to_have_text("All101110")

        assert await reader.page.evaluate("window.since") == "opened"
        assert statuses
        for one in statuses:
            assert one.request.headers["content-type"] == "application/grpc-web+proto"
            assert one.headers["content-type"] == "application/grpc-web+proto"
        length = int.from_bytes((body := await statuses[-1].body())[1:5])
        answer = pb.GetReferralStatusResponse.FromString(body[5 : 5 + length])
        assert answer.status == pb.REFERRAL_STATUS_COMPLETED
        await reader.picture("completed-live")


async def test_the_token_stays_in_the_tab(browser: Browser, acme: Shop) -> None:
    async with reading(browser) as reader:
        await reader.open(acme.page)
        assert reader.page.url == f"{acme.sandbox.gateway}/merchant/"
        await reader.page.reload()
        await expect(reader.page.locator("#content")).to_be_visible()
        assert not [path for path in reader.asked if acme.token in path]
        assert await reader.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
        other = await reader.page.context.new_page()
        await other.goto(f"{acme.sandbox.gateway}/merchant/")
        await expect(other.locator("#message")).to_contain_text("Open this page from your shop")
    assert acme.token not in acme.sandbox.gateway_server.process.log_text


async def test_another_token_in_the_address_counts_at_once(browser: Browser, acme: Shop) -> None:
    async with reading(browser) as reader:
        await reader.page.goto(f"{acme.sandbox.gateway}/merchant/#token=wrong&merchant=acme")
        await expect(reader.message).to_contain_text("Your access is not valid any more")
        await reader.page.evaluate("address => { location = address }", acme.page)
        await expect(reader.page.locator("#content")).to_be_visible()


@pytest.mark.parametrize(
    ("handed", "told"),
    [
        ("", "Open this page from your shop"),
        ("#token=&merchant=acme", "Open this page from your shop"),
        ("#token=%E2%82%AC&merchant=acme", "Open this page from your shop"),
        ("#token=wrong&merchant=acme", "Your access is not valid any more"),
        ("#token={token}&merchant=somebody-else", "You may not see these referrals"),
        ("#token={token}&merchant=%00", "The service refused to answer"),
    ],
)
async def test_who_may_not_see_it_is_told_what_to_do(
    browser: Browser, acme: Shop, handed: str, told: str
) -> None:
    async with reading(browser, size=PHONE) as reader:
        fragment = handed.format(token=acme.token)
        await reader.page.goto(f"{acme.sandbox.gateway}/merchant/{fragment}")
        await expect(reader.page.get_by_role("heading", level=2)).to_have_text(told)
        await expect(reader.page.locator("#message-hint")).not_to_be_empty()
        await expect(reader.page.locator("#content")).to_be_hidden()
        assert not await reader.violations()


async def test_who_gets_access_tries_again(browser: Browser, sandbox: Sandbox) -> None:
    late = Shop(sandbox=sandbox, merchant_id="late-goods", token="of-both")
    mine = shop(sandbox, "early-goods", token=late.token)
    async with reading(browser) as reader:
        await reader.page.goto(late.page)
        await expect(reader.message).to_contain_text("You may not see")
        shop(sandbox, late.merchant_id, token=mine.token)
        await reader.page.wait_for_timeout(5_500)  # a refusal is kept for 5 seconds
        await reader.page.get_by_role("button", name="Try now").click()
        await expect(reader.page.locator("#content")).to_be_visible()


async def test_a_service_that_is_away_is_told_and_found_again(
    browser: Browser, sandbox: Sandbox, acme: Shop
) -> None:
    (share,) = acme.share()
    async with reading(browser) as reader, reading(browser, size=PHONE) as late:
        await reader.open(acme.page)
        await expect(reader.row(share.id)).to_contain_text("Pending")
        process = sandbox.grpc_service.process
        await asyncio.to_thread(process.stop)
        try:
            await expect(reader.bar).to_contain_text("What you see may be old")
            await expect(reader.row(share.id)).to_be_visible()
            await late.page.goto(acme.page)
            await expect(late.message).to_contain_text("The service cannot be reached")
            assert not await late.violations()
            await late.picture("away-phone")
        finally:
            await asyncio.to_thread(process.start)
        await expect(late.page.locator("#content")).to_be_visible(timeout=30_000)
        await expect(reader.bar).to_be_hidden(timeout=30_000)


async def test_a_new_merchant_is_told_what_will_come(browser: Browser, sandbox: Sandbox) -> None:
    async with reading(browser) as reader:
        await reader.open(shop(sandbox, "new-goods").page)
        for place, told in {
            "#conversion-lead": "Nothing was shared yet",
            "#review-empty": "Nothing waits for you",
            "#latest-empty": "No referrals yet",
        }.items():
            await expect(reader.page.locator(place)).to_contain_text(told)
        await expect(reader.page.locator("#latest")).to_be_hidden()
        assert not await reader.violations()


async def test_the_rates_are_told_with_their_intervals_and_denominators(
    browser: Browser, busy: Shop
) -> None:
    async with reading(browser, locale="de-DE") as reader:
        await reader.open(busy.page)
        rows = reader.page.locator("#conversion tbody tr")
        await expect(rows).to_have_count(6)
        email = rows.filter(has_text="Email")
        await expect(email).to_contain_text("2 of 48")
        await expect(email).to_contain_text("4,2\N{NO-BREAK SPACE}%")
        await expect(email).to_contain_text("1,2\N{NO-BREAK SPACE}% to 14\N{NO-BREAK SPACE}%")
        sms = rows.filter(has_text="SMS")
        await expect(sms).to_contain_text("7\N{NO-BREAK SPACE}% is possible")
        seven_of_thirty = f"{2 + 96 * 7 / 30:.2f}%"  # per cent, the end of the scale
        await expect(sms.locator("line.mark")).to_have_attribute("x1", seven_of_thirty)
        await expect(rows.locator("line.mark")).to_have_count(1)
        await expect(rows.filter(has_text="QR code")).to_contain_text("no shares")


async def test_the_days_add_up_to_the_funnel_of_their_channel(
    browser: Browser, busy: Shop
) -> None:
    async with reading(browser) as reader:
        await reader.open(busy.page)
        for name in ("WhatsApp", "All"):
            select = reader.page.get_by_role("combobox", name="Channel")
            await select.select_option(name)
            told = reader.page.locator("#funnel tbody tr").filter(
                has=reader.page.get_by_role("rowheader", name=name, exact=True)
            )
            totals = [int(text) for text in await told.locator("td").all_inner_texts()]
            days = reader.page.locator("#days tbody tr")
            lines = [await line.locator("td").all_inner_texts() for line in await days.all()]
            assert len(lines) == 30
            assert [sum(map(int, column)) for column in zip(*lines, strict=True)] == totals
            assert totals[0] > totals[4] > 0


async def test_a_referral_is_explained_with_its_history(browser: Browser, busy: Shop) -> None:
    (share,) = busy.share(pb.CHANNEL_EMAIL)
    await share.ordered("COMPLETED")
    async with reading(browser) as reader:
        await reader.open(busy.page)
        await reader.row(share.id).get_by_role("button", name="Details").click()
        await expect(reader.detail).to_contain_text("was placed on")
        history = reader.detail.locator(".history li")
        await expect(history).to_have_count(2)
        await expect(history.nth(0)).to_contain_text("Pending waits for an order")
        await expect(history.nth(1)).to_contain_text("Completed order placed")
        await expect(reader.detail).to_contain_text("The friend is a new customerpassed")
        await expect(reader.detail).to_contain_text(
            f"code {share.code}, from the cart: it decided"
        )
        await expect(reader.detail.get_by_role("button", name="Approve")).to_be_hidden()
        assert not await reader.violations()
        await reader.picture("detail")


@pytest.mark.parametrize("verdict", VERDICTS)
async def test_what_waits_for_review_is_decided_once_however_often_it_is_pressed(
    browser: Browser, busy: Shop, verdict: str
) -> None:
    told, status, looks = VERDICTS[verdict]
    share = await busy.has_a_suspicion()
    async with reading(browser, **looks) as reader, reading(browser) as other:
        for one in (reader, other):
            await one.open(busy.page)
            await one.row(share.id, table="review").get_by_role("button", name="Review").click()
            await expect(one.detail).to_contain_text("No other friend at this addresssuspicious")
        assert not await reader.violations()
        await reader.picture(f"review-{verdict.lower()}")

        await reader.detail.get_by_role("button", name=verdict).dblclick()
        await expect(reader.detail.locator("#detail-told")).to_have_text(told)
        await expect(reader.detail.locator(".status").first).to_contain_text(status)
        await expect(reader.detail.locator("#detail-verdict")).to_be_hidden()
        await reader.page.keyboard.press("Escape")
        await expect(reader.row(share.id, table="review")).to_contain_text(status)

        await expect(other.detail.locator("#detail-verdict")).to_be_hidden()
        await expect(other.detail.locator(".history li")).to_have_count(3)


async def test_a_verdict_after_somebody_elses_is_told_to_be_too_late(
    browser: Browser, busy: Shop
) -> None:
    share = await busy.has_a_suspicion()
    async with reading(browser) as reader:
        await reader.open(busy.page)
        await reader.row(share.id, table="review").get_by_role("button", name="Review").click()
        await reader.page.route("**/GetReferralStatus", lambda route: route.abort())
        await reader.page.route("**/GetReferral", lambda route: route.abort())
        approved = await reader.page.request.post(
            f"{busy.sandbox.gateway}/referrals.v1.ReferralsService/ReviewReferral",
            headers={"authorization": f"Bearer {busy.token}"},
            data={
                "merchant_id": busy.merchant_id,
                "referral_id": share.id,
                "verdict": "REVIEW_VERDICT_APPROVED",
            },
        )
        assert approved.ok
        await reader.detail.get_by_role("button", name="Deny").click()
        await expect(reader.detail.locator("#detail-told")).to_contain_text("before you")


async def test_the_keyboard_alone_is_enough(browser: Browser, busy: Shop) -> None:
    async with reading(browser) as reader:
        await reader.open(busy.page)
        focus = reader.page.locator(":focus")
        await reader.page.keyboard.press("Tab")
        await expect(focus).to_have_text("Skip to content")
        await expect(focus).to_be_in_viewport()
        await reader.page.keyboard.press("Enter")
        await expect(reader.page.locator("main")).to_be_focused()
        for _ in range(9):
            await reader.page.keyboard.press("Tab")
            if "Details" in await focus.inner_text():
                break
            outline = await focus.evaluate("node => getComputedStyle(node).outlineStyle")
            assert outline == "solid"
        opened = await focus.inner_text()
        assert "Details" in opened
        await reader.page.keyboard.press("Enter")
        await expect(reader.detail).to_be_visible()
        await reader.page.keyboard.press("Escape")
        await expect(reader.detail).to_be_hidden()
        assert await focus.inner_text() == opened


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_everybody_can_read_it(
    browser: Browser, busy: Shop, scheme: Scheme, size: str
) -> None:
    async with reading(browser, size=SIZES[size], scheme=scheme) as reader:
        await reader.open(busy.page)
        await reader.picture(f"page-{scheme}-{size}")
        await reader.picture(f"page-{scheme}-{size}-whole", whole=True)
        assert not await reader.violations()
        wide = "[document.documentElement.scrollWidth, innerWidth]"
        scrolled, width = await reader.page.evaluate(wide)
        assert scrolled <= width
        await reader.page.locator("#latest button").first.click()
        await expect(reader.detail).to_be_visible()
        await reader.picture(f"detail-{scheme}-{size}")
        assert not await reader.violations()


async def test_nothing_moves_for_who_wants_it_so(browser: Browser, acme: Shop) -> None:
    moving = (
        "[...document.querySelectorAll('*')].filter((node) => "
        "parseFloat(getComputedStyle(node).transitionDuration) || "
        "getComputedStyle(node).animationName !== 'none').length"
    )
    async with reading(browser) as usual, reading(browser, reduced_motion="reduce") as reader:
        for one in (usual, reader):
            await one.open(acme.page)
        assert await usual.page.evaluate(moving)
        assert not await reader.page.evaluate(moving)


async def test_while_nothing_changes_nothing_is_drawn(browser: Browser, acme: Shop) -> None:
    acme.share()
    async with reading(browser) as reader:
        await reader.open(acme.page)
        await reader.looked(1)
        await reader.watch()
        figures = reader.asked.count("/referrals.v1.ReferralsService/GetFunnel")
        await reader.looked(2)
        while reader.asked.count("/referrals.v1.ReferralsService/GetFunnel") == figures:
            await reader.page.wait_for_timeout(50)
        await reader.looked(1)
        assert await reader.changed() == []


async def test_while_nobody_looks_nothing_is_asked(browser: Browser, acme: Shop) -> None:
    turn = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    acme.share()
    async with reading(browser) as reader:
        await reader.open(acme.page)
        await reader.looked(1)
        await reader.page.evaluate(turn, arg=True)
        await reader.page.wait_for_timeout(200)  # for what was under way
        before = len(reader.asked)
        await reader.page.wait_for_timeout(4000)
        assert len(reader.asked) == before
        await reader.page.evaluate(turn, arg=False)
        await reader.looked(1)


async def test_what_is_new_waits_until_it_is_called_for(browser: Browser, busy: Shop) -> None:
    async with reading(browser, size=PHONE) as reader:
        await reader.open(busy.page)
        rows = reader.page.locator("#latest tbody tr")
        ids = "rows => rows.map((row) => row.dataset.id)"
        before = await rows.evaluate_all(ids)
        share = await busy.has_a_suspicion()
        await expect(reader.bar).to_contain_text("2 new referrals, 1 more to review")
        assert await rows.evaluate_all(ids) == before
        await reader.show("2 new referrals")
        await expect(rows.first).to_have_attribute("data-id", share.id)
        await expect(reader.row(share.id, table="review")).to_be_visible()


async def test_a_referral_that_is_kept_no_longer_troubles_nobody(
    browser: Browser, acme: Shop
) -> None:
    (share,) = acme.share()
    gone = {"content-type": "application/grpc-web+proto", "grpc-status": "5"}
    async with reading(browser) as reader:
        await reader.page.route("**/GetReferralStatus", lambda route: route.fulfill(headers=gone))
        await reader.open(acme.page)
        await reader.looked(2)
        await expect(reader.row(share.id)).to_contain_text("Pending")
        await expect(reader.bar).to_be_hidden()
        await reader.page.route(
            "**/GetReferral", lambda route: route.fulfill(json={"code": 5, "message": "gone"})
        )
        await reader.row(share.id).get_by_role("button").click()
        await expect(reader.bar).to_contain_text("not kept any more")
