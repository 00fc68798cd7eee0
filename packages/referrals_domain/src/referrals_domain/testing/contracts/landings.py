"""The laws of `Landings`."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_domain.model.code import CodeKey, ReferralCode
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.testing import builders
from referrals_domain.testing.contracts.begin import Begin, StoredContract

if TYPE_CHECKING:
    from referrals_domain.ports.landings import Landings

KEY = CodeKey(builders.MERCHANT, builders.CODE)


class LandingsContract(StoredContract):
    """
    What exists leads, and what does not is known not to.

    Override `landings` too: it leads by what the transactions of `begin` have saved.
    """

    @pytest.fixture
    @abstractmethod
    async def landings(self, begin: Begin) -> Landings:
        """Return what leads, and waits as long as it takes."""

    @pytest.mark.usefixtures("begin_with_link")
    async def test_what_exists_leads(self, landings: Landings) -> None:
        for _ in range(2):
            assert await landings.program(builders.MERCHANT) == builders.program()
            assert await landings.link(KEY) == builders.link()

    @pytest.mark.usefixtures("begin_with_link")
    async def test_what_does_not_exist_is_known_not_to(self, landings: Landings) -> None:
        other = MerchantId("other")
        assert await landings.program(other) is None
        assert await landings.link(CodeKey(other, builders.CODE)) is None
        assert await landings.link(CodeKey(builders.MERCHANT, ReferralCode.of_number(1))) is None

    async def test_what_was_not_there_leads_once_it_is(
        self, begin: Begin, landings: Landings
    ) -> None:
        assert await landings.program(builders.MERCHANT) is None
        assert await landings.link(KEY) is None
        async with begin() as tx:
            await tx.programs.save(builders.program())
            await tx.links.add(builders.link())
            await tx.commit()
        assert await landings.program(builders.MERCHANT) == builders.program()
        assert await landings.link(KEY) == builders.link()

    async def test_a_revoked_link_is_told_as_such(self, begin: Begin, landings: Landings) -> None:
        revoked = builders.link().revoke(builders.SHARED_AT + timedelta(days=1))
        async with begin() as tx:
            await tx.links.add(revoked)
            await tx.commit()
        assert await landings.link(KEY) == revoked
