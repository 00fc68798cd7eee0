"""Where a friend lands who followed a link: at the merchant's storefront, never anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

import attrs

from referrals_domain.model.visit import Visit

if TYPE_CHECKING:
    from referrals_domain.model.code import ReferralCode
    from referrals_domain.model.link_url import LinkUrl
    from referrals_domain.model.program import ReferralProgram


@attrs.frozen
class Landing:
    """
    Where a friend lands.

    Args:
        url: A page of the merchant's storefront.
        visit: What counts if it is a friend indeed; None: they come without a signal, or nobody
            could tell whose link it is.
    """

    url: str
    visit: Visit | None = None


def landing_url(program: ReferralProgram, code: ReferralCode, followed: LinkUrl) -> str:
    """
    Return the storefront's URL with the signal that the order is to carry.

    Where the program says so, through the shop's discount link, whose `redirect` is a path of the
    same shop, percent-encoded.

    >>> from referrals_domain.model.link_url import LinkUrl
    >>> from referrals_domain.testing import builders
    >>> followed = LinkUrl.read("acme", builders.CODE, "c=sms")
    >>> landing_url(builders.program(), builders.CODE, followed)
    'https://acme.example?ref=0000004K7D&channel=sms'
    >>> landing_url(builders.program(discount_link=True), builders.CODE, followed)
    'https://acme.example/discount/FRIEND-0000004K7D?redirect=%2F%3Fref%3D0000004K7D%26channel%3Dsms'
    """
    fields = {"ref": code, "share": followed.share, "channel": followed.channel}
    query = urlencode({name: value for name, value in fields.items() if value})
    if not program.discount_link:
        return f"{program.storefront_url}?{query}"
    storefront = urlsplit(program.storefront_url)
    path = f"/{storefront.path.lstrip('/')}"  # two slashes would begin another host
    redirect = quote(f"{path}?{query}", safe="")
    return f"https://{storefront.netloc}/discount/{program.displayed(code)}?redirect={redirect}"
