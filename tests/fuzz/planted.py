"""Guards that can be taken away, to see that fuzzing finds what they guard against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.shopify import facts, payloads
from referrals_domain.model.order import OrderFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_merge = OrderFacts.merge


def any_year() -> None:
    """Take times as they come: near the calendar's ends their sums overflow."""
    facts._YEARS = range(1, 10_000)  # type: ignore[misc] # noqa: SLF001 - what is taken away


def the_last_buyer_counts() -> None:
    """Have the body that came last name the buyer, instead of the latest."""

    def merge(one: OrderFacts, other: OrderFacts) -> OrderFacts:
        return attrs.evolve(_merge(one, other), buyer=other.buyer or one.buyer)

    OrderFacts.merge = merge  # type: ignore[method-assign,assignment]


def any_url() -> None:
    """Take what stands where a host does in any text."""
    payloads._host = lambda url: url.split("/")[2] if url else None  # noqa: SLF001 - as above


PLANTS: Final[Mapping[str, Callable[[], None]]] = {
    plant.__name__: plant for plant in (any_url, any_year, the_last_buyer_counts)
}
