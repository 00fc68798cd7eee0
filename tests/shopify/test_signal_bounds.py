"""However much a body holds, so much of it is looked at, always the same."""

from collections.abc import Callable
from typing import Any

import pytest

from referrals_adapters.shopify.payloads import read_order
from referrals_adapters.shopify.signals import LONGEST_URL, MOST_FIELDS, MOST_SIGNALS
from referrals_domain.model.code import ReferralCode
from referrals_domain.model.signals import Signal, Source
from referrals_domain.testing.builders import CODE, REFERRAL

BodyOf = Callable[..., bytes]

OTHER = ReferralCode.of_number(4712)


def notes(*pairs: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in pairs]


def signals(raw: bytes) -> list[Signal]:
    return list(read_order(raw).facts.signals)


def code(number: int) -> ReferralCode:
    return ReferralCode.of_number(number)


def test_the_first_sixteen_signals_count(bare: BodyOf) -> None:
    texts = [code(number) for number in range(40, 0, -1)]
    raw = bare(discount_codes=[{"code": text} for text in texts], landing_site=f"/?ref={CODE}")

    found = signals(raw)

    assert MOST_SIGNALS == 16
    assert {signal.code for signal in found} == set(texts[:16])
    assert signals(raw) == found


def test_a_stronger_source_is_never_crowded_out_by_a_weaker(bare: BodyOf) -> None:
    raw = bare(
        discount_codes=[{"code": code(number)} for number in range(1, 41)],
        note_attributes=notes(("ref", CODE)),
    )

    found = signals(raw)

    assert len(found) == 16
    assert found[0] == Signal(source=Source.NOTE_ATTRIBUTES, code=CODE)


def test_repetition_crowds_nothing_out(bare: BodyOf) -> None:
    raw = bare(discount_codes=[{"code": OTHER}] * 40, landing_site=f"/?ref={CODE}")

    assert [signal.code for signal in signals(raw)] == [OTHER, CODE]


@pytest.mark.parametrize(("before", "found"), [(MOST_FIELDS - 1, 1), (MOST_FIELDS, 0)])
def test_the_first_sixty_four_fields_of_our_names_are_looked_at(
    bare: BodyOf, before: int, found: int
) -> None:
    junk = "&".join(["ref=x"] * before)

    for raw in (
        bare(note_attributes=notes(*[("ref", "x")] * before, ("ref", CODE))),
        bare(discount_codes=[{"code": text} for text in [*["x"] * before, CODE]]),
        bare(landing_site=f"/?{junk}&ref={CODE}"),
        bare(landing_site=f"/?{junk[6:]}&redirect=%2F%3Fref%3D{CODE}"),
    ):
        assert len(signals(raw)) == found


def test_fields_of_other_names_are_passed_over_without_limit(bare: BodyOf) -> None:
    others = [("gift", "yes")] * 1000
    query = "&".join(f"utm_{number}=x" for number in range(500))
    raw = bare(note_attributes=notes(*others, ("ref", CODE)), landing_site=f"/?{query}&ref={CODE}")

    assert len(signals(raw)) == 2


@pytest.mark.parametrize(("length", "found"), [(LONGEST_URL, 1), (LONGEST_URL + 1, 0)])
@pytest.mark.parametrize("field", ["landing_site", "referring_site"])
def test_urls_of_up_to_eight_kilobytes_are_looked_at(
    bare: BodyOf, field: str, length: int, found: int
) -> None:
    url = f"/?ref={CODE}&x=".ljust(length, "x")

    assert len(signals(bare(**{field: url}))) == found


@pytest.mark.parametrize(("length", "found"), [(64, 1), (65, 0)])
def test_values_of_up_to_sixty_four_characters_are_looked_at(
    bare: BodyOf, length: int, found: int
) -> None:
    text = CODE.rjust(length, "F")

    for raw in (
        bare(note_attributes=notes(("ref", text))),
        bare(note_attributes=notes(("share", REFERRAL.ljust(length)))),
        bare(discount_codes=[{"code": text}]),
        bare(landing_site=f"/?ref={text}"),
        bare(landing_site_ref=text),
    ):
        assert len(signals(raw)) == found
