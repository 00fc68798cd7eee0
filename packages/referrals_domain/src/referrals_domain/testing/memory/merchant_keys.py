"""The merchants' keys in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from referrals_domain.ports.merchant_keys import MerchantKeys
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from referrals_domain.model.identifiers import MerchantId
    from referrals_domain.model.merchant_key import MerchantKey


@attrs.frozen
class InMemoryMerchantKeys(MerchantKeys):
    """The merchants' keys in memory; the whole store is locked."""

    state: State

    async def get(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, MerchantKey | None]:
        """Return the keys of those that have a program."""
        return {
            id_: self.state.merchant_keys.get(id_)
            for id_ in merchant_ids
            if id_ in self.state.programs
        }

    async def hold(
        self, merchant_ids: Collection[MerchantId]
    ) -> Mapping[MerchantId, MerchantKey | None]:
        """Return the same."""
        return await self.get(merchant_ids)

    async def seize(self, merchant_id: MerchantId) -> MerchantKey | None:
        """Return the key."""
        return (await self.get([merchant_id])).get(merchant_id)

    async def add(self, merchant_id: MerchantId, key: MerchantKey) -> MerchantKey:
        """Give a merchant a key, unless it has one."""
        return self.state.merchant_keys.setdefault(merchant_id, key)
