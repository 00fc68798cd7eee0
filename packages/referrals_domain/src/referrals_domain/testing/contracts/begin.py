"""What every suite over stored things stands on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeAlias

import pytest

from referrals_domain.ports.transaction import Transaction
from referrals_domain.testing import builders

Begin: TypeAlias = Callable[[], Transaction]


class StoredContract(ABC):
    """
    A suite over an empty store.

    Override `begin` to have it test yours.
    """

    @pytest.fixture
    @abstractmethod
    def begin(self) -> Begin:
        """Return what begins a transaction on an empty store."""

    @pytest.fixture
    async def begin_with_link(self, begin: Begin) -> Begin:
        """Return `begin` on a store that has the program and the link of the builders."""
        async with begin() as tx:
            await tx.programs.save(builders.program())
            await tx.links.add(builders.link())
            await tx.commit()
        return begin
