"""The real processes, whose loop is another than that of tests, with everything encrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc.aio
import pytest

from referrals_adapters.grpc.channel import open_channel
from referrals_adapters.grpc.pb.referrals.v1 import referrals_pb2 as pb
from referrals_domain.testing.builders import MERCHANT, REFERRAL
from tests.grpc.process import failed, started
from tests.grpc.service import TOKEN, bare
from tests.tls.authority import HOST, Authority, before, server_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_adapters.postgres.settings import PostgresSettings
    from referrals_adapters.wire.tls import Identity
    from referrals_sandbox.servers.running import Servers
    from tests.neighbours import Neighbour

PATH = "/referrals.v1/GetReferralStatus"
ASK = pb.GetReferralStatusRequest(merchant_id=MERCHANT, referral_id=REFERRAL).SerializeToString()


def variables(prefix: str, authority: Authority, own: Identity) -> dict[str, str]:
    ca = "CLIENT_CA" if prefix.startswith("REFERRALS_GRPC") else "CA"
    return {
        f"{prefix}_{ca}_FILE": str(authority.ca_file),
        f"{prefix}_CERTIFICATE_FILE": str(own.certificate_file),
        f"{prefix}_KEY_FILE": str(own.key_file),
    }


@pytest.fixture
def told(environment: Mapping[str, str], authority: Authority) -> dict[str, str]:
    own = authority.identity("us")
    told = dict(environment)
    for server in ("REFERRALS_GRPC", "REFERRALS_DB", "REFERRALS_REDIS", "AUTH_GRPC"):
        prefix = f"{server}_TLS"
        told |= variables(prefix, authority, own)
    return told


async def test_the_service_asks_its_servers_over_tls_and_answers_over_tls(
    servers: Servers,
    database: PostgresSettings,
    auth: Neighbour,
    authority: Authority,
    told: dict[str, str],
) -> None:
    context = server_context(authority.server(authority.identity("server"), asks_clients=True))
    async with (
        before(database.port, context, asked_first=True) as postgres,
        before(servers.redis.port, context) as redis,
        before(auth.port, context) as front_of_auth,
    ):
        told |= {
            "REFERRALS_DB_HOST": HOST,
            "REFERRALS_DB_PORT": str(postgres.port),
            "REFERRALS_REDIS_HOST": HOST,
            "REFERRALS_REDIS_PORT": str(redis.port),
            "AUTH_GRPC_TARGET": f"{HOST}:{front_of_auth.port}",
        }
        caller = authority.client("T", authority.identity("caller"))
        async with (
            started(told) as service,
            open_channel(service.address, caller) as channel,
        ):
            with pytest.raises(grpc.aio.AioRpcError) as answer:
                await bare(channel, PATH)(ASK, metadata=TOKEN, timeout=5)
        assert answer.value.code() is grpc.StatusCode.NOT_FOUND
        assert len(auth.calls) == 1
        for front in (postgres, redis, front_of_auth):
            assert front.certificates
            assert None not in front.certificates


async def test_a_file_that_cannot_be_read_is_one_line_at_the_start(told: dict[str, str]) -> None:
    name = "REFERRALS_GRPC_TLS_CERTIFICATE_FILE"
    line = await failed(told | {name: "/nowhere/us.pem"})
    key = "REFERRALS_GRPC_TLS_KEY_FILE"
    why = "it cannot be read: No such file or directory"
    assert line.startswith(f"referrals-grpc: {name} and {key}: {why}; ")
