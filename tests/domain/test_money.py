"""Money is exact, in the minor unit that ISO 4217 gives each currency."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals_domain.model.money import Money
from tests.domain.strategies import MODEST

EXPONENTS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "USD EUR GBP HUF MGA MRU TWD IDR",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
CURRENCIES: Final = [
    (exponent, currency) for exponent, listed in EXPONENTS.items() for currency in listed.split()
]
LARGEST: Final = 2**63 - 1


@pytest.mark.parametrize(("exponent", "currency"), CURRENCIES)
def test_an_amount_is_counted_in_the_minor_unit(exponent: int, currency: str) -> None:
    assert Money.parse("12", currency) == Money(12 * 10**exponent, currency)


@pytest.mark.parametrize(("exponent", "currency"), CURRENCIES)
def test_the_finest_amount_is_one_minor_unit(exponent: int, currency: str) -> None:
    finest = "1" if exponent == 0 else f"0.{'0' * (exponent - 1)}1"
    assert Money.parse(finest, currency) == Money(1, currency)


@pytest.mark.parametrize(("exponent", "currency"), CURRENCIES)
def test_an_amount_finer_than_the_minor_unit_is_refused(exponent: int, currency: str) -> None:
    with pytest.raises(ValueError, match=r"^the amount is finer than the currency's minor unit$"):
        Money.parse(f"12.{'0' * exponent}1", currency)


@pytest.mark.parametrize(("exponent", "currency"), CURRENCIES)
def test_zeros_behind_the_minor_unit_change_nothing(exponent: int, currency: str) -> None:
    assert Money.parse("12." + "0" * 8, currency) == Money(12 * 10**exponent, currency)


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(1200, "JPY"), "1200"),
        (Money(5, "USD"), "0.05"),
        (Money(6210, "USD"), "62.10"),
        (Money(1, "KWD"), "0.001"),
        (Money(1, "CLF"), "0.0001"),
        (Money(0, "CLF"), "0.0000"),
        (Money(LARGEST, "JPY"), "9223372036854775807"),
        (Money(LARGEST, "USD"), "92233720368547758.07"),
    ],
)
def test_an_amount_is_written_with_all_its_decimals(money: Money, amount: str) -> None:
    assert money.amount == amount


@MODEST
@given(st.integers(0, 10**15 - 1), st.sampled_from([currency for _, currency in CURRENCIES]))
def test_what_was_written_is_read_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.parse(money.amount, currency) == money


def test_amounts_have_no_order_that_could_compare_currencies() -> None:
    with pytest.raises(TypeError):
        max(Money(2, "EUR"), Money(1, "USD"))


def test_nothing_is_an_amount() -> None:
    assert Money.parse("0.00", "USD") == Money(0, "USD")


def test_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^an amount of money lies between 0 and 2\^63$"):
        Money(-1, "USD")


def test_the_largest_amount_is_below_2_to_the_63() -> None:
    assert Money(LARGEST, "USD").minor == LARGEST
    with pytest.raises(ValueError, match=r"^an amount of money lies between 0 and 2\^63$"):
        Money(LARGEST + 1, "USD")


def test_an_amount_beyond_2_to_the_63_minor_units_is_refused() -> None:
    assert Money.parse("9" * 15, "KWD") == Money(999_999_999_999_999_000, "KWD")
    with pytest.raises(ValueError, match=r"^an amount of money lies between 0 and 2\^63$"):
        Money.parse("9" * 15, "CLF")


@pytest.mark.parametrize(
    "amount",
    [
        "",
        " ",
        "-1.00",
        "-0.00",
        "+1.00",
        "1.",
        ".5",
        "1,00",
        "1_000",
        "1 000",
        "1e5",
        "0x10",
        "NaN",
        "Infinity",
        "1.00\n",
        "\x001",
        "\uff11\uff12",
        "\u0661",
        "1" * 16,
        "1." + "0" * 9,
        pytest.param("1" * 10_000, id="10-kB"),
    ],
)
def test_anything_but_a_plain_decimal_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match=r"^not a decimal amount$"):
        Money.parse(amount, "USD")


@pytest.mark.parametrize(
    "currency", ["", "US", "USDT", "usd", "U5D", "USD\n", "\u00dcSD", "\uff35\uff33\uff24"]
)
def test_a_currency_is_three_capitals(currency: str) -> None:
    with pytest.raises(ValueError, match=r"^a currency is three capitals$"):
        Money.parse("1.00", currency)
