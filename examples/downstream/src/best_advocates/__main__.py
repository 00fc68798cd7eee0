"""The command `best-advocates`, and the one place where the application is put together."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from best_advocates.machine_clock import MachineClock
from best_advocates.rank_advocates import RankAdvocates
from best_advocates.saved_answers import UnreadableAnswer, read_answers
from best_advocates.text import lines
from referrals_domain.model.identifiers import MerchantId
from referrals_domain.testing.memory.store import InMemoryStore
from referrals_domain.testing.time_and_chance import FixedClock
from referrals_domain.use_cases.list_referrals import ListReferrals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from referrals_domain.model.referral import Referral
    from referrals_domain.ports.clock import Clock

_EXITS = """\
exit codes:
  0  the report is on standard output
  1  the answers could not be read; standard error tells why
  2  the command line is wrong
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report and return how it went."""
    wanted = _parser().parse_args(arguments)
    clock = FixedClock(wanted.now) if wanted.now else MachineClock()
    try:
        with wanted.answers.open(encoding="utf-8") as answers:
            rank_advocates = put_together(read_answers(answers), clock)
    except (OSError, UnicodeDecodeError, UnreadableAnswer) as error:
        print(f"best-advocates: {wanted.answers}: {error}", file=sys.stderr)
        return 1
    ranking = asyncio.run(rank_advocates(wanted.merchant, lately=timedelta(days=wanted.days)))
    print(*lines(ranking, first=wanted.first), sep="\n")
    return 0


def put_together(referrals: Iterable[Referral], clock: Clock) -> RankAdvocates:
    """Return the use case over these referrals: one night's fit into memory."""
    store = InMemoryStore()
    store.state.referrals |= {referral.key: referral for referral in referrals}
    return RankAdvocates(list_referrals=ListReferrals(begin=store.begin), clock=clock)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="best-advocates",
        description="Report which advocates of a merchant bring most friends for their shares.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "answers", type=Path, help="a file of ListReferrals' answers as JSON, a line each"
    )
    parser.add_argument("--merchant", type=MerchantId, required=True, help="whose advocates")
    parser.add_argument("--days", type=_count, default=30, help="how far back (%(default)s)")
    parser.add_argument("--first", type=_count, default=10, help="how many (%(default)s)")
    parser.add_argument("--now", type=_time, help="report as of this time, in ISO 8601, UTC (now)")
    return parser


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
