"""What on an order points to a referral."""

from __future__ import annotations

from enum import StrEnum

import attrs

from referrals_domain.model.code import ReferralCode
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.model.link import Channel


class Source(StrEnum):
    """Where on the order a signal stood, strongest first."""

    NOTE_ATTRIBUTES = "note_attributes"
    DISCOUNT_CODES = "discount_codes"
    LANDING_SITE = "landing_site"
    LANDING_SITE_REF = "landing_site_ref"
    REFERRING_SITE = "referring_site"

    __hash__ = str.__hash__  # that of enumerations is a function of Python's

    @property
    def rank(self) -> int:
        """The place in the order of strength; 0 is the strongest."""
        return _RANKS[self]


@attrs.frozen(kw_only=True, cache_hash=True)
class Signal:
    """
    One pointer to a link, to a share of it, or to both.

    Args:
        source: Where it stood.
        code: The link's code (`ref`).
        share: The referral that a share opened (`share`).
        channel: The channel that the friend came by, if the source says so.

    Raises:
        ValueError: Neither a code nor a share is given.
    """

    source: Source
    code: ReferralCode | None = None
    share: ReferralId | None = None
    channel: Channel | None = None

    def __attrs_post_init__(self) -> None:
        if self.code is None and self.share is None:
            raise ValueError("a signal has a code or a share")

    @property
    def strength(self) -> tuple[int, str, str, str]:
        """The sort key that puts the strongest signal first, and is total."""
        return (self.source.rank, self.code or "~", self.share or "~", self.channel or "~")


_RANKS = {source: rank for rank, source in enumerate(Source)}
