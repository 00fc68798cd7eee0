"""The URLs that a page shows are those that the code makes."""

from __future__ import annotations

from typing import Final

from referrals_domain.model.landing import landing_url
from referrals_domain.model.link import Channel
from referrals_domain.model.link_url import LinkUrl
from referrals_domain.testing import builders
from referrals_domain.testing.builders import CODE, MERCHANT, REFERRAL
from referrals_sandbox.composition.merchant import MERCHANT_ID, page

_FOLLOWED: Final = LinkUrl(merchant_id=MERCHANT, code=CODE, share=REFERRAL, channel=Channel.SMS)
_WORDS: Final = {
    "acme.example/path": "STOREFRONT/PATH",
    "acme.example": "STOREFRONT",
    "%2Fpath": "%2FPATH",
    "FRIEND-": "PREFIX-",
    MERCHANT: "MERCHANT",
    CODE: "CODE",
    REFERRAL: "SHARE",
}


def require_urls(text: str) -> None:
    """Require that each line of a block is a URL that we share, lead to or hand over."""
    plain = builders.program(storefront_url="https://acme.example/path")
    discount = builders.program(storefront_url=plain.storefront_url, discount_link=True)
    made = {_FOLLOWED.at("https://go.example")}
    made |= {landing_url(program, CODE, _FOLLOWED) for program in (plain, discount)}
    made.add(page("https://referrals.example.com", "TOKEN").replace(MERCHANT_ID, MERCHANT))
    for line in text.splitlines():
        assert line in map(_with_words, made)


def _with_words(url: str) -> str:
    for value, word in _WORDS.items():
        url = url.replace(value, word)
    return url
