"""A file keeps the laws of a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_domain.model.identifiers import ReferralId
from referrals_domain.testing.contracts.event_publisher import (
    Arrivals,
    Arrived,
    EventPublisherContract,
)
from sqlite_adapters.publisher import FilePublisher

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class TestFilePublisher(EventPublisherContract):
    @pytest.fixture
    def publisher(self, tmp_path: Path) -> FilePublisher:
        return FilePublisher(tmp_path / "events")

    @pytest.fixture
    def arrivals(self, publisher: FilePublisher) -> Arrivals:
        async def arrived() -> Sequence[Arrived]:
            lines = publisher.path.read_bytes().splitlines()
            events = [line.split(b"\t", 3) for line in lines]
            return [
                Arrived(ReferralId(referral.decode()), payload)
                for _, _, referral, payload in events
            ]

        return arrived

    @pytest.fixture
    def impossible(self) -> bytes:
        return b"{\n}"
