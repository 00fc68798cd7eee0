"""What neighbours did, as they show it."""

from __future__ import annotations

from typing import Any

import httpx

from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.story.patience import until

_WITHIN = 5.0  # seconds, an answer


def entries(name: str, url: str, referral_id: str, *, count: int) -> list[dict[str, Any]]:
    """
    Return what a neighbour did about a referral, once it is so many things.

    Raises:
        SandboxError: It did fewer things in time, or more; or it does not answer.
    """

    def look() -> list[dict[str, Any]] | None:
        found = _entries(name, url, referral_id)
        return found if len(found) >= count else None

    found = until(look, otherwise=f"{name} did not hear of {referral_id}")
    if len(found) > count:
        raise SandboxError(f"{name} acted {len(found)} times on one referral: {found}")
    return found


def _entries(name: str, url: str, referral_id: str) -> list[dict[str, Any]]:
    try:
        answer = httpx.get(
            f"{url}/entries",
            params={"referral_id": referral_id},
            timeout=_WITHIN,
            trust_env=False,
        ).raise_for_status()
    except httpx.HTTPError as error:
        raise SandboxError(f"{name} does not answer on {url}: {error}") from error
    found: list[dict[str, Any]] = answer.json()
    return found
