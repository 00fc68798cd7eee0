"""Exact amounts of money in minor units."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import attrs

# ISO 4217:2015 amendment 176; every currency that is not listed has two decimals.
_WITHOUT_DECIMALS: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"}
    | {"VND", "VUV", "XAF", "XOF", "XPF"}
)
_WITH_THREE: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_WITH_FOUR: Final = frozenset({"CLF", "UYW"})
_EXPONENTS: Final = {
    **dict.fromkeys(_WITHOUT_DECIMALS, 0),
    **dict.fromkeys(_WITH_THREE, 3),
    **dict.fromkeys(_WITH_FOUR, 4),
}
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{1,8})?", re.ASCII)
_LARGEST: Final = 2**63 - 1


@attrs.frozen
class Money:
    """
    An exact amount in one currency.

    Args:
        minor: The amount in the currency's minor unit: cents for EUR, yen for JPY.
        currency: An ISO 4217 code in capitals.

    Raises:
        ValueError: The amount is negative or beyond 2^63, or the code is not three capitals.

    >>> Money(1999, "EUR")
    Money(minor=1999, currency='EUR')
    """

    minor: int
    currency: str

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.minor <= _LARGEST:
            raise ValueError("an amount of money lies between 0 and 2^63")
        if not _CURRENCY.fullmatch(self.currency):
            raise ValueError("a currency is three capitals")

    @classmethod
    def parse(cls, amount: str, currency: str) -> Money:
        """
        Read a decimal amount in major units, as Shopify writes it.

        Raises:
            ValueError: Not a plain decimal, or finer than the currency's minor unit.

        >>> Money.parse("62.10", "USD")
        Money(minor=6210, currency='USD')
        >>> Money.parse("1200.00", "JPY")
        Money(minor=1200, currency='JPY')
        """
        if not _AMOUNT.fullmatch(amount):
            raise ValueError("not a decimal amount")
        major, _, fraction = amount.partition(".")
        exponent = _exponent(currency)
        if fraction[exponent:].strip("0"):
            raise ValueError("the amount is finer than the currency's minor unit")
        return cls(int(major + fraction[:exponent].ljust(exponent, "0")), currency)

    @property
    def amount(self) -> str:
        """
        The decimal amount in major units.

        >>> Money(6210, "USD").amount
        '62.10'
        >>> Money(1200, "JPY").amount
        '1200'
        """
        return str(Decimal(self.minor).scaleb(-_exponent(self.currency)))


def _exponent(currency: str) -> int:
    return _EXPONENTS.get(currency, 2)
