"""Shopify's sample, changed as nobody thought of, is answered 200 and kept as its parts say."""

from __future__ import annotations

import json
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from referrals_adapters.shopify.payloads import UnreadableOrder
from tests.shopify.test_fuzzed_bodies import JSON
from tests.waiting import until
from tests.webhook.door import (
    NO_SIGNAL,
    QUARANTINED,
    REPEATED,
    STORED,
    Door,
    assert_discreet,
    personal,
)
from tests.webhook.orders import as_read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_domain.model.order import OrderFacts
    from tests.webhook.door import Kept
    from tests.webhook.program import Program

Path: TypeAlias = tuple[str | int, ...]
MANY: Final = settings(
    max_examples=110, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
AT_ONCE: Final = 8
"""Bodies an example: so many are on their way at a time, which tries more in less time."""

SAMPLE: Final = personal(
    order_status_url="https://acme.myshopify.com/1/orders/b1",
    cancelled_at="2026-11-21T10:15:30-05:00",
    refunds=[
        {
            "id": 1,
            "transactions": [
                {"kind": "refund", "status": "success", "amount": "1.00", "currency": "USD"}
            ],
        }
    ],
)


def paths(value: Any, way: Path = ()) -> Iterator[Path]:
    """Yield where everything within a value is."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for step, one in inner:
        yield (*way, step)
        if isinstance(one, dict | list):
            yield from paths(one, (*way, step))


PATHS: Final = list(paths(json.loads(SAMPLE)))


def nested(depth: int, value: Any) -> Any:
    """Return a value within so many lists and objects."""
    for level in range(depth):
        value = [value] if level % 2 else {"id": value}
    return value


def change(place: Any, last: str | int, draw: st.DrawFn) -> None:
    """Replace what is in a place, wrap it, give it another type, or take it away."""
    value = place[last]
    changed: list[st.SearchStrategy[Any]] = [
        JSON,
        st.sampled_from([str(value), repr(value), bool(value), json.dumps(value)]),
        st.sampled_from([[value], {"id": value}, [value, value]]),
        st.integers(1, 400).map(lambda depth: nested(depth, value)),
    ]
    if draw(st.integers(0, 4)):
        place[last] = draw(st.one_of(changed))
    else:
        del place[last]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Return the sample with fields replaced, deleted, of another type, doubled or nested."""
    order = json.loads(SAMPLE)
    for *way, last in draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)):
        place = order
        with suppress(KeyError, IndexError, TypeError):  # an earlier change took it away
            for step in way:
                place = place[step]
            change(place, last, draw)
    return json.dumps(order).encode()


@st.composite
def flipped(draw: st.DrawFn) -> bytes:
    """Return the sample with bytes changed, cut out, put in and doubled."""
    raw = SAMPLE
    for _ in range(draw(st.integers(1, 2))):
        start = draw(st.integers(0, len(raw)))
        end = start + draw(st.integers(0, 3))
        inserted = draw(st.binary(max_size=3) | st.just(raw[start : start + 60]))
        raw = raw[:start] + inserted + raw[end:]
    return raw


async def assert_answered_and_kept(
    door: Door, kept: Kept, bodies: st.SearchStrategy[list[bytes]]
) -> None:
    """Post bodies until enough were tried; then check what PostgreSQL holds of them all."""
    stored: set[OrderFacts] = set()
    quarantined: dict[bytes, str] = {}

    @MANY
    @given(bodies=bodies)
    def post(bodies: list[bytes]) -> None:
        for body, answer in zip(bodies, door.post_all(bodies), strict=True):
            try:
                order = as_read(body)
            except UnreadableOrder as error:
                assert answer == QUARANTINED
                quarantined[body] = error.reason
                continue
            assert answer in ({STORED, REPEATED} if order.counts else {NO_SIGNAL})
            if order.counts:
                stored.add(order.facts)

    post()
    assert {
        facts for id_ in {one.order_id for one in stored} for facts in await kept.facts(id_)
    } >= stored
    assert {body: await kept.reason(body) for body in quarantined} == quarantined


async def test_fields_changed(door: Door, kept: Kept) -> None:
    await assert_answered_and_kept(
        door, kept, st.lists(mutated(), min_size=AT_ONCE, max_size=AT_ONCE)
    )


async def test_bytes_changed(door: Door, kept: Kept) -> None:
    await assert_answered_and_kept(
        door, kept, st.lists(flipped(), min_size=AT_ONCE, max_size=AT_ONCE)
    )


async def test_workers_finish_whatever_was_stored(
    door: Door, kept: Kept, program: Program
) -> None:
    stored = [personal(id=2**66), personal(currency="KWD", total_price="12.345")]
    stored += [personal(customer=None), personal(customer={"id": 10**20 - 1})]
    assert door.post_all(stored) == [STORED] * len(stored)
    worker = program.start("run", "--role", "worker", REFERRALS_DB_NAME=door.database.name)

    async def is_done() -> bool:
        return await kept.waiting() == 0

    await until(is_done)
    worker.send(signal.SIGTERM)
    assert await worker.exit_code() == 0
    assert_discreet(worker.child.log_text)
