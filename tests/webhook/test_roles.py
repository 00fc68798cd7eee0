"""What a role does before it works."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.variables import Variables
from referrals_webhook.role import Role
from referrals_webhook.roles import duty
from tests.garbage import is_settled, searched_often
from tests.waiting import until
from tests.webhook.test_settings import HTTP, WORKER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_sandbox.servers.running import Servers

IN_TURN: Final = """
import json, sys
from referrals_webhook import commands

heavy = {"aiokafka", "uvicorn", "grpc", "httpx", "alembic"}
loaded = {"command": sorted(heavy & sys.modules.keys())}
from referrals_webhook.duties import relay
loaded["relay"] = sorted(heavy & sys.modules.keys())
from referrals_webhook.duties import http
loaded["http"] = sorted(heavy & sys.modules.keys())
from referrals_webhook.duties import worker
loaded["worker"] = sorted(heavy & sys.modules.keys())
from referrals_webhook.duties import reconcile
loaded["reconcile"] = sorted(heavy & sys.modules.keys())
print(json.dumps(loaded))
"""


def test_a_process_imports_only_what_its_role_needs() -> None:
    command = [sys.executable, "-c", IN_TURN]
    told = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - it is ours
    assert json.loads(told.stdout) == {
        "command": [],
        "relay": ["aiokafka"],
        "http": ["aiokafka", "uvicorn"],
        "worker": ["aiokafka", "grpc", "uvicorn"],
        "reconcile": ["aiokafka", "grpc", "httpx", "uvicorn"],
    }


@pytest.mark.parametrize(("role", "variables"), [(Role.HTTP, HTTP), (Role.WORKER, WORKER)])
async def test_what_is_there_is_not_searched_for_garbage_any_more(
    role: Role, variables: Mapping[str, str]
) -> None:
    anywhere = {**variables, "REFERRALS_WEBHOOK_LISTEN": "127.0.0.1:0"}
    stop = asyncio.Event()
    stop.set()
    with searched_often():
        await duty(role, Variables(anywhere), Metrics())(stop)
        assert is_settled()


async def test_nor_is_it_in_a_relay_that_leads(
    servers: Servers, capsys: pytest.CaptureFixture[str]
) -> None:
    stop = asyncio.Event()

    async def leads() -> bool:
        return "relay leading" in capsys.readouterr().out

    with searched_often():
        relaying = duty(Role.RELAY, Variables(servers.environment()), Metrics())(stop)
        running = asyncio.create_task(relaying)
        await until(leads)
        assert is_settled()
        stop.set()
        await running
