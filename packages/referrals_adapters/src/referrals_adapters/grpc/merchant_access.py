"""Who may act for which merchant: Auth's answers, kept for a while."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import attrs

from referrals_adapters.flow.recent import Recent
from referrals_adapters.grpc.asking import Asking
from referrals_adapters.grpc.calls import Pace
from referrals_adapters.grpc.merchant_validator import MerchantValidators
from referrals_domain.errors import PermissionDenied, ReferralsError, Unauthenticated, Unavailable
from referrals_domain.ports.merchant_validator import Verdict

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import MerchantId

    _Refused: TypeAlias = type[ReferralsError]

GRANTED_FOR: Final = 60.0  # seconds; a token that lost its rights keeps them that long
REFUSED_FOR: Final = 5.0  # seconds; a token that gained rights waits that long
LAST_GOOD_FOR: Final = 600.0  # seconds since Auth granted, while it does not answer
ASK_AGAIN_AFTER: Final = 5.0  # seconds; only who comes first then waits for an Auth that is away
MOST_KEPT: Final = 10_000  # of grants, and of refusals: 300 bytes each


@attrs.define(kw_only=True)
class MerchantAccess:
    """
    Tells whether a caller may act for a merchant.

    Auth's grants count for 60 seconds, its refusals for 5. While it does not answer, its last
    grant counts for up to 10 minutes; that callers with little time left got no answer does not
    count as that. Of tokens only digests are kept.

    Args:
        validator: Gives Auth as it is asked in the name of one caller.
        pace: How long Auth is waited for at most.
        elapsed: A clock in seconds that only moves forward.
    """

    validator: MerchantValidators
    pace: Pace = attrs.field(factory=lambda: Pace(timeout=1.0))
    elapsed: Callable[[], float] = time.monotonic
    _grants: Recent[_Key, _Grant] = attrs.field(init=False, factory=lambda: Recent(MOST_KEPT))
    _refusals: Recent[_Key, _Refusal] = attrs.field(init=False, factory=lambda: Recent(MOST_KEPT))
    _asking: Asking[_Key, _Refused | None] = attrs.field(init=False, factory=Asking)

    async def require(
        self, authorization: str, merchant_id: MerchantId, *, within: float = math.inf
    ) -> None:
        """
        Do nothing if the caller may act for the merchant.

        Args:
            authorization: The caller's `authorization` metadata.
            merchant_id: The merchant.
            within: How many seconds the caller has; Auth is never given more.

        Raises:
            Unauthenticated: Auth does not accept the caller's token.
            PermissionDenied: The caller may not act for the merchant, or it is not valid.
            OutOfTime: Auth did not answer in the time that the caller has.
            Unavailable: Auth does not answer, and did not lately grant it.
        """
        key = _Key(sha256(authorization.encode()).digest(), merchant_id)
        now = self.elapsed()
        refusal = self._refusals.get(key)
        if refusal and now < refusal.until:
            raise refusal.error("Auth refused lately")
        grant = self._grants.get(key)
        if not grant or now >= grant.ask_again_at:
            until = now + within
            error = await self._asking.answer(key, partial(self._ask, key, authorization, until))
            if error:
                raise error("Auth refuses, or is away")

    async def _ask(self, key: _Key, authorization: str, until: float) -> _Refused | None:
        """Ask Auth, and keep its answer; return what is to be raised."""
        left = until - self.elapsed()
        pace = attrs.evolve(self.pace, patience=min(self.pace.patience, left))
        try:
            verdicts = await self.validator(authorization, pace=pace).validate([key.merchant_id])
        except Unauthenticated:
            return self._refuse(key, Unauthenticated)
        match verdicts.get(key.merchant_id):
            case Verdict.VALID:
                now = self.elapsed()
                self._grants.put(key, _Grant(now, now + GRANTED_FOR))
                return None
            case Verdict.INVALID | Verdict.DENIED:
                return self._refuse(key, PermissionDenied)
            case None:
                return self._make_do(key)

    def _refuse(self, key: _Key, error: _Refused) -> _Refused:
        self._grants.drop(key)
        self._refusals.put(key, _Refusal(error, self.elapsed() + REFUSED_FOR))
        return error

    def _make_do(self, key: _Key) -> _Refused | None:
        """Let the last grant count for a while, if there is one that is not too old."""
        grant, now = self._grants.get(key), self.elapsed()
        if grant is None or now >= grant.at + LAST_GOOD_FOR:
            return Unavailable
        ask_again_at = min(now + ASK_AGAIN_AFTER, grant.at + LAST_GOOD_FOR)
        self._grants.put(key, grant._replace(ask_again_at=ask_again_at))
        return None


class _Key(NamedTuple):
    token_digest: bytes
    merchant_id: MerchantId


class _Grant(NamedTuple):
    at: float
    ask_again_at: float


class _Refusal(NamedTuple):
    error: _Refused
    until: float
