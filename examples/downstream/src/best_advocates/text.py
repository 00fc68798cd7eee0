"""The report as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from best_advocates.rank_advocates import Ranking


def lines(ranking: Ranking, *, first: int) -> Iterator[str]:
    """Yield the lines of a report of the first of a ranking."""
    since, until = ranking.since.date(), ranking.until.date()
    yield f"Best advocates of {ranking.merchant_id}, {since} to {until}"
    if not ranking.standings:
        yield "Nobody's shares have completed."
        return
    yield f"{'advocate':>20}  {'shares':>6}  {'completed':>9}  {'at least':>8}"
    for one in ranking.standings[:first]:
        shares, completed = one.conversion.shares, one.conversion.completed
        yield f"{one.advocate:>20}  {shares:6}  {completed:9}  {one.at_least:8.1%}"
