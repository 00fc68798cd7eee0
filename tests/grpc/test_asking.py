"""One question is asked for many, and nobody is bound by another's haste."""

from __future__ import annotations

import asyncio

import attrs
import pytest

from referrals_adapters.grpc.asking import Asking, OutOfTime


@attrs.define
class Neighbour:
    """Answers each time it is asked when it is told to, and notes who gave up."""

    answers: list[asyncio.Future[str]] = attrs.field(factory=list)

    async def ask(self) -> str:
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.answers.append(answer)
        return await answer


@pytest.fixture
def neighbour() -> Neighbour:
    return Neighbour()


@pytest.fixture
def asking() -> Asking[str, str]:
    return Asking()


async def turns() -> None:
    """Let everybody do what they can do."""
    for _ in range(10):
        await asyncio.sleep(0)


async def callers(
    asking: Asking[str, str], neighbour: Neighbour, number: int
) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(asking.answer("a", neighbour.ask)) for _ in range(number)]
    await turns()
    return tasks


async def test_many_who_ask_at_once_ask_once(
    asking: Asking[str, str], neighbour: Neighbour
) -> None:
    tasks = await callers(asking, neighbour, 20)
    (answer,) = neighbour.answers
    answer.set_result("yes")
    assert await asyncio.gather(*tasks) == ["yes"] * 20


async def test_an_answer_is_not_kept(asking: Asking[str, str], neighbour: Neighbour) -> None:
    for times in (1, 2):
        (task,) = await callers(asking, neighbour, 1)
        assert len(neighbour.answers) == times
        neighbour.answers[-1].set_result("yes")
        await task


async def test_two_questions_are_asked_side_by_side(
    asking: Asking[str, str], neighbour: Neighbour
) -> None:
    tasks = [asyncio.create_task(asking.answer(key, neighbour.ask)) for key in "ab"]
    await turns()
    for answer, text in zip(neighbour.answers, ("yes", "no"), strict=True):
        answer.set_result(text)
    assert await asyncio.gather(*tasks) == ["yes", "no"]


async def test_who_has_time_left_asks_again_when_the_first_has_none(
    asking: Asking[str, str], neighbour: Neighbour
) -> None:
    hurried, *patient = await callers(asking, neighbour, 4)
    neighbour.answers[0].set_exception(OutOfTime())
    await turns()
    assert len(neighbour.answers) == 2
    neighbour.answers[1].set_result("yes")
    assert await asyncio.gather(*patient) == ["yes"] * 3
    with pytest.raises(OutOfTime):
        await hurried


async def test_who_gives_up_does_not_stop_the_others(
    asking: Asking[str, str], neighbour: Neighbour
) -> None:
    first, second = await callers(asking, neighbour, 2)
    first.cancel()
    await turns()
    assert first.cancelled()
    neighbour.answers[0].set_result("yes")
    assert await second == "yes"


async def test_a_question_that_nobody_waits_for_is_dropped(
    asking: Asking[str, str], neighbour: Neighbour
) -> None:
    for task in await callers(asking, neighbour, 3):
        task.cancel()
    (task,) = await callers(asking, neighbour, 1)
    assert [answer.cancelled() for answer in neighbour.answers] == [True, False]
    neighbour.answers[1].set_result("yes")
    assert await task == "yes"


async def test_what_goes_wrong_is_told_to_all(
    asking: Asking[str, str], neighbour: Neighbour
) -> None:
    tasks = await callers(asking, neighbour, 3)
    neighbour.answers[0].set_exception(RuntimeError("bad"))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(result) for result in results] == ["bad"] * 3
