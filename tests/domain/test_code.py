"""A code tells typing errors and coupons from codes, and forgives what people do to it."""

from __future__ import annotations

from itertools import combinations
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_domain.model.code import ReferralCode
from tests.domain.strategies import MODEST, codes

SYMBOLS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HIGHEST: Final = 2**45 - 1
SAMPLE: Final = [
    ReferralCode.of_number(number)
    for number in (
        *(0, 1, 31, 32, 4711, HIGHEST - 1, HIGHEST),
        *(0x1234_5678_9ABC, 0x0F0F_0F0F_0F0F, 0x1555_5555_5555, 0x19AC_D8F1_6ADF),
    )
]


@pytest.mark.parametrize("code", SAMPLE)
def test_every_single_wrong_symbol_is_found(code: ReferralCode) -> None:
    wrong = [
        code[:place] + symbol + code[place + 1 :]
        for place in range(10)
        for symbol in SYMBOLS
        if symbol != code[place]
    ]
    assert len(wrong) == 10 * 31
    assert not [text for text in wrong if _is_code(text)]


@pytest.mark.parametrize("code", SAMPLE)
def test_every_swap_of_two_different_symbols_is_found(code: ReferralCode) -> None:
    swapped = [
        code[:one] + code[other] + code[one + 1 : other] + code[one] + code[other + 1 :]
        for one, other in combinations(range(10), 2)
        if code[one] != code[other]
    ]
    assert not [text for text in swapped if _is_code(text)]


def test_the_sample_has_a_code_all_of_whose_symbols_differ() -> None:
    assert max(len(set(code)) for code in SAMPLE) == 10


@MODEST
@given(codes, st.integers(0, 9), st.integers(0, 9), st.sampled_from(SYMBOLS))
def test_both_hold_for_any_code(code: ReferralCode, one: int, other: int, symbol: str) -> None:
    symbols = list(code)
    symbols[one], symbols[other] = symbols[other], symbols[one]
    assert ("".join(symbols) == code) or not _is_code("".join(symbols))
    wrong = code[:one] + symbol + code[one + 1 :]
    assert (wrong == code) or not _is_code(wrong)


def test_a_code_of_a_number_is_written_down() -> None:
    # Another alphabet or check would void every code that advocates hold.
    assert SAMPLE[:2] == ["0000000000", "0000000012"]
    assert ReferralCode.of_number(HIGHEST) == "ZZZZZZZZZX"


@pytest.mark.parametrize("number", [-1, 2**45])
def test_a_number_out_of_45_bits_has_no_code(number: int) -> None:
    with pytest.raises(ValueError, match=r"^a code holds 45 bits$"):
        ReferralCode.of_number(number)


@MODEST
@given(st.integers(0, HIGHEST), st.integers(0, HIGHEST))
def test_two_numbers_have_two_codes(one: int, other: int) -> None:
    same_code = ReferralCode.of_number(one) == ReferralCode.of_number(other)
    assert same_code == (one == other)


@MODEST
@given(codes, st.data())
def test_whatever_a_person_does_to_a_code_it_is_read(
    code: ReferralCode, data: st.DataObject
) -> None:
    look_alikes = {"0": "0Oo", "1": "1IiLl"}
    written = "".join(
        data.draw(st.sampled_from(look_alikes.get(symbol, symbol + symbol.lower())))
        + data.draw(st.sampled_from(["", "", "-", " "]))
        for symbol in code
    )
    prefix = data.draw(st.from_regex(r"([A-Z0-9]{1,16}-)?", fullmatch=True))
    assert ReferralCode.read(prefix + written) == code


@pytest.mark.parametrize(
    "text",
    ["0000000012", "FRIEND-0000000012", "friend0000000012", "OOOO-OOOO-I2", "oooo oooo l2"],
)
def test_reading_is_forgiving(text: str) -> None:
    assert ReferralCode.read(text) == "0000000012"


@pytest.mark.parametrize("text", ["000000001", "0000-0000-1", "12", "", "-", "FRIEND-"])
def test_too_few_symbols_are_no_code(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a code is ten symbols of Crockford's base32$"):
        ReferralCode.read(text)


@pytest.mark.parametrize("coupon", ["SUMMER2024", "WELCOME10", "BLACKFRIDAY", "FREESHIPPING"])
def test_an_ordinary_coupon_is_no_code(coupon: str) -> None:
    assert not _reads(coupon)


@pytest.mark.parametrize(
    "hostile",
    ["\n", "\r\n", "\x00", "{}", "*", ":", "\u0661", "\uff11", "U", "\u00e9", "\ud800"],
)
def test_a_hostile_symbol_is_no_code(hostile: str) -> None:
    assert not _reads("000000001" + hostile)
    assert not _reads("0000000012" + hostile)


@pytest.mark.parametrize("written", ["\u017fNKCF2TPZ7", "00000000\u01312"])
def test_a_letter_whose_upper_case_is_a_symbol_is_none(written: str) -> None:
    assert _reads(written.upper())
    with pytest.raises(ValueError, match=r"^a code is ten symbols of Crockford's base32$"):
        ReferralCode.read(written)


def test_sixty_four_characters_are_read_and_one_more_is_not() -> None:
    assert ReferralCode.read("-" * 54 + "0000000012") == "0000000012"
    with pytest.raises(ValueError, match=r"^too long for a code$"):
        ReferralCode.read("-" * 55 + "0000000012")


def test_ten_kilobytes_are_not_read() -> None:
    with pytest.raises(ValueError, match=r"^too long for a code$"):
        ReferralCode.read("0" * 10_000)


@pytest.mark.parametrize("text", ["000000001A2", "0000-00001", "000000000a", "OOOOOOOOI2"])
def test_only_the_canonical_form_is_a_code(text: str) -> None:
    with pytest.raises(ValueError, match=r"^a code is ten symbols of Crockford's base32$"):
        ReferralCode(text)


def _is_code(text: str) -> bool:
    try:
        ReferralCode(text)
    except ValueError:
        return False
    return True


def _reads(text: str) -> bool:
    try:
        ReferralCode.read(text)
    except ValueError:
        return False
    return True
