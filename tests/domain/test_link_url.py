"""The URL that is shared says what it says, whatever happens to it on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_domain.model.identifiers import MerchantId
from referrals_domain.model.link import Channel
from referrals_domain.model.link_url import LinkUrl
from referrals_domain.testing.builders import CODE, MERCHANT, REFERRAL
from tests.domain import strategies
from tests.domain.strategies import MODEST

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED: Final = LinkUrl(merchant_id=MERCHANT, code=CODE, share=REFERRAL, channel=Channel.WHATSAPP)
TEXT_MESSAGE: Final = 160

link_urls: Final = st.builds(
    LinkUrl,
    merchant_id=st.text("aZ09_-", min_size=1, max_size=64).map(MerchantId),
    code=strategies.codes,
    share=st.none() | st.just(REFERRAL),
    channel=st.none() | st.sampled_from(Channel),
)


def read(url: str) -> LinkUrl:
    """Read it as a server does that was asked for it."""
    path, query = urlsplit(url).path, urlsplit(url).query
    _, letter, merchant_id, code = path.split("/")
    assert letter == "r"
    return LinkUrl.read(merchant_id, code, query)


@MODEST
@given(link_urls)
def test_what_is_written_is_read(url: LinkUrl) -> None:
    assert read(url.at("https://go.example")) == url


def test_what_is_not_known_is_not_written() -> None:
    bare = LinkUrl(merchant_id=MERCHANT, code=None)
    assert bare.at("https://go.example") == "https://go.example/r/acme/"


def test_it_is_short() -> None:
    url = SHARED.at("https://go.example")
    assert url == f"https://go.example/r/acme/{CODE}?s={REFERRAL}&c=whatsapp"
    assert len(url) < TEXT_MESSAGE / 1.5


@pytest.mark.parametrize(
    "code", [CODE.lower(), f"FRIEND-{CODE}", f"{CODE[:5]}-{CODE[5:]}", f" {CODE} "]
)
def test_a_code_is_read_as_people_write_it(code: str) -> None:
    assert LinkUrl.read(MERCHANT, code, "").code == CODE


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        (f"c=sms&s={REFERRAL.upper()}", {"channel": Channel.SMS}),
        (f"s={REFERRAL}&c=SMS&utm_source=x", {"channel": Channel.SMS}),
        (f"s={REFERRAL}", {"channel": None}),
        (f"s={REFERRAL}&c=pigeon", {"channel": None}),
        (f"s={REFERRAL}&s={MERCHANT}&c=whatsapp", {}),
        (f"s={REFERRAL[:-1]}&c=whatsapp", {"share": None}),
        (f"s={REFERRAL}x&c=whatsapp", {"share": None}),
        ("s=%00&c=whatsapp", {"share": None}),
        ("s=%ff%fe&c=%ff", {"share": None, "channel": None}),
        ("a=1&" * 32 + f"s={REFERRAL}", {"share": None, "channel": None}),
        ("&" * 100_000, {"share": None, "channel": None}),
        ("", {"share": None, "channel": None}),
    ],
)
def test_what_was_spoilt_in_the_query_is_left_out_and_the_code_stays(
    query: str, changes: Mapping[str, object]
) -> None:
    expected = {"code": CODE, "share": REFERRAL, "channel": Channel.WHATSAPP, **changes}
    found = LinkUrl.read(MERCHANT, CODE, query)
    assert {name: getattr(found, name) for name in expected} == expected


@pytest.mark.parametrize(
    "code",
    ["", CODE[:-1], f"{CODE}.", "a/b", "\0", "\N{LATIN SMALL LETTER LONG S}" * 10, "0" * 65],
)
def test_what_is_no_code_is_none(code: str) -> None:
    assert LinkUrl.read(MERCHANT, code, "").code is None


@pytest.mark.parametrize("merchant_id", ["", ".", "a b", "a/b", "a" * 65, "évil"])
def test_who_can_be_no_merchant_is_refused(merchant_id: str) -> None:
    with pytest.raises(ValueError, match="not a MerchantId"):
        LinkUrl.read(merchant_id, CODE, "")


@MODEST
@given(st.text(), st.text().map(quote) | st.text())
def test_no_text_is_too_odd(code: str, query: str) -> None:
    assert LinkUrl.read(MERCHANT, code, query).merchant_id == MERCHANT
