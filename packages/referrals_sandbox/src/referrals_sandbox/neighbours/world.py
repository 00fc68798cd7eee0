"""What Auth and Core know: one file, which may change while they run."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import attrs

from referrals_adapters.wire.documents import from_document, to_document
from referrals_sandbox.servers.whole_file import write_whole

EVERY_MERCHANT = "*"
"""In a token's list of merchants: it may act for all, also for those nobody knows."""


@attrs.frozen(kw_only=True)
class Customer:
    """
    A customer as Core counts their orders.

    Args:
        frequency: How many orders they placed.
        recency: Whole days since the last one.
        monetary: What the orders come to, in minor units of `currency_code`.
        currency_code: ISO 4217, in capitals.
        segment: The segment that Core puts them in.
        first_order_time: When the first order was placed, if Core knows.
    """

    frequency: int = 1
    recency: int = 0
    monetary: int = 0
    currency_code: str = ""
    segment: str = ""
    first_order_time: datetime | None = None


@attrs.frozen(kw_only=True)
class World:
    """
    What Auth and Core know.

    Args:
        merchants: Every merchant, and whether they are active.
        tokens: The merchants that each token may act for; see `EVERY_MERCHANT`.
        customers: Customers by `MERCHANT/CUSTOMER`; None is one whom Core does not know.
        strangers: What Core answers about anybody else; None is NOT_FOUND.
    """

    merchants: Mapping[str, bool] = attrs.field(factory=dict)
    tokens: Mapping[str, list[str]] = attrs.field(factory=dict, repr=lambda _: "'***'")
    customers: Mapping[str, Customer | None] = attrs.field(factory=dict)
    strangers: Customer | None = None

    def customer(self, merchant_id: str, customer_id: str) -> Customer | None:
        """Return what Core answers about a customer; None is NOT_FOUND."""
        return self.customers.get(f"{merchant_id}/{customer_id}", self.strangers)

    def may_act(self, token: str, merchant_id: str) -> bool:
        """Tell whether a token may act for a merchant."""
        return not {merchant_id, EVERY_MERCHANT}.isdisjoint(self.tokens.get(token, ()))


class WorldFile:
    """
    The world, read anew whenever its file is another one.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._version: tuple[int, int] | None = None
        self._world = World()

    def read(self) -> World:
        """
        Return the world as it is now.

        Raises:
            OSError: There is no such file.
        """
        stat = self.path.stat()
        version = (stat.st_ino, stat.st_mtime_ns)
        if version != self._version:
            self._world = from_document(World, self.path.read_text(encoding="utf-8"))
            self._version = version
        return self._world

    def write(self, world: World) -> None:
        """Have Auth and Core know this world from their next answer on."""
        write_whole(self.path, to_document(world))

    def change(self, changed: Callable[[World], World]) -> None:
        """Change the world; of several processes only one may."""
        self.write(changed(self.read()))
