"""What leads friends, read from PostgreSQL and remembered."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import attrs

from referrals_adapters.flow.remembered import Remembered
from referrals_domain.model.code import CodeKey
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.model.link import ReferralLink
from referrals_domain.model.program import ReferralProgram
from referrals_domain.ports.landings import Landings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping

    from referrals_domain.ports.transaction import Transaction

MOST_PROGRAMS: Final = 2_000
MOST_LINKS: Final = 10_000
"""How many are remembered; a link takes about 1 KB."""

PROGRAM_WITHIN: Final = timedelta(seconds=2)
LINK_WITHIN: Final = timedelta(milliseconds=50)
"""How long a friend waits: without the program there is no way on, without the link there is."""


@attrs.frozen(kw_only=True)
class RememberedLandings(Landings):
    """Programs and links of PostgreSQL that are remembered, as they were when last refreshed."""

    programs: Remembered[MerchantId, ReferralProgram]
    links: Remembered[CodeKey, ReferralLink]

    async def program(self, merchant_id: MerchantId) -> ReferralProgram | None:
        """Return the merchant's program."""
        return await self.programs.get(merchant_id)

    async def link(self, key: CodeKey) -> ReferralLink | None:
        """Return the link that has the code."""
        return await self.links.get(key)

    async def refresh(self) -> int:
        """
        Look up again whatever is remembered; as a routine's step it finds no more to do.

        Raises:
            Unavailable: The database is away; what is remembered stays.
        """
        await self.programs.refresh()
        await self.links.refresh()
        return 0


@asynccontextmanager
async def open_landings(
    begin: Callable[[], Transaction], *, link_within: timedelta = LINK_WITHIN
) -> AsyncIterator[RememberedLandings]:
    """
    Begin to remember, and end it at the end of the block.

    Args:
        begin: Begins a transaction.
        link_within: How long to wait for a link that is not remembered.
    """

    async def programs(keys: Collection[MerchantId]) -> Mapping[MerchantId, ReferralProgram]:
        async with begin() as tx:
            return await tx.programs.get(keys)

    async def links(keys: Collection[CodeKey]) -> Mapping[CodeKey, ReferralLink]:
        async with begin() as tx:
            return await tx.links.by_codes(keys)

    async with AsyncExitStack() as stack:
        landings = RememberedLandings(
            programs=Remembered(look_up=programs, most=MOST_PROGRAMS, within=PROGRAM_WITHIN),
            links=Remembered(look_up=links, most=MOST_LINKS, within=link_within),
        )
        for remembered in (landings.programs, landings.links):
            await stack.enter_async_context(aclosing(remembered))
        yield landings
