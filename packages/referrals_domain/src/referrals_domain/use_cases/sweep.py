"""Go through all that is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from referrals_domain.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from referrals_domain.ports.due_referrals import Due


async def sweep(
    page: Callable[[Due | None], Awaitable[Sequence[Due]]],
    work: Callable[[Sequence[Due]], Awaitable[int]],
) -> int:
    """
    Work off page by page; one by one, if something stands in the way of the others of its page.

    Args:
        page: Returns the page behind a place, or the first.
        work: Works off a page, all or none, and returns how many referrals changed.

    Returns:
        How many referrals changed.

    Raises:
        Unavailable: The database is away.
        ExceptionGroup: Some met unforeseen errors; the others are done.
    """
    changed, failures, last = 0, list[Exception](), None

    async def work_off(dues: Sequence[Due]) -> int:
        try:
            return await work(dues)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold up others
            if len(dues) > 1:
                return sum([await work_off([due]) for due in dues])
            failures.append(error)
            return 0

    while dues := await page(last):
        last = dues[-1]
        changed += await work_off(dues)
    if failures:
        raise ExceptionGroup("some referrals could not be moved on", failures)
    return changed
