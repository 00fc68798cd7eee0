"""Which link, and which share of it, an order is owed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.model.identifiers import LinkId
from referrals_domain.model.signals import Signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from referrals_domain.model.code import ReferralCode
    from referrals_domain.model.identifiers import ReferralId
    from referrals_domain.model.link import Channel
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

    def share_to_bind(self, shares: Mapping[ReferralId, Referral]) -> Referral | None:
        """Return the strongest share that is of this link and still awaits an order."""
        named = (shares.get(signal.share) for signal in self._signals if signal.share)
        return next(
            (
                share
                for share in named
                if share
                and share.referral_link_id == self.referral_link_id
                and share.awaits_an_order
            ),
            None,
        )

    @property
    def _signals(self) -> Iterator[Signal]:
        yield self.winner
        yield from self.beaten


def attribute(
    signals: Iterable[Signal],
    *,
    links: Mapping[ReferralCode, LinkId],
    shares: Mapping[ReferralId, LinkId],
) -> Attribution | None:
    """
    Let the strongest signal that names a link win; None if no signal does.

    Args:
        signals: The signals of one order.
        links: The merchant's links by the codes among the signals.
        shares: The links of the merchant's referrals among the signals.
    """
    ranked = sorted(signals, key=lambda signal: signal.strength)
    for signal in ranked:
        link_id = _named_link(signal, links, shares)
        if link_id is not None:
            beaten = tuple(other for other in ranked if other is not signal)
            return Attribution(referral_link_id=link_id, winner=signal, beaten=beaten)
    return None


def _named_link(
    signal: Signal, links: Mapping[ReferralCode, LinkId], shares: Mapping[ReferralId, LinkId]
) -> LinkId | None:
    by_code = links.get(signal.code) if signal.code else None
    by_share = shares.get(signal.share) if signal.share else None
    return by_code or by_share
