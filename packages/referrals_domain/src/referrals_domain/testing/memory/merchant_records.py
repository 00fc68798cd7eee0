"""What is kept of a merchant in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from referrals_domain.ports.customer_records import Touched
from referrals_domain.ports.merchant_records import MerchantRecords
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from referrals_domain.model.identifiers import MerchantId


@attrs.frozen
class InMemoryMerchantRecords(MerchantRecords):
    """What is kept of a merchant in memory."""

    state: State

    async def erase(self, merchant_id: MerchantId, *, limit: int) -> Touched:
        """Delete some of what belongs to a merchant."""
        state, program = self.state, self.state.programs.get(merchant_id)
        mark = f"merchant_id={merchant_id!r}".encode()
        versions = {
            key: one.version + 1
            for key, one in state.referrals.items()
            if key.merchant_id == merchant_id
        }
        gone = {
            "quarantine": _drop(
                state.quarantine,
                lambda _, one: program is not None and one.shop.lower() == program.shop_domain,
            ),
            "programs": _drop(state.programs, lambda key, _: key == merchant_id),
            "merchant_keys": _drop(state.merchant_keys, lambda key, _: key == merchant_id),
            "watermarks": _drop(state.watermarks, lambda key, _: key == merchant_id),
        }
        parts: dict[str, tuple[dict[Any, Any], Callable[[Any, Any], bool]]] = {
            "redactions": (state.redactions, lambda key, _: key.merchant_id == merchant_id),
            "referral_links": (state.links, lambda key, _: key.merchant_id == merchant_id),
            "referrals": (state.referrals, lambda key, _: key.merchant_id == merchant_id),
            "referred_orders": (state.orders, lambda key, _: key.merchant_id == merchant_id),
            "requests": (state.requests, lambda key, _: key[0] == merchant_id),
            "deliveries": (
                state.deliveries,
                lambda _, one: one.accepted.merchant_id == merchant_id,
            ),
            "visits": (state.visits, lambda key, _: key.link.merchant_id == merchant_id),
            "outbox": (state.outbox, lambda _, one: mark in one.payload),
        }
        gone |= {table: _drop(part, of, limit) for table, (part, of) in parts.items()}
        gone["referral_history"] = _drop(
            state.history, lambda key, _: key[0] in versions and key[0] not in state.referrals
        )
        return Touched(
            rows={table: number for table, number in gone.items() if number},
            versions={key: one for key, one in versions.items() if key not in state.referrals},
        )


def _drop(
    part: dict[Any, Any], of_merchant: Callable[[Any, Any], bool], limit: int | None = None
) -> int:
    gone = [key for key, one in part.items() if of_merchant(key, one)][:limit]
    for key in gone:
        del part[key]
    return len(gone)
