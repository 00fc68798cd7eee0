"""Prometheus can read what was counted."""

from __future__ import annotations

from datetime import timedelta

import httpx

from referrals_adapters.flow.breaker import Breaker
from referrals_adapters.system.address import Address
from referrals_adapters.telemetry.metrics import Metrics, exposed


def test_what_was_counted_can_be_read_and_the_port_is_free_afterwards() -> None:
    metrics = Metrics()
    metrics.answered("orders/create", "stored")
    listener = Address("127.0.0.1", 0).listen()
    at = Address.of(listener)
    with exposed(metrics, listener):
        text = httpx.get(f"http://{at}/metrics", trust_env=False).text
    assert 'referrals_webhook_answers_total{answer="stored",topic="orders/create"} 1.0' in text
    at.listen().close()


def test_a_breaker_is_told_of_as_it_is_when_asked() -> None:
    metrics, breaker = Metrics(), Breaker(failures=1, rest=timedelta(hours=1))
    metrics.watch("redis", breaker)
    labels = {"breaker": "redis"}
    assert metrics.registry.get_sample_value("referrals_breaker_open", labels) == 0
    breaker.failed()
    assert metrics.registry.get_sample_value("referrals_breaker_open", labels) == 1
