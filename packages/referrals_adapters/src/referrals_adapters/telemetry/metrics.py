"""
What is counted and measured, for Prometheus.

Labels come from lists of our own, so that their number is bounded: no ids, no texts of others.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from math import log10
from socketserver import ThreadingMixIn
from threading import Thread
from typing import TYPE_CHECKING, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, make_wsgi_app

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from datetime import timedelta

    from referrals_adapters.flow.breaker import Breaker

_POLL: Final = 0.1  # seconds between two looks whether to stop


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
        self._answers_of = cache(self.answers.labels)
        self.links_followed = counter(
            "referrals_links_followed", "Calls of links by what became of them", "outcome"
        )
        self.outcomes = counter(
            "referrals_delivery_outcomes", "Deliveries that workers finished", "outcome"
        )
        self.decisions = counter(
            "referrals_decisions", "Changes of a referral's status or cause", "status", "cause"
        )
        self.orders_reconciled = counter(
            "referrals_orders_reconciled",
            "Orders that were held against Shopify's, by what was found",
            "found",
        )
        self.forgotten = counter(
            "referrals_forgotten", "Rows that were deleted because their term was over", "table"
        )
        self.published = counter(
            "referrals_events_published", "Events that Kafka acknowledged", "type"
        )
        self.cache_reads = counter(
            "referrals_cache_reads",
            "Reads of the status cache; without a lease somebody else has it, or Redis is away",
            "outcome",
        )
        self.invalidations = counter(
            "referrals_cache_invalidations", "Invalidations: applied or missed", "outcome"
        )
        self.cache_checks = counter(
            "referrals_cache_checks",
            "Changes after which the cache was compared with the database, so many seconds later",
            "lag",
            "outcome",
        )
        self.cache_nines = gauge(
            "referrals_cache_nines",
            "How many nines the share of right checks has",
            "lag",
        )
        self.calls = counter("referrals_grpc_calls", "gRPC calls by their end", "method", "code")
        self.calls_in_flight = gauge("referrals_grpc_calls_in_flight", "gRPC calls under way")
        self.breaker_open = gauge(
            "referrals_breaker_open", "1 while a server is not asked because it failed", "breaker"
        )
        self.waiting = gauge(
            "referrals_backlog_rows", "Rows of a table that wait for somebody", "table"
        )
        self.oldest = gauge(
            "referrals_backlog_oldest_seconds", "How long the oldest such row has waited", "table"
        )

    def answered(self, topic: str, answer: str) -> None:
        """Count an answer to a webhook call."""
        self._answers_of(topic, answer).inc()

    def cache_checked(self, lag: timedelta, outcome: str, *, checked: int, wrong: int) -> None:
        """
        Count a check of the cache, and tell the nines.

        A single wrong one that was not found yet is allowed for: until the first is found, the
        nines are as many as so many checks can prove.

        Args:
            lag: How long after the change it was.
            outcome: What was found.
            checked: How many were checked so far at this lag.
            wrong: How many of them were wrong.
        """
        seconds = f"{lag.total_seconds():.0f}"
        self.cache_checks.labels(seconds, outcome).inc()
        self.cache_nines.labels(seconds).set(log10(checked / max(wrong, 1)))

    def reconciled(self, found: str, number: int) -> None:
        """Count orders of a sweep."""
        self.orders_reconciled.labels(found).inc(number)

    def followed(self, outcome: str) -> None:
        """Count a call of a link."""
        self.links_followed.labels(outcome).inc()

    def watch(self, name: str, breaker: Breaker) -> None:
        """Tell of a breaker whether it is open, whenever somebody asks."""
        self.breaker_open.labels(name).set_function(lambda: breaker.is_open)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(name, what, labels, registry=self.registry)


class _Server(ThreadingMixIn, WSGIServer):
    """A server on a socket that listens already; each answer has a thread, which ends with us."""

    daemon_threads = True

    def __init__(self, listener: socket.socket, registry: CollectorRegistry) -> None:
        super().__init__(listener.getsockname(), _Silent, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port, *_ = listener.getsockname()
        self.setup_environ()
        self.set_app(make_wsgi_app(registry))


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Write nothing: Prometheus asks every few seconds."""


@contextmanager
def exposed(metrics: Metrics, listener: socket.socket) -> Iterator[None]:
    """
    Answer `GET /metrics` within the block, from threads, and close the socket in the end.

    Args:
        metrics: What to tell.
        listener: A socket that listens.
    """
    with _Server(listener, metrics.registry) as server:
        thread = Thread(target=server.serve_forever, args=(_POLL,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
