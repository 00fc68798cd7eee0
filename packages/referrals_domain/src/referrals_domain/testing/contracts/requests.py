"""The laws of `Requests`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from referrals_domain.model.identifiers import MerchantId, RequestId
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from referrals_domain.model.request import Request

ANOTHER_RESOURCE = "77777777-7777-4777-8777-777777777777"


class RequestsContract(StoredContract):
    """The first of an id counts, whoever else brings it."""

    async def test_a_request_is_remembered_as_it_was(self, begin: Begin) -> None:
        request = builders.request(fingerprint=bytes(range(256)))
        assert await _add(begin, request) == request
        assert await _add(begin, builders.request(resource_id=ANOTHER_RESOURCE)) == request

    async def test_within_one_transaction_too(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.requests.add([builders.request()])
            again = await tx.requests.add([builders.request(resource_id=ANOTHER_RESOURCE)])
        assert again == {builders.request().key: builders.request()}

    async def test_another_id_is_another_request(self, begin: Begin) -> None:
        await _add(begin, builders.request())
        other = builders.request(id=RequestId(ANOTHER_RESOURCE))
        assert await _add(begin, other) == other

    async def test_each_merchant_has_ids_of_their_own(self, begin: Begin) -> None:
        await _add(begin, builders.request())
        other = builders.request(merchant_id=MerchantId("other"), resource_id=ANOTHER_RESOURCE)
        assert await _add(begin, other) == other

    async def test_what_was_rolled_back_was_never_asked(self, begin: Begin) -> None:
        async with begin() as tx:
            await tx.requests.add([builders.request()])
        other = builders.request(resource_id=ANOTHER_RESOURCE)
        assert await _add(begin, other) == other

    async def test_of_two_with_one_id_in_a_set_the_first_counts(self, begin: Begin) -> None:
        one, other = builders.request(), builders.request(resource_id=ANOTHER_RESOURCE)
        async with begin() as tx:
            assert await tx.requests.add([one, other]) == {one.key: one}
            await tx.commit()
        assert await _add(begin, other) == one

    async def test_a_set_of_old_and_new_ones(self, begin: Begin) -> None:
        old, new = builders.request(), builders.request(id=RequestId(ANOTHER_RESOURCE))
        await _add(begin, old)
        again = builders.request(resource_id=ANOTHER_RESOURCE)
        async with begin() as tx:
            assert await tx.requests.add([new, again]) == {old.key: old, new.key: new}

    async def test_only_what_was_remembered_is_found(self, begin: Begin) -> None:
        known, unknown = builders.request(), builders.request(id=RequestId(ANOTHER_RESOURCE))
        theirs = builders.request(merchant_id=MerchantId("other"))
        await _add(begin, known)
        async with begin() as tx:
            keys = [one.key for one in (known, unknown, theirs)]
            assert await tx.requests.get(keys) == {known.key: known}
            assert await tx.requests.get([]) == {}

    async def test_twenty_who_bring_it_at_once_learn_of_the_same_first(self, begin: Begin) -> None:
        requests = [
            builders.request(resource_id=f"77777777-7777-4777-8777-7777777777{number:02}")
            for number in range(20)
        ]
        answers = await asyncio.gather(*(_add(begin, request) for request in requests))
        assert len({answer.resource_id for answer in answers}) == 1


async def _add(begin: Begin, request: Request) -> Request:
    async with begin() as tx:
        first = await tx.requests.add([request])
        await tx.commit()
    return first[request.key]
