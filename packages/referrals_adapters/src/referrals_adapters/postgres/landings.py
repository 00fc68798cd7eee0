"""What leads friends, read from PostgreSQL and remembered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.flow.remembered import Remembered
from referrals_domain.model.code import CodeKey
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.model.link import ReferralLink
from referrals_domain.model.program import ReferralProgram
from referrals_domain.ports.landings import Landings
from referrals_domain.ports.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MOST_PROGRAMS: Final = 2_000
MOST_LINKS: Final = 10_000
"""How many are remembered; a link takes about 1 KB."""

PROGRAM_WITHIN: Final = timedelta(seconds=2)
LINK_WITHIN: Final = timedelta(milliseconds=50)
"""How long a friend waits: without the program there is no way on, without the link there is."""


@attrs.frozen(kw_only=True)
class RememberedLandings(Landings):
    """
    Programs and links of PostgreSQL that are remembered, as they were when last refreshed.

    Use it with `contextlib.aclosing`.

    Args:
        begin: Begins a transaction.
        link_within: How long to wait for a link that is not remembered.
    """

    begin: Callable[[], Transaction]
    link_within: timedelta = LINK_WITHIN
    _programs: Remembered[MerchantId, ReferralProgram] = attrs.field(init=False)
    _links: Remembered[CodeKey, ReferralLink] = attrs.field(init=False)

    @_programs.default
    def _of_programs(self) -> Remembered[MerchantId, ReferralProgram]:
        return Remembered(look_up=self._get, most=MOST_PROGRAMS, within=PROGRAM_WITHIN)

    @_links.default
    def _of_links(self) -> Remembered[CodeKey, ReferralLink]:
        return Remembered(look_up=self._by_codes, most=MOST_LINKS, within=self.link_within)

    async def program(self, merchant_id: MerchantId) -> ReferralProgram | None:
        """Return the merchant's program."""
        return await self._programs.get(merchant_id)

    async def link(self, key: CodeKey) -> ReferralLink | None:
        """Return the link that has the code."""
        return await self._links.get(key)

    async def refresh(self) -> int:
        """
        Look up again whatever is remembered; as a routine's step it finds no more to do.

        Raises:
            Unavailable: The database is away; what is remembered stays.
        """
        await self._programs.refresh()
        await self._links.refresh()
        return 0

    async def aclose(self) -> None:
        """Finish the look-ups that were begun."""
        await self._programs.aclose()
        await self._links.aclose()

    async def _get(self, ids: Collection[MerchantId]) -> Mapping[MerchantId, ReferralProgram]:
        async with self.begin() as tx:
            return await tx.programs.get(ids)

    async def _by_codes(self, keys: Collection[CodeKey]) -> Mapping[CodeKey, ReferralLink]:
        async with self.begin() as tx:
            return await tx.links.by_codes(keys)
