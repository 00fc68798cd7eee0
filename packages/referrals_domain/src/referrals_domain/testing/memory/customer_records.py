"""What is kept of a customer in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import attrs

from referrals_domain.model.privacy import CustomerRecord, HistoryLine
from referrals_domain.model.request import fingerprint
from referrals_domain.ports.customer_records import CustomerRecords, Touched
from referrals_domain.testing.memory.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from referrals_domain.model.decision import Transition
    from referrals_domain.model.delivery import AcceptedDelivery
    from referrals_domain.model.identifiers import CustomerId, CustomerKey
    from referrals_domain.model.referral import Referral
    from referrals_domain.ports.outbox import OutboxEntry
    from referrals_domain.testing.memory.state import StoredDelivery

_ANY_TIME: Final = datetime.min.replace(tzinfo=UTC)


@attrs.frozen
class InMemoryCustomerRecords(CustomerRecords):
    """What is kept of a customer in memory."""

    state: State

    async def of(self, customer: CustomerKey) -> CustomerRecord:
        """Return what is kept of a customer."""
        referrals = sorted(self._referrals(customer), key=lambda one: one.place)
        keys = {one.key for one in referrals}
        links = [one for one in self.state.links.values() if one.advocate == customer]
        return CustomerRecord(
            customer=customer,
            links=tuple(links),
            referrals=tuple(referrals),
            orders=tuple(one for one in self.state.orders.values() if one.friend == customer),
            history=tuple(
                _line(one)
                for (key, _), one in sorted(self.state.history.items(), key=lambda item: item[0])
                if key in keys
            ),
        )

    async def redact(
        self, customer: CustomerKey, tombstone: CustomerId, *, at: datetime
    ) -> Touched:
        """Put a tombstone in a customer's place in every value of the merchant's."""
        state, merchant_id = self.state, customer.merchant_id
        names = {customer.customer_id: tombstone}
        versions = {one.key: one.version for one in self._referrals(customer)}
        before, after = [
            fingerprint("create_referral_link", id_) for id_ in (customer.customer_id, tombstone)
        ]
        rows = {
            "referral_links": _change(
                state.links,
                lambda one: one.advocate == customer,
                lambda one: attrs.evolve(one.revoke(at), customer_id=tombstone),
            ),
            "referrals": _change(
                state.referrals,
                lambda one: one.merchant_id == merchant_id,
                lambda one: one.renamed(names),
            ),
            "referred_orders": _change(
                state.orders,
                lambda one: one.merchant_id == merchant_id,
                lambda one: one.renamed(names),
            ),
            "deliveries": _change(
                state.deliveries,
                lambda one: one.accepted.merchant_id == merchant_id,
                lambda one: _renamed_delivery(one, names),
            ),
            "requests": _change(
                state.requests,
                lambda one: (one.merchant_id, one.fingerprint) == (merchant_id, before),
                lambda one: attrs.evolve(one, fingerprint=after),
            ),
            "outbox": _change(
                state.outbox,
                lambda one: f"merchant_id={merchant_id!r}".encode() in one.payload,
                lambda one: _renamed_entry(one, names),
            ),
        }
        _change(
            state.history,
            lambda one: one.referral.merchant_id == merchant_id,
            lambda one: attrs.evolve(one, referral=one.referral.renamed(names), event=None),
        )
        _keep_one_of_each(state.deliveries)
        return Touched(
            rows={table: number for table, number in rows.items() if number}, versions=versions
        )

    def _referrals(self, customer: CustomerKey) -> list[Referral]:
        return [
            one for one in self.state.referrals.values() if customer in {one.advocate, one.friend}
        ]


def _line(transition: Transition) -> HistoryLine:
    referral = transition.referral
    return HistoryLine(
        referral_id=referral.id,
        version=referral.version,
        from_status=transition.from_status,
        status=referral.status,
        cause=referral.cause,
        at=referral.updated_at,
    )


def _renamed_delivery(
    stored: StoredDelivery, names: Mapping[CustomerId, CustomerId]
) -> StoredDelivery:
    facts = stored.accepted.facts.renamed(names)
    return attrs.evolve(stored, accepted=attrs.evolve(stored.accepted, facts=facts))


def _keep_one_of_each(deliveries: dict[int, StoredDelivery]) -> None:
    """Drop deliveries that say what another says; one that waits stays."""
    kept: list[AcceptedDelivery] = []
    for id_, stored in sorted(deliveries.items(), key=lambda item: item[1].outcome is not None):
        said = attrs.evolve(stored.accepted, received_at=_ANY_TIME)
        if said in kept:
            del deliveries[id_]
        kept.append(said)


def _renamed_entry(entry: OutboxEntry, names: Mapping[CustomerId, CustomerId]) -> OutboxEntry:
    payload = entry.payload
    for before, after in names.items():
        payload = payload.replace(f"{before!r}".encode(), f"{after!r}".encode())
    return attrs.evolve(entry, payload=payload)


def _change(
    part: dict[Any, Any], concerns: Callable[[Any], bool], change: Callable[[Any], Any]
) -> int:
    """Change the values that are concerned; return how many are other than before."""
    changed = {key: change(one) for key, one in part.items() if concerns(one)}
    changed = {key: one for key, one in changed.items() if one != part[key]}
    part.update(changed)
    return len(changed)
