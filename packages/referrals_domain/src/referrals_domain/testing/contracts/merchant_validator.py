"""The laws of `MerchantValidator`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

from referrals_domain.errors import Unauthenticated
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.ports.merchant_validator import MerchantValidator, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection

AuthThatSays: TypeAlias = Callable[[Mapping[MerchantId, Verdict]], MerchantValidator]
MANY: Final = [MerchantId(f"merchant-{number}") for number in range(100)]


class MerchantValidatorContract(ABC):
    """
    What Auth says and nothing else.

    Override both fixtures to have it test yours.
    """

    @pytest.fixture
    @abstractmethod
    def auth_that_says(self) -> AuthThatSays:
        """Return what asks an Auth that has these verdicts, and answers about nobody else."""

    @pytest.fixture
    @abstractmethod
    def refused_by_auth(self) -> MerchantValidator:
        """Return what asks with a token that Auth does not accept."""

    @pytest.mark.parametrize("verdict", Verdict)
    async def test_every_verdict_comes_as_it_is(
        self, auth_that_says: AuthThatSays, verdict: Verdict
    ) -> None:
        verdicts = {MANY[0]: verdict}
        assert await auth_that_says(verdicts).validate(MANY[:1]) == verdicts

    async def test_of_many_each_gets_their_own(self, auth_that_says: AuthThatSays) -> None:
        kinds = list(Verdict)
        verdicts = {one: kinds[number % len(kinds)] for number, one in enumerate(MANY)}
        assert await auth_that_says(verdicts).validate(MANY) == verdicts

    async def test_who_was_not_answered_about_is_left_out(
        self, auth_that_says: AuthThatSays
    ) -> None:
        verdicts = {MANY[0]: Verdict.VALID}
        assert await auth_that_says(verdicts).validate(MANY[:2]) == verdicts

    @pytest.mark.parametrize("nobody", [[], set()], ids=repr)
    async def test_about_nobody_nothing_is_said(
        self, auth_that_says: AuthThatSays, nobody: Collection[MerchantId]
    ) -> None:
        assert await auth_that_says({MANY[0]: Verdict.VALID}).validate(nobody) == {}

    async def test_a_token_that_auth_does_not_accept_is_an_error(
        self, refused_by_auth: MerchantValidator
    ) -> None:
        with pytest.raises(Unauthenticated):
            await refused_by_auth.validate(MANY[:1])
