"""
What a webhook costs without us: `python -m referrals_sandbox.bench.bare HOST:PORT`.

An endpoint on uvicorn that looks at nothing: it stores a part of whatever comes, in natural
batches of one INSERT each, and answers once that is committed. So it is the least that an
endpoint which answers for what is durable can take here, beside the same load and PostgreSQL.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Final

import asyncpg
import attrs
import uvicorn
import uvloop

from referrals_adapters.flow.batcher import Batcher
from referrals_adapters.system.memory import settle_down
from referrals_adapters.system.scheduling import run_in_batches
from referrals_domain.model.delivery import Receipt
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Receive, Scope, Send

    from referrals_sandbox.servers.child import Child
    from referrals_sandbox.servers.postgres import Database
    from referrals_sandbox.servers.supervisor import Supervisor

_DATABASE: Final = "BARE_DATABASE"
_MOST: Final = 500  # requests a batch
_STORED: Final = 400  # characters of a body, as many as pgbench's transaction stores
_STORE: Final = "INSERT INTO bench.inbox (body) SELECT unnest($1::text[])"
_BODY: Final = json.dumps({"receipt": Receipt.STORED}).encode()
_HEADERS: Final = [(b"content-length", str(len(_BODY)).encode())]


def start(supervisor: Supervisor, database: Database, *, name: str) -> tuple[Child, str]:
    """
    Start it by a name on a free port, and return it with its `host:port`.

    Raises:
        SandboxError: It does not come up.
    """

    def launch(port: int) -> Child:
        return supervisor.launch(
            Command(
                name=name,
                argv=(sys.executable, "-P", "-m", __name__, f"{LOOPBACK}:{port}"),
                environment={**os.environ, _DATABASE: json.dumps(database.as_owner)},
                ready=LogLine(r"^listening on \S+$"),
            )
        )

    process, port = listening_on(None, launch)
    return process, f"{LOOPBACK}:{port}"


@attrs.frozen
class _Endpoint:
    batcher: Batcher[str, None]

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        parts: list[bytes] = []
        more = True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        await self.batcher.submit(b"".join(parts)[:_STORED].decode("latin-1"))
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": _BODY})


async def _store(connection: asyncpg.Connection, bodies: Sequence[str]) -> Sequence[None]:
    await connection.execute(_STORE, bodies)
    return [None] * len(bodies)


async def _serve(address: str) -> None:
    """Serve until SIGTERM."""
    run_in_batches()
    host, _, port = address.rpartition(":")
    listener = socket.create_server((host, int(port)))
    connection = await asyncpg.connect(**json.loads(os.environ[_DATABASE]))
    batcher: Batcher[str, None] = Batcher(partial(_store, connection), limit=_MOST)
    config = uvicorn.Config(
        _Endpoint(batcher), access_log=False, lifespan="off", log_config=None, ws="none"
    )
    server = uvicorn.Server(config)
    settle_down()
    async with aclosing(batcher):
        print(f"listening on {address}", flush=True)
        await server.serve(sockets=[listener])
    await connection.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again in the end
    uvloop.run(_serve(sys.argv[1]))
