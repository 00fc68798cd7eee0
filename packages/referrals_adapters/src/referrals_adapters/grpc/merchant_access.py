"""Who may act for which merchant: Auth's answers, kept for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import attrs

from referrals_adapters.grpc.recent import Recent
from referrals_domain.errors import (
    PermissionDenied,
    ReferralsError,
    Unauthenticated,
    Unavailable,
)
from referrals_domain.ports.merchant_validator import MerchantValidator, Verdict

if TYPE_CHECKING:
    from typing import TypeAlias

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
    grant counts for up to 10 minutes. Of tokens only digests are kept.

    Args:
        validator: Gives Auth as it is asked with one caller's `authorization`.
        elapsed: A clock in seconds that only moves forward.
    """

    validator: Callable[[str], MerchantValidator]
    elapsed: Callable[[], float] = time.monotonic
    _grants: Recent[_Key, _Grant] = attrs.field(init=False, factory=lambda: Recent(MOST_KEPT))
    _refusals: Recent[_Key, _Refusal] = attrs.field(init=False, factory=lambda: Recent(MOST_KEPT))
    _asking: dict[_Key, asyncio.Task[_Refused | None]] = attrs.field(init=False, factory=dict)

    async def require(self, authorization: str, merchant_id: MerchantId) -> None:
        """
        Do nothing if the caller may act for the merchant.

        Raises:
            Unauthenticated: Auth does not accept the caller's token.
            PermissionDenied: The caller may not act for the merchant, or it is not valid.
            Unavailable: Auth does not answer, and did not lately grant it.
        """
        key = _Key(sha256(authorization.encode()).digest(), merchant_id)
        now = self.elapsed()
        refusal = self._refusals.get(key)
        if refusal and now < refusal.until:
            raise refusal.error("Auth refused lately")
        grant = self._grants.get(key)
        if not grant or now >= grant.ask_again_at:
            error = await self._ask_once(key, authorization)
            if error:
                raise error("Auth refuses, or is away")

    async def _ask_once(self, key: _Key, authorization: str) -> _Refused | None:
        """Ask, or wait for whoever asks already; who stops waiting does not stop the others."""
        asking = self._asking.get(key)
        if asking is None:
            asking = asyncio.create_task(self._ask(key, authorization))
            self._asking[key] = asking
            asking.add_done_callback(lambda _: self._asking.pop(key))
        return await asyncio.shield(asking)

    async def _ask(self, key: _Key, authorization: str) -> _Refused | None:
        """Ask Auth, and keep its answer; return what is to be raised."""
        try:
            verdicts = await self.validator(authorization).validate([key.merchant_id])
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
