"""The strongest signal that names a link wins; what it beat is kept."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Final

import pytest

from referrals_domain.model.attribution import Attribution, attribute
from referrals_domain.model.code import CodeKey, ReferralCode
from referrals_domain.model.identifiers import LinkId, MerchantId, ReferralId
from referrals_domain.model.link import Channel
from referrals_domain.model.signals import Signal, Source
from referrals_domain.testing import builders

if TYPE_CHECKING:
    from collections.abc import Sequence

OTHER_CODE: Final = ReferralCode.of_number(1)
UNKNOWN_CODE: Final = ReferralCode.of_number(2)
OTHER_LINK: Final = LinkId("33333333-3333-4333-8333-333333333333")
OTHER_SHARE: Final = ReferralId("44444444-4444-4444-8444-444444444444")
UNKNOWN_SHARE: Final = ReferralId("55555555-5555-4555-8555-555555555555")

LINKS: Final = {
    CodeKey(one.merchant_id, one.code): one
    for one in (builders.link(), builders.link(id=OTHER_LINK, code=OTHER_CODE))
}
SHARES: Final = {
    one.key: one
    for one in (
        builders.referral(),
        builders.referral(id=OTHER_SHARE, referral_link_id=OTHER_LINK),
    )
}


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (Source.NOTE_ATTRIBUTES, Source.DISCOUNT_CODES),
        (Source.DISCOUNT_CODES, Source.LANDING_SITE),
        (Source.LANDING_SITE, Source.LANDING_SITE_REF),
        (Source.LANDING_SITE_REF, Source.REFERRING_SITE),
    ],
)
def test_the_stronger_source_wins(stronger: Source, weaker: Source) -> None:
    strong, weak = _code(stronger, OTHER_CODE), _code(weaker, builders.CODE)
    for signals in permutations([strong, weak]):
        attribution = _attribute(*signals)
        assert attribution == Attribution(
            referral_link_id=OTHER_LINK, winner=strong, beaten=(weak,)
        )


def test_an_unknown_code_is_skipped_and_kept_among_the_beaten() -> None:
    unknown = _code(Source.NOTE_ATTRIBUTES, UNKNOWN_CODE)
    known = _code(Source.REFERRING_SITE, builders.CODE)
    attribution = _attribute(unknown, known)
    assert attribution == Attribution(
        referral_link_id=builders.LINK, winner=known, beaten=(unknown,)
    )


def test_all_that_was_beaten_is_kept_strongest_first() -> None:
    signals = [_code(source, OTHER_CODE) for source in Source]
    attribution = _attribute(*reversed(signals))
    assert attribution == Attribution(
        referral_link_id=OTHER_LINK, winner=signals[0], beaten=tuple(signals[1:])
    )


def test_a_share_alone_names_its_link() -> None:
    attribution = _attribute(builders.signal(code=None, share=OTHER_SHARE))
    assert attribution
    assert attribution.referral_link_id == OTHER_LINK


def test_where_code_and_share_disagree_the_code_names_the_link() -> None:
    attribution = _attribute(builders.signal(code=builders.CODE, share=OTHER_SHARE))
    assert attribution
    assert attribution.referral_link_id == builders.LINK


def test_a_share_stands_in_for_an_unknown_code() -> None:
    attribution = _attribute(builders.signal(code=UNKNOWN_CODE, share=OTHER_SHARE))
    assert attribution
    assert attribution.referral_link_id == OTHER_LINK


def test_an_unknown_share_does_not_spoil_a_code() -> None:
    attribution = _attribute(builders.signal(share=UNKNOWN_SHARE))
    assert attribution
    assert attribution.referral_link_id == builders.LINK


@pytest.mark.parametrize(
    "signals",
    [
        [],
        [builders.signal(code=UNKNOWN_CODE, share=None)],
        [builders.signal(code=None, share=UNKNOWN_SHARE)],
        [builders.signal(code=UNKNOWN_CODE, share=UNKNOWN_SHARE)],
    ],
)
def test_signals_that_name_nothing_known_attribute_nothing(signals: Sequence[Signal]) -> None:
    assert _attribute(*signals) is None


def test_another_merchants_code_and_share_attribute_nothing() -> None:
    attribution = attribute(MerchantId("other"), [builders.signal()], links=LINKS, shares=SHARES)
    assert attribution is None


def test_the_channel_is_the_winners() -> None:
    winner = builders.signal(channel=Channel.QR)
    beaten = builders.signal(source=Source.LANDING_SITE, channel=Channel.EMAIL)
    attribution = _attribute(winner, beaten)
    assert attribution
    assert attribution.channel is Channel.QR


def test_where_the_winner_names_no_channel_the_strongest_that_does_counts() -> None:
    silent = builders.signal(channel=None)
    email = builders.signal(source=Source.LANDING_SITE, channel=Channel.EMAIL)
    qr = builders.signal(source=Source.REFERRING_SITE, channel=Channel.QR)
    attribution = _attribute(qr, silent, email)
    assert attribution
    assert attribution.channel is Channel.EMAIL


def test_where_nobody_names_a_channel_there_is_none() -> None:
    attribution = _attribute(builders.signal(channel=None))
    assert attribution
    assert attribution.channel is None


def test_the_shares_are_named_strongest_first() -> None:
    strong = _code(Source.NOTE_ATTRIBUTES, builders.CODE)
    middle = builders.signal(source=Source.LANDING_SITE, share=OTHER_SHARE)
    weak = builders.signal(source=Source.REFERRING_SITE)
    attribution = _attribute(weak, middle, strong)
    assert attribution
    assert attribution.share_keys(builders.MERCHANT) == [
        (builders.MERCHANT, OTHER_SHARE),
        (builders.MERCHANT, builders.REFERRAL),
    ]


def _code(source: Source, code: ReferralCode) -> Signal:
    return Signal(source=source, code=code)


def _attribute(*signals: Signal) -> Attribution | None:
    return attribute(builders.MERCHANT, signals, links=LINKS, shares=SHARES)
