"""Every signal that an order carries is found, and nothing else."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from referrals_adapters.shopify.payloads import read_order
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.model.link import Channel
from referrals_domain.model.signals import Signal, Source
from referrals_domain.testing.builders import CODE, REFERRAL

BodyOf = Callable[..., bytes]

OTHER = ReferralCode.of_number(4712)
ANOTHER_SHARE = ReferralId("33333333-3333-4333-8333-333333333333")


def notes(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in pairs]


def signals(raw: bytes) -> list[Signal]:
    return list(read_order(raw).facts.signals)


# Sources


def test_a_cart_attribute_may_name_all_three(bare: BodyOf) -> None:
    raw = bare(note_attributes=notes(("ref", CODE), ("share", REFERRAL), ("ref_channel", "qr")))

    assert signals(raw) == [
        Signal(source=Source.NOTE_ATTRIBUTES, code=CODE, share=REFERRAL, channel=Channel.QR)
    ]


def test_a_share_alone_is_a_signal(bare: BodyOf) -> None:
    assert signals(bare(note_attributes=notes(("share", REFERRAL)))) == [
        Signal(source=Source.NOTE_ATTRIBUTES, share=REFERRAL)
    ]
    assert signals(bare(landing_site=f"/?share={REFERRAL}")) == [
        Signal(source=Source.LANDING_SITE, share=REFERRAL)
    ]


def test_every_discount_code_may_be_one(bare: BodyOf) -> None:
    codes = [{"code": text} for text in ("SUMMER10", f"FRIEND-{OTHER}", CODE, "free shipping")]

    assert signals(bare(discount_codes=codes)) == [
        Signal(source=Source.DISCOUNT_CODES, code=CODE),
        Signal(source=Source.DISCOUNT_CODES, code=OTHER),
    ]


@pytest.mark.parametrize("name", ["ref", "source", "r"])
@pytest.mark.parametrize("field", ["landing_site", "referring_site"])
def test_a_query_may_name_a_code(bare: BodyOf, field: str, name: str) -> None:
    url = f"https://acme.example/products/serum?variant=1&{name}={CODE}&share={REFERRAL}#top"

    assert signals(bare(**{field: url})) == [
        Signal(source=Source(field), code=CODE, share=REFERRAL)
    ]


@pytest.mark.parametrize("text", [CODE, f"FRIEND-{CODE}", CODE.lower()])
def test_the_landing_reference_may_be_the_code(bare: BodyOf, text: str) -> None:
    assert signals(bare(landing_site_ref=text)) == [
        Signal(source=Source.LANDING_SITE_REF, code=CODE)
    ]


@pytest.mark.parametrize(
    "url",
    [
        f"/discount/FRIEND-{CODE}?redirect=%2F%3Fref%3D{CODE}%26utm_medium%3Dsms",
        f"/discount/FRIEND-{CODE}?redirect=/?ref={CODE}%26utm_medium%3Dsms",
        f"/discount/FRIEND-{CODE}?redirect=/?ref={CODE}&utm_medium=sms",
        f"/discount/X?Redirect=https%3A%2F%2Facme.example%2F%3FREF%3D{CODE}%26utm_medium%3Dsms%23a",
    ],
)
def test_a_discount_link_carries_the_signal_in_where_it_leads(bare: BodyOf, url: str) -> None:
    assert signals(bare(landing_site=url)) == [
        Signal(source=Source.LANDING_SITE, code=CODE, channel=Channel.SMS)
    ]


def test_only_one_redirect_deep(bare: BodyOf) -> None:
    once = f"/a?redirect={quote(f'/?ref={CODE}', safe='')}"
    twice = f"/b?redirect={quote(once, safe='')}"

    assert signals(bare(landing_site=once))
    assert not signals(bare(landing_site=twice))


def test_every_source_is_read_and_the_strongest_comes_first(bare: BodyOf) -> None:
    raw = bare(
        referring_site=f"https://blog.example/?ref={CODE}",
        landing_site_ref=CODE,
        landing_site=f"/?ref={CODE}",
        discount_codes=[{"code": CODE}],
        note_attributes=notes(("ref", OTHER)),
    )

    found = signals(raw)

    assert [signal.source for signal in found] == list(Source)
    assert [signal.code for signal in found] == [OTHER, CODE, CODE, CODE, CODE]


# Forgiving reading


@pytest.mark.parametrize(
    ("ref", "share", "channel"),
    [
        ("ref", "share", "channel"),
        ("REF", "Share", "Channel"),
        (" Ref ", "SHARE", "ref_channel"),
        ("ref", "share", "Ref_Channel"),
    ],
)
def test_names_of_attributes_are_read_in_any_case(
    bare: BodyOf, ref: str, share: str, channel: str
) -> None:
    raw = bare(note_attributes=notes((ref, CODE), (share, REFERRAL), (channel, "sms")))

    assert signals(raw) == [
        Signal(source=Source.NOTE_ATTRIBUTES, code=CODE, share=REFERRAL, channel=Channel.SMS)
    ]


@pytest.mark.parametrize("code", [CODE.lower(), f"friend-{CODE}", f" {CODE[:5]}-{CODE[5:]} "])
@pytest.mark.parametrize("share", [REFERRAL.upper(), f" {REFERRAL}\n"])
@pytest.mark.parametrize("channel", ["SMS", " sms", "Sms"])
def test_values_are_read_forgivingly(bare: BodyOf, code: str, share: str, channel: str) -> None:
    named = (("ref", code), ("share", share), ("channel", channel))
    query = "&".join(f"{name}={quote(text)}" for name, text in named)

    for raw in (bare(note_attributes=notes(*named)), bare(landing_site=f"/?{query}")):
        (found,) = signals(raw)
        assert (found.code, found.share, found.channel) == (CODE, REFERRAL, Channel.SMS)


def test_a_plus_in_a_query_is_a_blank(bare: BodyOf) -> None:
    (found,) = signals(bare(landing_site=f"/?ref={CODE[:5]}+{CODE[5:]}"))

    assert found.code == CODE


# Channels


@pytest.mark.parametrize(
    ("query", "channel"),
    [
        ("utm_medium=sms", Channel.SMS),
        ("utm_medium=WhatsApp", Channel.WHATSAPP),
        ("utm_medium=sms&channel=email", Channel.EMAIL),
        ("channel=cpc&utm_medium=sms", Channel.SMS),
        ("utm_medium=cpc", None),
        ("utm_medium=", None),
        ("channel=smoke+signals", None),
        ("", None),
    ],
)
def test_a_medium_counts_if_it_is_a_channel_and_the_channel_goes_before_it(
    bare: BodyOf, query: str, channel: Channel | None
) -> None:
    (found,) = signals(bare(landing_site=f"/?ref={CODE}&{query}"))

    assert found.channel == channel


def test_the_specific_name_of_the_channel_goes_before_the_general(bare: BodyOf) -> None:
    pairs = [("ref", CODE), ("channel", "email"), ("ref_channel", "sms")]

    for ordered in (pairs, pairs[::-1]):
        (found,) = signals(bare(note_attributes=notes(*ordered)))
        assert found.channel is Channel.SMS


def test_a_channel_alone_points_to_nothing(bare: BodyOf) -> None:
    raw = bare(note_attributes=notes(("channel", "sms")), landing_site="/?utm_medium=sms")

    assert signals(raw) == []


# Several of a kind


def test_several_codes_in_one_place_are_each_a_signal(bare: BodyOf) -> None:
    url = f"/?r={OTHER}&ref={CODE}&share={REFERRAL}&channel=qr"

    assert signals(bare(landing_site=url)) == [
        Signal(source=Source.LANDING_SITE, code=CODE, share=REFERRAL, channel=Channel.QR),
        Signal(source=Source.LANDING_SITE, code=OTHER, channel=Channel.QR),
    ]


def test_the_share_goes_with_the_code_of_the_most_telling_name(bare: BodyOf) -> None:
    url = f"/?r={CODE}&ref={OTHER}&share={REFERRAL}&share={ANOTHER_SHARE}"

    assert {(one.code, one.share) for one in signals(bare(landing_site=url))} == {
        (OTHER, REFERRAL),
        (CODE, ANOTHER_SHARE),
    }


def test_the_same_code_twice_in_one_place_is_one_signal(bare: BodyOf) -> None:
    url = f"/?ref={CODE}&r={CODE}&share={REFERRAL}&redirect=/?ref={CODE.lower()}"
    codes = [{"code": CODE}, {"code": f"FRIEND-{CODE}"}]

    assert signals(bare(landing_site=url, discount_codes=codes)) == [
        Signal(source=Source.DISCOUNT_CODES, code=CODE),
        Signal(source=Source.LANDING_SITE, code=CODE, share=REFERRAL),
    ]


# What is none


@pytest.mark.parametrize(
    "changes",
    [
        {"note_attributes": notes(("ref", "K7Q2"))},
        {"note_attributes": notes(("ref", CODE[:-1] + "0"))},
        {"note_attributes": notes(("ref", CODE[1:]))},
        {"note_attributes": notes(("ref", ""))},
        {"note_attributes": notes(("ref", None))},
        {"note_attributes": notes(("ref", 4711))},
        {"note_attributes": notes(("ref", True))},
        {"note_attributes": notes(("ref", [CODE]))},
        {"note_attributes": notes(("ref", {"code": CODE}))},
        {"note_attributes": notes(("reference", CODE))},
        {"note_attributes": notes(("source", CODE), ("r", CODE))},
        {"note_attributes": notes(("share", "22222222222242228222222222222222"))},
        {"note_attributes": notes(("share", CODE))},
        {"discount_codes": [{"code": "SUMMER10"}, {"code": ""}, {"code": "\x00"}]},
        {"discount_codes": [{"code": REFERRAL}]},
        {"landing_site": "/wallets/checkouts.json"},
        {"landing_site": f"/{CODE}/checkouts/{CODE}"},
        {"landing_site": f"/discount/{CODE}"},
        {"landing_site": f"/#?ref={CODE}"},
        {"landing_site": f"/?x#ref={CODE}"},
        {"landing_site": f"ref={CODE}"},
        {"landing_site": f"/?xref={CODE}"},
        {"landing_site": f"/?ref[]={CODE}"},
        {"landing_site": f"/?ref;{CODE}"},
        {"landing_site": "/?ref=%"},
        {"landing_site": "/?ref=%00&share=%zz&channel=%ff"},
        {"landing_site": "/?ref"},
        {"landing_site": "/?redirect="},
        {"landing_site": "?"},
        {"landing_site": ""},
        {"landing_site_ref": ""},
        {"landing_site_ref": f"ref={CODE[:-1]}"},
        {"referring_site": "https://www.google.example/"},
        {"referring_site": f"https://{CODE}.example/{CODE}"},
    ],
)
def test_what_is_malformed_or_elsewhere_is_just_no_signal(
    bare: BodyOf, changes: dict[str, Any]
) -> None:
    assert signals(bare(**changes)) == []


def test_junk_does_not_hide_what_stands_beside_it(bare: BodyOf) -> None:
    raw = bare(
        note_attributes=notes(("ref", None), ("ref", "x"), ("gift", {}), ("ref", CODE)),
        landing_site=f"/?ref=summer&ref=%ff&source=google&r={CODE}",
    )

    assert [signal.code for signal in signals(raw)] == [CODE, CODE]


def test_a_word_that_happens_to_read_as_a_code_does_not_hide_one(bare: BodyOf) -> None:
    url = f"/?source=newsletter1&redirect=%2F%3Fref%3D{CODE}"  # one word in 32 has the check

    assert [signal.code for signal in signals(bare(landing_site=url))] == [CODE, "EWS1ETTER1"]
