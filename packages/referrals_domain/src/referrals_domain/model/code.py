"""The short code of a referral link."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import MerchantId

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
_VALUE: Final = {symbol: value for value, symbol in enumerate(_ALPHABET)}
_DOUBLED: Final = [2 * value ^ (0b100101 if value & 16 else 0) for value in range(32)]
"""Times x in GF(2)[x] / (x^5 + x^2 + 1), whose x generates all 31 weights."""
_RANDOM_SYMBOLS: Final = 9
CODE_BITS: Final = 5 * _RANDOM_SYMBOLS
"""How much chance a code holds."""

_LENGTH: Final = _RANDOM_SYMBOLS + 1
_LONGEST_TEXT: Final = 64
_CODES_AT_HAND: Final = 1000  # an order has its code in several places, and comes several times


class ReferralCode(str):
    """
    Nine random symbols of Crockford's base32 (45 bits) and a check character.

    The check finds every single wrong symbol and every two symbols that were swapped, so that
    typing errors and ordinary coupons are told from codes without a look-up.

    Raises:
        ValueError: The text is not such a code in its canonical form.

    >>> ReferralCode.of_number(1)
    '0000000012'
    >>> ReferralCode.read("friend-oooo-oooo-i2")
    '0000000012'
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """Check the canonical form."""
        if len(text) != _LENGTH or text[-1] not in _VALUE:
            raise ValueError("a code is ten symbols of Crockford's base32")
        if _check(text[:_RANDOM_SYMBOLS]) != text[_RANDOM_SYMBOLS]:
            raise ValueError("the check character of the code does not fit")
        return super().__new__(cls, text)

    @classmethod
    def of_number(cls, number: int) -> ReferralCode:
        """
        Return the code of a number below 2^45.

        Raises:
            ValueError: The number is negative or too large.
        """
        if not 0 <= number < 1 << CODE_BITS:
            raise ValueError("a code holds 45 bits")
        symbols = "".join(
            _ALPHABET[number >> 5 * place & 31] for place in reversed(range(_RANDOM_SYMBOLS))
        )
        return cls(symbols + _check(symbols))

    @classmethod
    @lru_cache(_CODES_AT_HAND)
    def read(cls, text: str) -> ReferralCode:
        """
        Read what a person or a shop wrote: any case, dashes, look-alikes, a prefix before it.

        Raises:
            ValueError: No code ends the text.
        """
        if len(text) > _LONGEST_TEXT:
            raise ValueError("too long for a code")
        symbols = text.replace("-", "").replace(" ", "")[-_LENGTH:]
        if not symbols.isascii():  # else a long s would be raised to an S
            raise ValueError("a code is ten symbols of Crockford's base32")
        return cls(symbols.upper().replace("O", "0").replace("I", "1").replace("L", "1"))


class CodeKey(NamedTuple):
    """A code within its merchant."""

    merchant_id: MerchantId
    code: ReferralCode


def _check(symbols: str) -> str:
    """
    Return the check character: a weighted sum over GF(32), each place weighing differently.

    Raises:
        ValueError: A symbol is none of the alphabet.
    """
    total = 0
    try:
        for symbol in symbols:
            total = _DOUBLED[total ^ _VALUE[symbol]]
    except KeyError:
        raise ValueError("a code is ten symbols of Crockford's base32") from None
    return _ALPHABET[total]
