"""Servers that are given are used instead of embedded ones, or named if they cannot be."""

import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest

from referrals_sandbox.servers import kafka, outside
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.kept_kafka import KeptKafka
from referrals_sandbox.servers.running import Servers, running
from referrals_sandbox.servers.supervisor import supervising


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with running() as servers:
        yield servers


def test_given_servers_are_used_instead(servers: Servers) -> None:
    with running(settings=servers.environment()) as outside:
        assert outside.environment() == servers.environment() == outside.owner_environment()
        assert outside.supervisor.children() == ()


def test_a_given_owner_brings_the_schema_up(servers: Servers) -> None:
    owner = {
        "REFERRALS_DB_OWNER": servers.database.owner,
        "REFERRALS_DB_OWNER_PASSWORD": servers.database.owner_password,
    }
    with running(settings={**servers.environment(), **owner}) as outside:
        assert outside.environment() == servers.environment()
        assert outside.owner_environment() == servers.owner_environment()


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"REFERRALS_DB_HOST": "db"}, "REFERRALS_DB_HOST is set but REFERRALS_DB_USER is not"),
        ({"REFERRALS_REDIS_HOST": "r", "REFERRALS_REDIS_PORT": "x"}, "REFERRALS_REDIS_PORT has"),
        ({"REFERRALS_REDIS_HOST": "r", "REFERRALS_REDIS_PORT": "0"}, "a number from 1 to 65535"),
        ({"KAFKA_BROKER": "broker"}, "KAFKA_BROKER is 'broker'; write it as host:port"),
        ({"KAFKA_BROKER": "127.0.0.1:1"}, "nothing answers on 127.0.0.1:1, which KAFKA_BROKER"),
    ],
)
def test_a_given_server_that_cannot_be_used_is_named(settings: dict[str, str], line: str) -> None:
    with pytest.raises(SandboxError, match=line), running(settings=settings):
        pass


def test_a_given_broker_whose_process_is_known_is_killed_and_waited_for(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with supervising() as supervisor:
        process = kafka.start(supervisor)
        assert process.process is not None
        pid_file.write_text(str(process.process.pid))
        known = {"KAFKA_BROKER": process.address, "KAFKA_BROKER_PID_FILE": str(pid_file)}
        given = outside.kafka(known)
        assert given is not None
        given.down()
        assert process.process.wait(1) == -signal.SIGKILL
    host, _, port = given.address.rpartition(":")
    with ThreadPoolExecutor() as threads:
        back = threads.submit(given.up)
        assert wait([back], timeout=0.1).not_done
        with socket.create_server((host, int(port))):
            back.result()


@pytest.mark.parametrize(
    ("told", "why"),
    [(None, "No such file"), ("one", "invalid literal"), ("-1", "Invalid argument")],
)
def test_a_given_broker_whose_process_is_not_told_cannot_be_taken_down(
    tmp_path: Path, told: str | None, why: str
) -> None:
    broker = KeptKafka(address="127.0.0.1:1", pid_file=tmp_path / "pid")
    if told:
        broker.pid_file.write_text(told)
    with pytest.raises(SandboxError, match=rf"^cannot kill the broker on 127\.0\.0\.1:1: .*{why}"):
        broker.down()
