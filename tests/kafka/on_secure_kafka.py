"""
A real broker is reached over TLS, by certificate and by password.

`python -m tests.apache_kafka` runs it; `uv run pytest` leaves it out, because the sandbox's broker
does not encrypt.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import attrs
import pytest

from referrals_adapters.kafka.producer import open_publisher
from referrals_adapters.kafka.settings import MECHANISMS, KafkaSettings
from referrals_adapters.kafka.topics import look_after_topics
from referrals_adapters.wire.variables import Variables
from referrals_domain.errors import Unavailable
from tests.broker import records
from tests.kafka.secure import USER, Secure
from tests.kafka.test_publisher import entry
from tests.tls.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Mapping

A_SECOND = timedelta(seconds=1)


@pytest.fixture
def secure() -> Secure:
    return Secure.told(Path(os.environ["KAFKA_SECURE"]))


def by_certificate(secure: Secure) -> dict[str, str]:
    return {
        "KAFKA_BROKER": secure.by_certificate,
        "KAFKA_TLS_CA_FILE": str(secure.folder / "ca.pem"),
        "KAFKA_TLS_CERTIFICATE_FILE": str(secure.folder / "us.pem"),
        "KAFKA_TLS_KEY_FILE": str(secure.folder / "us.key"),
    }


def by_password(secure: Secure, mechanism: str) -> dict[str, str]:
    return {
        "KAFKA_BROKER": secure.by_password,
        "KAFKA_TLS_CA_FILE": str(secure.folder / "ca.pem"),
        "KAFKA_SASL_MECHANISM": mechanism,
        "KAFKA_SASL_USERNAME": USER,
        "KAFKA_SASL_PASSWORD": secure.password,
    }


@pytest.fixture(params=["certificate", *MECHANISMS])
def told(request: pytest.FixtureRequest, secure: Secure) -> Mapping[str, str]:
    if request.param == "certificate":
        return by_certificate(secure)
    return by_password(secure, request.param)


async def test_topics_are_made_and_events_published(told: Mapping[str, str]) -> None:
    settings, topic = KafkaSettings.read(Variables(told)), f"referral.{uuid4()}"
    await look_after_topics(settings, [topic])
    async with open_publisher(settings, stopped_within=A_SECOND) as publisher:
        decided = await publisher.publish([entry(topic)])
    assert len(decided.acknowledged) == 1
    assert len(await records(os.environ["KAFKA_BROKER"], topic)) == 1


@pytest.mark.parametrize("mechanism", MECHANISMS)
async def test_a_wrong_password_is_no_connection(secure: Secure, mechanism: str) -> None:
    wrong = attrs.evolve(secure, password="wrong")
    await _is_refused(by_password(wrong, mechanism))


async def test_without_a_certificate_there_is_no_connection(secure: Secure) -> None:
    kept = ("KAFKA_BROKER", "KAFKA_TLS_CA_FILE")
    await _is_refused({name: by_certificate(secure)[name] for name in kept})


async def _is_refused(told: Mapping[str, str]) -> None:
    with pytest.raises(Unavailable):
        async with open_publisher(KafkaSettings.read(Variables(told)), stopped_within=A_SECOND):
            raise AssertionError("it was let in")


async def test_new_connections_of_a_producer_show_the_certificate_that_is_there_then(
    secure: Secure, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(secure.folder, tmp_path / "ours"))
    told = by_certificate(attrs.evolve(secure, folder=folder))
    settings, topic = KafkaSettings.read(Variables(told)), f"referral.{uuid4()}"
    await look_after_topics(settings, [topic])
    async with open_publisher(settings, stopped_within=A_SECOND) as publisher:
        await publisher.publish([entry(topic)])
        Authority(folder).identity("us")  # of an authority that the broker does not know
        for connection in list(publisher.producer.client._conns.values()):  # noqa: SLF001
            connection.close()
        waiting = asyncio.ensure_future(publisher.publish([entry(topic, seq=1)]))
        await asyncio.sleep(1)
        assert not waiting.done()
        for name in ("us.pem", "us.key"):
            shutil.copy(secure.folder / name, folder)
        assert len((await waiting).acknowledged) == 1
