"""What was looked up once is told at once, and what cannot be looked up is not waited for."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.flow.remembered import MOST_A_LOOK_UP, Remembered
from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LONG = timedelta(seconds=10)
SHORT = timedelta(milliseconds=1)


class Source:
    """Where values are looked up; it may be away, and it may not answer."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.asked: list[set[str]] = []
        self.away = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def __call__(self, keys: Collection[str]) -> Mapping[str, str]:
        self.asked.append(set(keys))
        await self.answers.wait()
        if self.away:
            raise Unavailable("away")
        return {key: self.values[key] for key in keys if key in self.values}


def of(source: Source, *, most: int = 10, within: timedelta = LONG) -> Remembered[str, str]:
    return Remembered(look_up=source, most=most, within=within)


async def test_what_was_found_is_told_without_asking_again() -> None:
    source = Source(a="1")
    remembered = of(source)
    assert [await remembered.get("a") for _ in range(3)] == ["1"] * 3
    assert source.asked == [{"a"}]


async def test_and_while_nobody_answers() -> None:
    source = Source(a="1")
    remembered = of(source)
    await remembered.get("a")
    source.answers.clear()
    assert await remembered.get("a") == "1"


async def test_what_is_absent_is_asked_for_again() -> None:
    source = Source()
    remembered = of(source)
    assert await remembered.get("a") is None
    source.values["a"] = "1"
    assert await remembered.get("a") == "1"


async def test_many_who_ask_at_once_are_looked_up_together() -> None:
    source = Source(a="1", b="2")
    remembered = of(source)
    source.answers.clear()
    asked = [asyncio.create_task(remembered.get(key)) for key in "abab" * 20]
    await asyncio.sleep(0)
    source.answers.set()
    assert await asyncio.gather(*asked) == ["1", "2", "1", "2"] * 20
    assert len(source.asked) <= 2


async def test_who_is_not_answered_in_time_is_told_and_the_answer_is_remembered() -> None:
    source = Source(a="1")
    async with aclosing(of(source, within=SHORT)) as remembered:
        source.answers.clear()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(remembered.get("a"), 2)
        source.answers.set()
    assert await remembered.get("a") == "1"


async def test_who_asks_while_nobody_is_there_is_told() -> None:
    source = Source(a="1")
    source.away = True
    with pytest.raises(Unavailable):
        await of(source).get("a")


async def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    source = Source(a="1", b="2", c="3")
    remembered = of(source, most=2)
    for key in "abac":
        await remembered.get(key)
    source.away = True
    assert [await remembered.get(key) for key in "ac"] == ["1", "3"]
    with pytest.raises(Unavailable):
        await remembered.get("b")


async def test_however_much_is_asked_for_that_is_absent_the_rest_stays() -> None:
    source = Source(a="1")
    remembered = of(source, most=2)
    await remembered.get("a")
    for number in range(10):
        assert await remembered.get(str(number)) is None
    source.away = True
    assert await remembered.get("a") == "1"


async def test_a_refresh_finds_what_changed_and_what_is_gone() -> None:
    source = Source(a="1", b="2")
    remembered = of(source)
    await asyncio.gather(remembered.get("a"), remembered.get("b"))
    source.values = {"a": "3"}
    await remembered.refresh()
    source.answers.clear()
    assert await remembered.get("a") == "3"
    source.answers.set()
    assert await remembered.get("b") is None


async def test_a_refresh_that_fails_forgets_nothing() -> None:
    source = Source(a="1")
    remembered = of(source)
    await remembered.get("a")
    source.away = True
    with pytest.raises(Unavailable):
        await remembered.refresh()
    assert await remembered.get("a") == "1"


async def test_a_refresh_asks_for_a_few_at_a_time() -> None:
    keys = [str(number) for number in range(2 * MOST_A_LOOK_UP + 1)]
    source = Source(**dict.fromkeys(keys, "1"))
    remembered = of(source, most=len(keys))
    await asyncio.gather(*map(remembered.get, keys))
    source.asked.clear()
    await remembered.refresh()
    assert [len(asked) for asked in source.asked] == [MOST_A_LOOK_UP, MOST_A_LOOK_UP, 1]
    assert set().union(*source.asked) == set(keys)


async def test_a_refresh_does_not_change_what_is_forgotten_next() -> None:
    source = Source(a="1", b="2", c="3")
    remembered = of(source, most=2)
    for key in "ab":
        await remembered.get(key)
    await remembered.refresh()
    await remembered.get("c")
    source.away = True
    assert await remembered.get("b") == "2"
