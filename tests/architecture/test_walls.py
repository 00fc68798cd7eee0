"""The walls hold: a violation planted in a copy breaks the contract that is named for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.architecture.house import ROOT, copied, lint

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

DOMAIN = "packages/referrals_domain/src/referrals_domain"
ADAPTERS = "packages/referrals_adapters/src/referrals_adapters"
GRPC = "services/referrals_grpc/src/referrals_grpc"
WEBHOOK = "services/referrals_webhook/src/referrals_webhook"
SQL = "\nimport sqlalchemy\n"


def test_the_house_as_it_stands_keeps_every_contract() -> None:
    report = lint(ROOT)
    assert report.returncode == 0, report.stdout
    assert "0 broken" in report.stdout


@pytest.mark.parametrize(
    "planted",
    [
        SQL,
        "\ndef _nested() -> None:\n    import sqlalchemy\n",
        "\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import sqlalchemy\n",
    ],
    ids=["at the top", "in a function", "under TYPE_CHECKING"],
)
def test_sql_in_the_domain_breaks_a_contract_that_says_what_to_do(
    tmp_path: Path, planted: str
) -> None:
    report = _lint_with(tmp_path, f"{DOMAIN}/model/money.py", planted)

    assert report.returncode == 1
    assert "The domain stands on attrs and the standard library BROKEN" in report.stdout
    assert "Say what you need as a port" in report.stdout
    assert "SQL lives in referrals_adapters.postgres BROKEN" in report.stdout


@pytest.mark.parametrize(
    ("file", "planted", "broken"),
    [
        pytest.param(
            f"{ADAPTERS}/redis/client.py",
            "\nfrom referrals_adapters.postgres import engine\n",
            "The rooms of the adapters are independent; wire and flow serve all",
            id="adapter to adapter",
        ),
        pytest.param(
            f"{ADAPTERS}/redis/client.py",
            "\nfrom referrals_domain.use_cases import share_links\n",
            "Adapters implement ports; they never call use cases",
            id="adapter to use case",
        ),
        pytest.param(
            f"{WEBHOOK}/app.py",
            "\nimport referrals_grpc.servicer\n",
            "Sandbox, then services, then adapters, then domain",
            id="service to service",
        ),
        pytest.param(
            f"{DOMAIN}/use_cases/share_links.py",
            "\nfrom referrals_adapters.system import clock\n",
            "Sandbox, then services, then adapters, then domain",
            id="domain to adapter",
        ),
        pytest.param(
            f"{DOMAIN}/model/link.py",
            "\nfrom referrals_domain.ports import clock\n",
            "The rooms of the domain: testing, use cases, ports, model, errors",
            id="model to port",
        ),
        pytest.param(
            f"{GRPC}/servicer.py",
            "\nfrom dependency_injector.wiring import inject\n",
            "Only a service's container knows dependency-injector",
            id="inject outside the container",
        ),
        pytest.param(
            f"{WEBHOOK}/handlers.py",
            "\nfrom google.protobuf import message\n",
            "gRPC and protobuf stay at the edge",
            id="protobuf past the edge",
        ),
        pytest.param(
            f"{WEBHOOK}/handlers.py",
            "\nimport redis\n",
            "Redis lives in referrals_adapters.redis",
            id="redis away from home",
        ),
        pytest.param(
            f"{WEBHOOK}/relay.py",
            "\nimport aiokafka\n",
            "Kafka lives in referrals_adapters.kafka",
            id="kafka away from home",
        ),
        pytest.param(
            f"{GRPC}/server.py",
            "\nimport prometheus_client\n",
            "How things are logged and counted is decided in referrals_adapters.telemetry",
            id="metrics away from home",
        ),
        pytest.param(
            f"{DOMAIN}/model/money.py",
            "\nimport pytest\n",
            "What only tests need lives in referrals_domain.testing",
            id="pytest away from home",
        ),
        pytest.param(
            f"{WEBHOOK}/worker.py",
            "\nfrom referrals_domain.use_cases.docket import Docket\n",
            "Services use the library as other teams may",
            id="service to a part of a use case",
        ),
        pytest.param(
            f"{ADAPTERS}/shopify/body.py",
            "\nimport numpy\n",
            "Adapters and services use the libraries that somebody chose",
            id="a library that nobody listed",
        ),
        pytest.param(
            f"{DOMAIN}/model/decision.py",
            "\nimport time\n",
            "The model has no clock, no chance and no concurrency",
            id="a clock in the model",
        ),
        pytest.param(
            f"{DOMAIN}/model/code.py",
            "\nimport random\n",
            "The model has no clock, no chance and no concurrency",
            id="chance in the model",
        ),
        pytest.param(
            f"{DOMAIN}/helpers.py",
            '"""A stray module."""\n',
            "The rooms of the domain: testing, use cases, ports, model, errors",
            id="a stray module of the domain",
        ),
        pytest.param(
            f"{ADAPTERS}/common.py",
            '"""A stray module."""\n',
            "The rooms of the adapters are independent; wire and flow serve all",
            id="a stray module of the adapters",
        ),
        pytest.param(
            f"{ADAPTERS}/kafka/settings.py",
            "\nfrom referrals_adapters.kafka import producer\n",
            "No cycles between siblings",
            id="a cycle",
        ),
    ],
)
def test_a_violation_breaks_the_contract_that_is_named_for_it(
    tmp_path: Path, file: str, planted: str, broken: str
) -> None:
    report = _lint_with(tmp_path, file, planted)
    assert report.returncode == 1
    assert f"{broken} BROKEN" in report.stdout


def _lint_with(folder: Path, file: str, planted: str) -> subprocess.CompletedProcess[str]:
    """Check a copy of the house in which something was added to a file."""
    copied(folder)
    with (folder / file).open("a", encoding="utf-8") as module:
        module.write(planted)
    return lint(folder)
