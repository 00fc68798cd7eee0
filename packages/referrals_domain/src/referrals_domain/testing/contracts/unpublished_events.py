"""The laws of `UnpublishedEvents`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from referrals_domain.ports.unpublished_events import Refused, UnpublishedEvent
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract
from referrals_domain.testing.contracts.outbox import event

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from referrals_domain.ports.outbox import OutboxEntry

AT = builders.PLACED_AT + timedelta(minutes=1)


class UnpublishedEventsContract(StoredContract):
    """What was refused is shown and can be sent again; nothing is lost."""

    async def test_what_was_refused_is_shown_with_all_that_a_person_needs(
        self, begin: Begin
    ) -> None:
        first, _, third = await _refuse(begin, places=(0, 2))
        async with begin() as tx:
            refused = await tx.unpublished.refused()
        assert list(refused) == [
            UnpublishedEvent(
                id=entry.seq,
                event_id=entry.event_id,
                type="referral.completed",
                referral_id=entry.referral_id,
                occurred_at=builders.PLACED_AT,
                refused=Refused(at=AT, reason="too_large"),
            )
            for entry in (first, third)
        ]

    async def test_all_are_those_that_wait_too(self, begin: Begin) -> None:
        entries = await _refuse(begin, places=(1,))
        async with begin() as tx:
            everything = await tx.unpublished.all()
        assert [one.id for one in everything] == [entry.seq for entry in entries]
        assert [bool(one.refused) for one in everything] == [False, True, False]

    async def test_what_is_retried_may_be_sent_before_what_it_held_back(
        self, begin: Begin
    ) -> None:
        entries = await _refuse(begin, places=(0, 1))
        async with begin() as tx:
            await tx.outbox.add([event(0, version=3)])
            await tx.commit()
        assert await _retry(begin, [entries[0].seq]) == [entries[0].seq]
        async with begin() as tx:
            first, *_, last = await tx.outbox.first(10)
            assert [one.id for one in await tx.unpublished.refused()] == [entries[1].seq]
        assert (first, last.referral_id) == (entries[0], first.referral_id)

    async def test_what_was_not_refused_is_not_retried(self, begin: Begin) -> None:
        refused, waiting, _ = await _refuse(begin, places=(0,))
        assert await _retry(begin, [refused.seq, waiting.seq, waiting.seq + 1000]) == [refused.seq]
        assert await _retry(begin, [refused.seq]) == []

    async def test_leaving_without_a_commit_retries_nothing(self, begin: Begin) -> None:
        refused, *_ = await _refuse(begin, places=(0,))
        async with begin() as tx:
            await tx.unpublished.retry([refused.seq])
        async with begin() as tx:
            assert [one.id for one in await tx.unpublished.refused()] == [refused.seq]

    async def test_in_an_empty_outbox_there_is_nothing(self, begin: Begin) -> None:
        async with begin() as tx:
            assert list(await tx.unpublished.refused()) == []
            assert list(await tx.unpublished.all()) == []
        assert await _retry(begin, []) == []


async def _refuse(begin: Begin, *, places: Collection[int]) -> Sequence[OutboxEntry]:
    """Add events of three referrals, refuse those at some places, and return all."""
    async with begin() as tx:
        await tx.outbox.add([event(number) for number in range(3)])
        entries = await tx.outbox.first(3)
        refused = {entries[place]: "too_large" for place in places}
        await tx.outbox.refuse(refused, at=AT)
        await tx.commit()
    return entries


async def _retry(begin: Begin, ids: Collection[int]) -> list[int]:
    async with begin() as tx:
        retried = list(await tx.unpublished.retry(ids))
        await tx.commit()
    return retried
