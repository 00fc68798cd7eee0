"""Switch a program off once its shop uninstalled the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs

from referrals_domain.errors import Stale, Unavailable
from referrals_domain.model.delivery import Receipt
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import ShopDomain

_TRIES: Final = 5


@attrs.frozen(kw_only=True)
class SwitchProgramOff:
    """Switch a program off: orders that are decided from now on earn nothing."""

    begin: Callable[[], Transaction]

    async def __call__(self, shop_domain: ShopDomain, named_host: str) -> Receipt:
        """
        Make the program of a shop inactive, if the shop is ours.

        Args:
            shop_domain: The shop that the unsigned header named.
            named_host: The host that the signed body named as its shop's.

        Raises:
            Unavailable: The database is away, or others put the program again and again.
        """
        for _ in range(_TRIES):
            try:
                return await self._switch_off(shop_domain, named_host)
            except Stale:
                continue
        raise Unavailable("others put the program again and again")

    async def _switch_off(self, shop_domain: ShopDomain, named_host: str) -> Receipt:
        async with self.begin() as tx:
            program = (await tx.programs.by_shops([shop_domain])).get(shop_domain)
            if program is None:
                return Receipt.NO_PROGRAM
            if named_host not in program.hosts:
                return Receipt.SHOP_MISMATCH
            if not program.active:
                return Receipt.REPEATED
            off = attrs.evolve(program, active=False, version=program.version + 1)
            await tx.programs.save(off)
            await tx.commit()
        return Receipt.STORED
