"""The shapes that orders come in: what each lacks, or has more of, than one from the web."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from referrals_sandbox.neighbours.shopify_order import PlacedOrder, Price

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_STAFF: Final = "198.51.100.7"


def from_the_web(order: PlacedOrder) -> PlacedOrder:
    """Return it as it is."""
    return order


def at_a_till(order: PlacedOrder) -> PlacedOrder:
    """A point of sale knows of no page and of no browser."""
    return attrs.evolve(
        order, source_name="pos", landing_site=None, landing_site_ref=None, browser_ip=None
    )


def typed_by_staff(order: PlacedOrder) -> PlacedOrder:
    """A draft order comes from where the staff is."""
    return attrs.evolve(
        order,
        source_name="shopify_draft_order",
        landing_site=None,
        landing_site_ref=None,
        browser_ip=_STAFF,
    )


def with_several_codes(order: PlacedOrder) -> PlacedOrder:
    """Discount codes can be combined."""
    return attrs.evolve(order, more_discounts=("WELCOME10", "FREESHIP"))


def without_a_customer(order: PlacedOrder) -> PlacedOrder:
    """An order may name nobody."""
    return attrs.evolve(order, customer_id=None)


def in_another_currency(order: PlacedOrder) -> PlacedOrder:
    """The buyer may pay in their own currency, in which it goes back to them."""
    return attrs.evolve(order, presented=Price("61.73", "EUR"))


def to_try_the_shop(order: PlacedOrder) -> PlacedOrder:
    """A merchant may place test orders."""
    return attrs.evolve(order, is_test=True)


SHAPES: Final[Mapping[str, Callable[[PlacedOrder], PlacedOrder]]] = {
    shape.__name__: shape
    for shape in (
        from_the_web,
        at_a_till,
        typed_by_staff,
        with_several_codes,
        without_a_customer,
        in_another_currency,
        to_try_the_shop,
    )
}
"""How to give an order each shape, by name."""
