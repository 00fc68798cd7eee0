"""Who waits for a chaos run hears how far it is."""

from __future__ import annotations

import asyncio

import pytest

from referrals_sandbox.chaos.telling import tell


async def test_it_tells_of_the_time_and_then_that_it_waits(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await tell(lambda: "3 posts under way", seconds=0.1, every=0.04)
    said = capsys.readouterr()
    first, *_, last = said.err.splitlines()
    assert first == "0 s of 0.1 s: 3 posts under way"
    assert last == "0 s and waiting until all is at rest: 3 posts under way"
    assert said.out == ""
