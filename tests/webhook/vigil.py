"""When a worker watches over the cache."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import attrs

from referrals_adapters.redis.entry import name_of
from referrals_domain.model.identifiers import ReferralId
from tests.waiting import until

if TYPE_CHECKING:
    from referrals_adapters.redis.client import Client
    from tests.webhook.stage import Stage


async def until_watched(stage: Stage, redis: Client) -> None:
    """Wait until a worker has met this Redis, which it tells of a change that nobody told of."""
    other = attrs.evolve(stage, referral_id=ReferralId(str(uuid4())))
    await other.share()
    await other.expire(datetime.now(UTC))
    await until(lambda: redis.exists(name_of(other.key)))
