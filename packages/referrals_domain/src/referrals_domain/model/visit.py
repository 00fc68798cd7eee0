"""A friend's visit by a link, of whom nothing is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date

    from referrals_domain.model.identifiers import LinkKey, ReferralId
    from referrals_domain.model.link import Channel


class Visit(NamedTuple):
    """
    That somebody followed a link; two of a day may be one person's, and nobody can tell.

    Args:
        link: The link.
        share: The referral that the share opened, as the URL says.
        channel: How it was shared, as the URL says.
        day: The day (UTC).
    """

    link: LinkKey
    share: ReferralId | None
    channel: Channel | None
    day: date
