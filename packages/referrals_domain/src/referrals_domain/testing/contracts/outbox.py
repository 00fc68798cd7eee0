"""The laws of `Outbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.model.identifiers import ReferralId
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from referrals_domain.model.events import ReferralCompleted


class OutboxContract(StoredContract):
    """First in, first out; nothing of what was rolled back."""

    async def test_events_come_out_in_the_order_in_which_they_went_in(self, begin: Begin) -> None:
        events = [_event(number) for number in range(5)]
        async with begin() as tx:
            await tx.outbox.add(events)
            await tx.commit()
        async with begin() as tx:
            entries = await tx.outbox.first(10)
            assert list(await tx.outbox.first(2)) == list(entries)[:2]
        assert [entry.event_id for entry in entries] == [event.id for event in events]
        assert [entry.referral_id for entry in entries] == [one.referral_id for one in events]
        assert {entry.type for entry in entries} == {"referral.completed"}
        assert {entry.occurred_at for entry in entries} == {builders.PLACED_AT}
        assert len({entry.payload for entry in entries}) == 5

    async def test_what_was_deleted_does_not_come_again(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.outbox.add([_event(number) for number in range(3)])
            await tx.commit()
        async with begin() as tx:
            entries = await tx.outbox.first(10)
            await tx.outbox.delete([entries[0], entries[2]])
            await tx.commit()
        async with begin() as tx:
            assert list(await tx.outbox.first(10)) == [entries[1]]

    async def test_what_was_rolled_back_is_never_seen(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.outbox.add([_event(1)])
        async with begin() as tx:
            assert list(await tx.outbox.first(10)) == []

    async def test_deleting_nothing_deletes_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.outbox.add([_event(1)])
            await tx.outbox.delete([])
            assert len(await tx.outbox.first(10)) == 1


def _event(number: int) -> ReferralCompleted:
    return builders.referral_completed(
        referral_id=ReferralId(f"22222222-2222-4222-8222-2222222222{number:02}"),
        occurred_at=builders.PLACED_AT,
    )
