"""The real program tells what it counts, and writes its log in JSON."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Final

import httpx

from referrals_adapters.system.address import Address
from referrals_sandbox.servers.ports import free_port
from tests.waiting import until
from tests.webhook.orders import PATH, order, signed

if TYPE_CHECKING:
    from tests.webhook.program import Program
    from tests.webhook.stage import Stage

BY_THE_WORKER: Final = (
    'referrals_delivery_outcomes_total{outcome="settled"} 1.0',
    'referrals_decisions_total{cause="order_created",status="COMPLETED"} 1.0',
    'referrals_breaker_open{breaker="redis"} 0.0',
    'referrals_breaker_open{breaker="auth"} 0.0',
    'referrals_breaker_open{breaker="core"} 0.0',
    'referrals_backlog_rows{table="quarantine"} 1.0',
    'referrals_backlog_rows{table="deliveries"} 0.0',
    'referrals_backlog_rows{table="held_deliveries"} 0.0',
    'referrals_backlog_rows{table="refused_events"} 0.0',
)
BY_THE_RELAY: Final = 'referrals_events_published_total{type="referral.completed"} 1.0'


async def test_all_roles_tell_what_they_did_with_an_order(program: Program, stage: Stage) -> None:
    at = Address("127.0.0.1", free_port())
    service = program.start("run", REFERRALS_METRICS_LISTEN=str(at), REFERRALS_LOG_FORMAT="json")
    url = await service.url()
    async with httpx.AsyncClient(trust_env=False) as client:

        async def told(at: Address) -> set[str]:
            try:
                answer = await client.get(f"http://{at}/metrics")
            except httpx.TransportError:  # the relay's process begins later
                return set()
            return set(answer.text.splitlines())

        for body in (order(), b"{"):
            await client.post(f"{url}{PATH}", content=body, headers=signed(body))
        at_once = await told(at)
        for answer in ("stored", "quarantined"):
            sample = f'{{answer="{answer}",topic="orders/create"}} 1.0'
            assert f"referrals_webhook_answers_total{sample}" in at_once

        async def all_is_told() -> bool:
            for process, samples in awaited.items():
                samples.difference_update(await told(process))
            return not any(awaited.values())

        # Of both processes at once: a relay that is held up for 2 s is replaced by another, which
        # knows nothing of what was published before.
        awaited = {at: set(BY_THE_WORKER), at.next(1): {BY_THE_RELAY}}
        await until(all_is_told)

    service.send(signal.SIGTERM)
    assert await service.exit_code() == 0
    lines = [line for line in service.child.log.read_text().splitlines() if line[:1] == "{"]
    about = next(one for one in map(json.loads, lines) if "quarantine" in one["event"])
    assert (about["level"], about["topic"]) == ("error", "orders/create")
    assert str(stage.referral_id) not in "".join(lines)
