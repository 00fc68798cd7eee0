"""The URL that an advocate shares, and that a friend follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self, TypeVar
from urllib.parse import parse_qs, urlencode

import attrs

from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import MerchantId, ReferralId
from referrals_domain.model.link import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LINK_PATH: Final = "/r"
"""What every such URL's path begins with; a letter, because a text message has 160."""

_SHARE: Final = "s"
_CHANNEL: Final = "c"
_MOST_FIELDS: Final = 32  # of a query; whoever appends more of their own spoils it


@attrs.frozen(kw_only=True)
class LinkUrl:
    """
    What a shared URL says: `https://HOST/r/MERCHANT/CODE?s=SHARE&c=CHANNEL`.

    Args:
        merchant_id: The merchant.
        code: The link's code; None: what stands in its place is none.
        share: The referral that the share opened, if the URL was made for one.
        channel: How it was shared, if the URL says so.

    >>> LinkUrl.read("acme", "friend-oooo-oooo-i2", "c=SMS&s=mangled").at("https://go.example")
    'https://go.example/r/acme/0000000012?c=sms'
    """

    merchant_id: MerchantId
    code: ReferralCode | None
    share: ReferralId | None = None
    channel: Channel | None = None

    @classmethod
    def read(cls, merchant_id: str, code: str, query: str) -> Self:
        """
        Read a URL that somebody followed; what was spoilt on its way is None.

        Args:
            merchant_id: What stands in the merchant's place of the path, decoded.
            code: What stands behind that.
            query: The query, as it came.

        Raises:
            ValueError: No merchant is called so.
        """
        fields = _fields(query)
        return cls(
            merchant_id=MerchantId(merchant_id),
            code=_read(ReferralCode.read, code),
            share=_read(ReferralId, fields.get(_SHARE, "")),
            channel=_read(Channel, fields.get(_CHANNEL, "").lower()),
        )

    def at(self, base: str) -> str:
        """Return the URL at a gateway, whose own URL is given without a path."""
        known = {_SHARE: self.share, _CHANNEL: self.channel}
        query = urlencode({name: value for name, value in known.items() if value})
        path = f"{LINK_PATH}/{self.merchant_id}/{self.code or ''}"
        return f"{base}{path}?{query}" if query else f"{base}{path}"


def _fields(query: str) -> dict[str, str]:
    try:
        found = parse_qs(query, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _read(kind: Callable[[str], T], text: str) -> T | None:
    try:
        return kind(text.strip())
    except ValueError:
        return None
