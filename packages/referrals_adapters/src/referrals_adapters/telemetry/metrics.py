"""
What is counted and measured, for Prometheus.

Labels come from lists of our own, so that their number is bounded: no ids, no texts of others.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

if TYPE_CHECKING:
    from collections.abc import Iterator


class Metrics:
    """
    Everything that one process counts; what it has no part in stays empty.

    Args:
        registry: Where Prometheus reads it; of its own by default.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        counter, gauge = self._counter, self._gauge
        self.answers = counter(
            "referrals_webhook_answers", "Webhook calls by what became of them", "topic", "answer"
        )
        self.outcomes = counter(
            "referrals_delivery_outcomes", "Deliveries that workers finished", "outcome"
        )
        self.decisions = counter(
            "referrals_decisions", "Changes of a referral's status or cause", "status", "cause"
        )
        self.published = counter(
            "referrals_events_published", "Events that Kafka acknowledged", "type"
        )
        self.refused = counter("referrals_events_refused", "Events that Kafka refused", "type")
        self.cache_reads = counter(
            "referrals_cache_reads", "Reads of the status cache: hit, miss or away", "outcome"
        )
        self.invalidations = counter(
            "referrals_cache_invalidations", "Invalidations: applied or missed", "outcome"
        )
        self.calls = counter("referrals_grpc_calls", "gRPC calls by their end", "method", "code")
        self.calls_in_flight = gauge("referrals_grpc_calls_in_flight", "gRPC calls under way")
        self.breaker_open = gauge(
            "referrals_breaker_open", "1 while a server is not asked because it failed", "breaker"
        )
        self.waiting = gauge(
            "referrals_backlog", "Rows that wait: deliveries, events, statuses, bodies", "table"
        )
        self.oldest = gauge(
            "referrals_backlog_oldest_seconds", "How long the oldest of them has waited", "table"
        )

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)


@contextmanager
def exposed(metrics: Metrics, host: str, port: int) -> Iterator[int]:
    """
    Answer `GET /metrics` within the block, from a thread; yield the port, should it be chosen.

    Raises:
        OSError: The address is taken, or is none of this machine.
    """
    server, thread = start_http_server(port, host, metrics.registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
