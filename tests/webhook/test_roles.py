"""What a role does before it works."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.variables import Variables
from referrals_webhook.role import Role
from referrals_webhook.roles import duty
from tests.webhook.test_settings import HTTP, WORKER

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(("role", "variables"), [(Role.HTTP, HTTP), (Role.WORKER, WORKER)])
async def test_what_is_there_is_not_searched_for_garbage_any_more(
    role: Role, variables: Mapping[str, str]
) -> None:
    anywhere = {**variables, "REFERRALS_WEBHOOK_LISTEN": "127.0.0.1:0"}
    stop = asyncio.Event()
    stop.set()
    before = gc.get_freeze_count(), gc.get_threshold()
    try:
        await duty(role, Variables(anywhere), Metrics())(stop)
        assert gc.get_freeze_count() > before[0] + 10_000
        assert gc.get_threshold()[0] > before[1][0]
    finally:
        gc.unfreeze()
        gc.set_threshold(*before[1])
