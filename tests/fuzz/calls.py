"""What is fuzzed: webhook calls of one shop, one after the other, written down as bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from referrals_domain.model.delivery import Topic
from referrals_domain.model.privacy import PrivacyTopic
from referrals_domain.testing.builders import CODE

TOPICS: Final = tuple(topic.encode() for topic in (*Topic, *PrivacyTopic))
"""The topics that Shopify posts."""

MOST_CALLS: Final = 4
"""How many calls of an input are made; its remainder is the last one's body."""

_CORPUS: Final = Path(__file__).with_name("corpus")
_SAMPLES: Final = Path(__file__).parents[1] / "shopify"
_BETWEEN: Final = b"\n---\n"


class Call(NamedTuple):
    """
    One call.

    Args:
        topic: What it is posted to; any bytes.
        body: The body, which is signed; any bytes.
    """

    topic: bytes
    body: bytes


def read(raw: bytes) -> list[Call]:
    """Read the calls of an input: every bytes are some."""
    parts = raw.split(_BETWEEN, MOST_CALLS - 1)
    return [Call(*part.partition(b"\n")[::2]) for part in parts]


def written(calls: list[Call]) -> bytes:
    """Write calls down as an input."""
    return _BETWEEN.join(call.topic + b"\n" + call.body for call in calls)


def seeds() -> dict[str, bytes]:
    """Return the inputs that others are made of, by their names."""
    samples = {
        path.stem: written([Call(topic, path.read_bytes().replace(b"K7Q2", CODE.encode()))])
        for topic in (b"orders/create", b"refunds/create")
        for path in [_SAMPLES / f"{topic.decode().replace('/', '_')}.json"]
    }
    return samples | {path.name: path.read_bytes() for path in sorted(_CORPUS.iterdir())}
