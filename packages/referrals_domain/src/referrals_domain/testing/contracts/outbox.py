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
        events = [event(number) for number in range(5)]
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
            await tx.outbox.add([event(number) for number in range(3)])
            await tx.commit()
        async with begin() as tx:
            entries = await tx.outbox.first(10)
            await tx.outbox.delete([entries[0], entries[2]])
            await tx.commit()
        async with begin() as tx:
            assert list(await tx.outbox.first(10)) == [entries[1]]

    async def test_what_was_rolled_back_is_never_seen(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.outbox.add([event(1)])
        async with begin() as tx:
            assert list(await tx.outbox.first(10)) == []

    async def test_deleting_nothing_deletes_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.outbox.add([event(1)])
            await tx.outbox.delete([])
            assert len(await tx.outbox.first(10)) == 1

    async def test_what_was_refused_holds_back_its_own_referral_only(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.outbox.add([event(1), event(2), event(1, version=3), event(2, version=3)])
            first, second, _, fourth = await tx.outbox.first(10)
            await tx.outbox.refuse({first: "too_large"}, at=builders.PLACED_AT)
            await tx.commit()
        async with begin() as tx:
            assert list(await tx.outbox.first(10)) == [second, fourth]
            await tx.outbox.add([event(1, version=4), event(3)])
            await tx.commit()
        async with begin() as tx:
            referrals = [entry.referral_id for entry in await tx.outbox.first(3)]
        assert referrals == [event(number).referral_id for number in (2, 2, 3)]

    async def test_what_was_deleted_is_not_refused(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.outbox.add([event(1), event(1, version=3)])
            first, second = await tx.outbox.first(10)
            await tx.outbox.delete([first])
            await tx.outbox.refuse({first: "too_large"}, at=builders.PLACED_AT)
            assert list(await tx.outbox.first(10)) == [second]

    async def test_refusing_nothing_refuses_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.outbox.add([event(1)])
            await tx.outbox.refuse({}, at=builders.PLACED_AT)
            assert len(await tx.outbox.first(10)) == 1


def event(number: int, *, version: int = 2) -> ReferralCompleted:
    """Return the event that a version of one of many referrals caused."""
    return builders.referral_completed(
        referral_id=ReferralId(f"22222222-2222-4222-8222-2222222222{number:02}"),
        version=version,
        occurred_at=builders.PLACED_AT,
    )
