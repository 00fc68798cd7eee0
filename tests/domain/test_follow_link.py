"""A friend who follows a link lands at the merchant's storefront, never anywhere else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_domain.errors import NotFound, Unavailable
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import LinkKey, MerchantId
from referrals_domain.model.landing import Landing, landing_url
from referrals_domain.model.link import Channel
from referrals_domain.model.link_url import LinkUrl
from referrals_domain.model.visit import Visit
from referrals_domain.ports.landings import Landings
from referrals_domain.testing import builders
from referrals_domain.testing.builders import CODE, LINK, MERCHANT, REFERRAL
from referrals_domain.testing.memory.landings import InMemoryLandings
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_domain.use_cases.follow_link import FollowLink
from tests.domain.strategies import MODEST
from tests.domain.test_link_url import link_urls

if TYPE_CHECKING:
    from referrals_domain.model.link import ReferralLink
    from referrals_domain.model.program import ReferralProgram

STOREFRONT: Final = "https://acme.example/en"
SIGNAL: Final = f"ref={CODE}&share={REFERRAL}&channel=sms"
FOLLOWED: Final = LinkUrl(merchant_id=MERCHANT, code=CODE, share=REFERRAL, channel=Channel.SMS)
PLAIN: Final = Landing(STOREFRONT)
VISIT: Final = Visit(LinkKey(MERCHANT, LINK), REFERRAL, Channel.SMS, date(2026, 11, 18))
LED: Final = Landing(f"{STOREFRONT}?{SIGNAL}", VISIT)

storefronts: Final = st.builds(
    "https://{}{}{}".format,
    st.text("aZ9.-", min_size=1, max_size=9),
    st.sampled_from(["", ":8443"]),
    st.just("") | st.text("/aZ9._~!$&'()*+,;=:%-", max_size=9).map("/{}".format),
)
programs: Final = st.builds(
    builders.program,
    storefront_url=storefronts,
    discount_link=st.booleans(),
    code_prefix=st.sampled_from(["", "FRIEND"]),
)


async def follow(
    followed: LinkUrl = FOLLOWED,
    *,
    link: ReferralLink | None = None,
    program: ReferralProgram | None = None,
) -> Landing:
    store = InMemoryStore()
    async with store.begin() as tx:
        await tx.programs.save(program or builders.program(storefront_url=STOREFRONT))
        await tx.links.add(link or builders.link())
        await tx.commit()
    clock = FixedClock(builders.SHARED_AT)
    return await FollowLink(landings=InMemoryLandings(store.begin), clock=clock)(followed)


async def test_a_link_leads_to_the_storefront_with_its_signal_and_counts() -> None:
    assert await follow() == LED


async def test_a_day_is_one_of_utc() -> None:
    landings = _Lost(builders.program(), builders.link())
    for hours, day in ((14, 18), (15, 19)):
        clock = FixedClock(builders.SHARED_AT + timedelta(hours=hours))
        landing = await FollowLink(landings=landings, clock=clock)(FOLLOWED)
        assert landing.visit == VISIT._replace(day=date(2026, 11, day))


@pytest.mark.parametrize(
    ("followed", "query"),
    [
        (attrs.evolve(FOLLOWED, share=None), f"ref={CODE}&channel=sms"),
        (attrs.evolve(FOLLOWED, channel=None), f"ref={CODE}&share={REFERRAL}"),
        (attrs.evolve(FOLLOWED, share=None, channel=None), f"ref={CODE}"),
    ],
)
async def test_the_signal_says_what_is_known(followed: LinkUrl, query: str) -> None:
    visit = VISIT._replace(share=followed.share, channel=followed.channel)
    assert await follow(followed) == Landing(f"{STOREFRONT}?{query}", visit)


async def test_an_unknown_code_leads_to_the_plain_storefront() -> None:
    assert await follow(attrs.evolve(FOLLOWED, code=ReferralCode.of_number(1))) == PLAIN


async def test_so_does_none() -> None:
    assert await follow(attrs.evolve(FOLLOWED, code=None)) == PLAIN


async def test_so_does_another_merchants() -> None:
    assert await follow(link=builders.link(merchant_id=MerchantId("other"))) == PLAIN


async def test_so_does_a_revoked_one() -> None:
    assert await follow(link=builders.link().revoke(builders.SHARED_AT)) == PLAIN


async def test_so_does_any_while_the_program_is_inactive() -> None:
    assert await follow(program=builders.program(storefront_url=STOREFRONT, active=False)) == PLAIN


async def test_an_unknown_merchant_leads_nowhere() -> None:
    with pytest.raises(NotFound, match=r"^there is no such merchant$"):
        await follow(attrs.evolve(FOLLOWED, merchant_id=MerchantId("other")))


async def test_while_nobody_knows_the_link_the_code_leads_and_does_not_count() -> None:
    landings = _Lost(builders.program(storefront_url=STOREFRONT))
    followed = FollowLink(landings=landings, clock=FixedClock(builders.SHARED_AT))
    assert await followed(FOLLOWED) == attrs.evolve(LED, visit=None)


async def test_while_nobody_knows_the_merchant_there_is_nowhere_to_lead() -> None:
    with pytest.raises(Unavailable):
        await FollowLink(landings=_Lost(), clock=FixedClock(builders.SHARED_AT))(FOLLOWED)


@pytest.mark.parametrize(
    ("storefront", "prefix", "expected"),
    [
        ("https://acme.example", "", f"https://acme.example/discount/{CODE}?redirect=%2F%3F"),
        (
            "https://acme.example:8443/en/sale",
            "FRIEND",
            f"https://acme.example:8443/discount/FRIEND-{CODE}?redirect=%2Fen%2Fsale%3F",
        ),
        (
            "https://acme.example//evil.example",
            "",
            f"https://acme.example/discount/{CODE}?redirect=%2Fevil.example%3F",
        ),
        (
            "https://acme.example/XX",
            "",
            f"https://acme.example/discount/{CODE}?redirect=%2FXX%3F",
        ),
    ],
)
def test_a_discount_link_leads_to_the_same_page_of_the_same_shop(
    storefront: str, prefix: str, expected: str
) -> None:
    program = builders.program(storefront_url=storefront, code_prefix=prefix, discount_link=True)
    signal = f"ref%3D{CODE}%26share%3D{REFERRAL}%26channel%3Dsms"
    assert landing_url(program, CODE, FOLLOWED) == f"{expected}{signal}"


@MODEST
@given(programs, link_urls)
def test_nothing_that_a_url_says_leads_elsewhere(
    program: ReferralProgram, followed: LinkUrl
) -> None:
    assert followed.code
    url = landing_url(program, followed.code, followed)
    landed, storefront = urlsplit(url), urlsplit(program.storefront_url)
    assert (landed.scheme, landed.netloc) == ("https", storefront.netloc)
    if program.discount_link:
        redirect = unquote(landed.query.removeprefix("redirect="))
        assert (redirect[0], redirect[1:2] != "/") == ("/", True)
    assert url.isascii()
    assert url.isprintable()


class _Lost(Landings):
    """Knows so much, and cannot find out more."""

    def __init__(
        self, program: ReferralProgram | None = None, link: ReferralLink | None = None
    ) -> None:
        self._program, self._link = program, link

    async def program(self, _: object) -> ReferralProgram:
        if self._program is None:
            raise Unavailable("away")
        return self._program

    async def link(self, _: object) -> ReferralLink:
        if self._link is None:
            raise Unavailable("away")
        return self._link
