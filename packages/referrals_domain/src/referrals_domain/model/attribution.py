"""Which link, and which share of it, an order is owed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.code import CodeKey
from referrals_domain.model.identifiers import LinkId, ReferralKey
from referrals_domain.model.signals import Signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.link import Channel, ReferralLink
    from referrals_domain.model.referral import Referral


@attrs.frozen(kw_only=True)
class Attribution:
    """
    The link that an order is owed to, and why.

    Args:
        referral_link_id: The link.
        winner: The strongest signal that names a link of the merchant.
        beaten: The other signals of the order, strongest first.
    """

    referral_link_id: LinkId
    winner: Signal
    beaten: tuple[Signal, ...] = ()

    @property
    def channel(self) -> Channel | None:
        """The channel that the winner names, else the strongest of the others that names one."""
        return next((signal.channel for signal in self._signals if signal.channel), None)

    def share_keys(self, merchant_id: MerchantId) -> list[ReferralKey]:
        """Return the shares that the signals name, strongest first."""
        return [ReferralKey(merchant_id, signal.share) for signal in self._signals if signal.share]

    @property
    def _signals(self) -> tuple[Signal, ...]:
        return (self.winner, *self.beaten)


def attribute(
    merchant_id: MerchantId,
    signals: Iterable[Signal],
    *,
    links: Mapping[CodeKey, ReferralLink],
    shares: Mapping[ReferralKey, Referral],
) -> Attribution | None:
    """
    Let the strongest signal that names a link win; None if no signal does.

    Whatever an order carries, it is owed to one link.

    Args:
        merchant_id: The merchant of the order.
        signals: The signals of the order.
        links: The links that codes among the signals name.
        shares: The referrals that shares among the signals name.

    >>> from referrals_domain.testing import builders
    >>> from referrals_domain.model.signals import Source
    >>> coupon = builders.signal(source=Source.DISCOUNT_CODES, share=None, channel=None)
    >>> landed = builders.signal(source=Source.LANDING_SITE, code=None)
    >>> won = attribute(
    ...     builders.MERCHANT,
    ...     [landed, coupon],
    ...     links={CodeKey(builders.MERCHANT, builders.CODE): builders.link()},
    ...     shares={builders.referral().key: builders.referral()},
    ... )
    >>> won.winner.source, won.beaten == (landed,), won.channel
    (<Source.DISCOUNT_CODES: 'discount_codes'>, True, <Channel.SMS: 'sms'>)
    """
    ranked = sorted(signals, key=lambda signal: signal.strength)
    for signal in ranked:
        link = links.get(CodeKey(merchant_id, signal.code)) if signal.code else None
        share = shares.get(ReferralKey(merchant_id, signal.share)) if signal.share else None
        link_id = link.id if link else share.referral_link_id if share else None
        if link_id:
            return Attribution(
                referral_link_id=link_id,
                winner=signal,
                beaten=tuple(other for other in ranked if other is not signal),
            )
    return None
