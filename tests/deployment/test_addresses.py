"""Hosts and ports agree: variables, listen addresses, servers, health checks and the gateway."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from referrals_domain.model.events import ReferralEvent
from tests.deployment.composition import (
    ROOT,
    awaited,
    environment,
    of_ours,
    read_yaml,
    services,
)
from tests.deployment.example import VARIABLES

if TYPE_CHECKING:
    from tests.deployment.composition import Service

EVERY: Final = services(VARIABLES)
ENVOY: Final = read_yaml(ROOT / "gateway" / "envoy.yaml")["static_resources"]
OF_OTHER_TEAMS: Final = ("AUTH_GRPC_TARGET", "CORE_GRPC_TARGET")
_ADDRESS: Final = re.compile(r"([\w.-]+):(\d+)")


def listens(name: str) -> set[str]:
    """Return the ports on which a service listens for others."""
    service, own = EVERY[name], environment(EVERY[name])
    if name == "postgres":
        return {service["command"][service["command"].index("-p") + 1]}
    if name == "redis":
        return {"6379"}  # its own default; the health check below asks there
    if name == "kafka":
        return set(re.findall(r"PLAINTEXT://:(\d+)", own["KAFKA_LISTENERS"]))
    if name == "gateway":
        return {str(address(listener["address"])[1]) for listener in ENVOY["listeners"]}
    open_to_others = [text for key, text in own.items() if key.endswith("_LISTEN")]
    assert all(text.startswith("0.0.0.0:") for text in open_to_others)
    return {text.rpartition(":")[2] for text in open_to_others}


def address(node: dict[str, Any]) -> tuple[str, int]:
    """Return an address as Envoy writes it."""
    return node["socket_address"]["address"], node["socket_address"]["port_value"]


def calls(service: Service) -> list[tuple[str, str]]:
    """Return hosts and ports of the servers that a service of ours calls."""
    own = environment(service)
    for prefix in ("REFERRALS_DB", "REFERRALS_REDIS"):
        if f"{prefix}_HOST" in own:
            own[prefix] = f"{own.pop(f'{prefix}_HOST')}:{own.pop(f'{prefix}_PORT')}"
    kept = (
        text
        for name, text in own.items()
        if name not in OF_OTHER_TEAMS and not name.endswith("_LISTEN")
    )
    return [(match[1], match[2]) for text in kept if (match := _ADDRESS.fullmatch(text))]


@pytest.mark.parametrize("name", of_ours(EVERY))
def test_a_service_calls_servers_where_they_listen(name: str) -> None:
    assert calls(EVERY[name])
    for host, port in calls(EVERY[name]):
        assert port in listens(host)


@pytest.mark.parametrize("name", of_ours(EVERY))
def test_what_a_service_calls_is_started_before_it(name: str) -> None:
    assert {host for host, _ in calls(EVERY[name])} <= awaited(name, EVERY)


@pytest.mark.parametrize("name", [name for name in EVERY if "healthcheck" in EVERY[name]])
def test_a_health_check_asks_where_the_service_listens(name: str) -> None:
    test = " ".join(EVERY[name]["healthcheck"]["test"])
    asked = re.findall(r"(?:127\.0\.0\.1[:/]|-p )(\d+)", test)
    assert asked
    assert set(asked) <= listens(name)


def test_the_database_is_made_as_the_services_know_it() -> None:
    own = environment(EVERY["postgres"])
    owner = (own["POSTGRES_USER"], own["POSTGRES_PASSWORD"])
    webhook = ("referrals_app", own["REFERRALS_DB_PASSWORD"])  # postgres/roles.sh, as the next
    grpc = ("referrals_grpc", own["REFERRALS_DB_GRPC_PASSWORD"])
    for name, service in of_ours(EVERY).items():
        theirs = environment(service)
        assert theirs["REFERRALS_DB_NAME"] == own["POSTGRES_DB"], name
        login = (theirs["REFERRALS_DB_USER"], theirs["REFERRALS_DB_PASSWORD"])
        assert login == {"migrate": owner, "grpc": grpc}.get(name, webhook), name
    assert len({password for _, password in (owner, webhook, grpc)}) == 3


def test_kafka_tells_clients_the_address_that_they_call() -> None:
    own = environment(EVERY["kafka"])
    broker = environment(EVERY["relay"])["KAFKA_BROKER"]
    assert own["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{broker}"
    assert f"--bootstrap-server {broker}" in EVERY["topics"]["command"][-1]


def test_a_topic_is_made_for_each_kind_of_event() -> None:
    script = EVERY["topics"]["command"][-1]
    topics = re.search(r"for topic in (.+); do", script)
    assert topics
    assert set(topics[1].split()) == {kind.type for kind in ReferralEvent.__subclasses__()}


def test_the_gateway_finds_its_upstreams() -> None:
    found = 0
    for cluster in ENVOY["clusters"]:
        for group in cluster["load_assignment"]["endpoints"]:
            for endpoint in group["lb_endpoints"]:
                host, port = address(endpoint["endpoint"]["address"])
                assert str(port) in listens(host)
                assert host in EVERY["gateway"]["depends_on"]
                found += 1
    assert found == len({"grpc", "webhook"})


def test_the_gateway_finds_its_files() -> None:
    mounts = [volume.split(":") for volume in EVERY["gateway"]["volumes"]]
    assert all((ROOT / source).is_file() and mode == "ro" for source, _, mode in mounts)
    targets = {target for _, target, _ in mounts}
    command = EVERY["gateway"]["command"]
    text = (ROOT / "gateway" / "envoy.yaml").read_text(encoding="utf-8")
    named = {command[command.index("--config-path") + 1], *re.findall(r"/etc/envoy/\S+", text)}
    assert named == targets


def test_published_ports_are_those_on_which_servers_listen() -> None:
    published = {
        name: [port.split(":") for port in service["ports"]]
        for name, service in EVERY.items()
        if "ports" in service
    }
    assert set(published) == {"postgres", "redis", "gateway"}
    for name, ports in published.items():
        for *host, outside, inside in ports:
            assert outside == inside
            assert inside in listens(name)
            assert host == ([] if name == "gateway" else ["127.0.0.1"])
