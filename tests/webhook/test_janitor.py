"""The worker's janitor moves on what time moves on, by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import attrs
from sqlalchemy import text

from referrals_domain.model.decision import opened
from referrals_domain.model.identifiers import ReferralId
from referrals_domain.model.referral import ReferralStatus
from referrals_domain.model.retention import SHORTEST
from referrals_domain.testing import builders
from tests.waiting import until

if TYPE_CHECKING:
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage


async def test_a_worker_completes_what_was_held_and_expires_what_nobody_bought_through(
    program: Program, stage: Stage
) -> None:
    other = attrs.evolve(stage, referral_id=ReferralId(str(uuid4())))
    old = builders.referral(id=other.referral_id, opened_at=_days_ago(31))
    async with stage.begin() as tx:
        await tx.programs.save(builders.program(version=2, hold=timedelta(days=300)))
        await tx.referrals.save([opened(old)])
        await tx.commit()
    await stage.deliver()
    program.start("run", "--role", "worker")
    await until(lambda: _is(other, ReferralStatus.EXPIRED))
    await until(lambda: _is(stage, ReferralStatus.QUALIFIED))

    async with stage.begin() as tx:
        await tx.programs.save(builders.program(version=3))
        await tx.commit()
    async with stage.engine.begin() as connection:  # as if the hold had been shorter
        await connection.execute(text("UPDATE referrals SET due_at = now() WHERE due_at > now()"))
    await until(lambda: _is(stage, ReferralStatus.COMPLETED))
    assert len(await stage.rows("outbox")) == 1


async def test_a_worker_forgets_what_was_kept_for_long_enough(
    program: Program, stage: Stage
) -> None:
    old, young = _days_ago(30), _days_ago(29)
    async with stage.begin() as tx:
        await tx.quarantine.add([builders.unreadable_body(body=b"old", received_at=old)])
        await tx.quarantine.add([builders.unreadable_body(body=b"young", received_at=young)])
        await tx.programs.save(builders.program(version=2, retention=SHORTEST))
        await tx.commit()
    await stage.expire(_days_ago(60))
    program.start("run", "--role", "worker")
    await until(lambda: _are(stage, "quarantine", 1))
    await until(lambda: _are(stage, "referrals", 0))
    assert await stage.rows("referral_history") == []


def _days_ago(number: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=number)


async def _is(stage: Stage, status: ReferralStatus) -> bool:
    return (await stage.referral()).status is status


async def _are(stage: Stage, table: str, number: int) -> bool:
    return len(await stage.rows(table)) == number
