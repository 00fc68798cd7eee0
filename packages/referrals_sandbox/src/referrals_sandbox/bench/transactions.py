"""P, the base of webhooks and conversions: pgbench's plain transaction of three statements."""

from __future__ import annotations

import asyncio
import re
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
import attrs

from referrals_sandbox.bench.figures import Slice
from referrals_sandbox.servers import postgres
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.postgres import Database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from referrals_sandbox.bench.load import Meter

_CLIENTS, _THREADS = 32, 2
_TABLES: Final = """
    DROP SCHEMA IF EXISTS bench CASCADE;
    CREATE SCHEMA bench;
    CREATE TABLE bench.inbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL
    ) WITH (autovacuum_enabled = false);
    CREATE TABLE bench.referrals (
        id integer PRIMARY KEY, status text NOT NULL, version integer NOT NULL
    ) WITH (autovacuum_enabled = false);
    CREATE TABLE bench.outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL
    ) WITH (autovacuum_enabled = false);
    INSERT INTO bench.referrals
    SELECT id, 'PENDING', 1 FROM generate_series(1, 100000) AS id;
    ANALYZE bench.referrals;
"""
_SCRIPT: Final = r"""
\set id random(1, 100000)
BEGIN;
INSERT INTO bench.inbox (body) VALUES (repeat('x', 400));
UPDATE bench.referrals SET status = 'COMPLETED', version = version + 1 WHERE id = :id;
INSERT INTO bench.outbox (body) VALUES (repeat('x', 400));
COMMIT;
"""
_DURABLE: Final = """
    SELECT count(*) FROM pg_settings
    WHERE (name, setting) IN (('fsync', 'on'), ('synchronous_commit', 'on'))
"""
_DONE: Final = re.compile(r"^number of transactions actually processed: (\d+)", re.MULTILINE)
_RATE: Final = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


@attrs.frozen
class Transactions:
    """
    Runs pgbench.

    Args:
        connection: To the server, as the owner of the tables.
        database: The same server, for pgbench.
        script: The transaction.
    """

    connection: asyncpg.Connection
    database: Database
    script: Path

    async def run(self, seconds: int, meter: Meter) -> Slice:
        """
        Run transactions for so long; the meter tells what processes spend.

        The dead rows that they leave are removed before it returns, so that autovacuum does not
        do it while something else is measured.

        Raises:
            SandboxError: It failed.
        """
        before = meter.read()
        process = await asyncio.create_subprocess_exec(
            *self._argv(seconds),
            env={"LC_ALL": "C", "PGPASSWORD": self.database.owner_password},
            stdout=PIPE,
            stderr=STDOUT,
        )
        try:
            output, _ = await process.communicate()
        except BaseException:
            process.kill()
            raise
        measured = attrs.evolve(slice_of(output.decode()), cpu=meter.since(before))
        await self.connection.execute("VACUUM bench.referrals")
        return measured

    def _argv(self, seconds: int) -> Sequence[str]:
        server = self.database
        return (
            str(postgres.tool("pgbench")),
            *("--host", server.host, "--port", str(server.port), "--username", server.owner),
            *("--client", str(_CLIENTS), "--jobs", str(_THREADS), "--time", str(seconds)),
            *("--no-vacuum", "--file", str(self.script), server.name),
        )


async def prepare(
    connection: asyncpg.Connection, database: Database, folder: Path
) -> Transactions:
    """
    Make the tables, and write the transaction down.

    Raises:
        SandboxError: The server may lose what it committed, so that it is no base.
    """
    if await connection.fetchval(_DURABLE) != len(("fsync", "synchronous_commit")):
        raise SandboxError("PostgreSQL runs without fsync or synchronous_commit")
    await connection.execute(_TABLES)
    script = folder / "transaction.sql"
    script.write_text(_SCRIPT, encoding="ascii")
    return Transactions(connection, database, script)


def slice_of(output: str) -> Slice:
    """
    Read what pgbench prints.

    Raises:
        SandboxError: It tells of no transactions.
    """
    done, rate = _DONE.search(output), _RATE.search(output)
    if done is None or rate is None or not int(done[1]):
        raise SandboxError("pgbench failed", log=output)
    return Slice(done=int(done[1]), seconds=int(done[1]) / float(rate[1]))
