"""An adapter that breaks a law fails with that law, and the report names it."""

from __future__ import annotations

import asyncio
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Final

BROKEN: Final = {
    "TestACommitThatDoesNot": {
        "TransactionContract: What was committed is there.",
        "TransactionContract: Of twenty concurrent writers one wins.",
    },
    "TestASaveThatIgnoresTheVersion": {
        "ReferralsContract: A second save from the same read is stale.",
        "ReferralsContract: A referral is opened once.",
        "ReferralsContract: A stale referral keeps the others from being saved.",
        "ReferralsContract: Of twenty concurrent saves one wins.",
    },
    "TestAnOutboxThatSurvivesARollback": {
        "OutboxContract: What was rolled back is never seen.",
    },
    "TestABatchThatLosesOne": {
        "DeliveriesContract: Of many in one call each is stored.",
    },
    "TestACacheThatFillsWithoutALease": {
        "StatusCacheContract: Nobody fills with a made up lease.",
    },
    "TestAnAcknowledgementOfWhatNeverArrived": {
        "EventPublisherContract: What is acknowledged has arrived and nothing else.",
    },
    "TestALeaderBesideALeader": {
        "LeadershipContract: Of many one leads at a time and each in turn.",
    },
    "TestAVerdictThatNobodyGave": {
        "MerchantValidatorContract: Who was not answered about is left out.",
    },
}
"""What the suites say of each class of `mutants.py`."""

_ROOT: Final = Path(__file__).parents[2]
_OPTIONS: Final = ("--noconftest", "--override-ini=addopts=", "--import-mode=importlib")
_FAILURE: Final = re.compile(
    r"^_+ (?P<mutant>\w+)\.test_\S+ _+$"
    r"(?:(?!^_+ ).)*?"
    r"^-+ The broken law -+\n(?P<suite>\w+): [^\n]+\n(?P<law>[^\n]+)$",
    re.MULTILINE | re.DOTALL,
)
_FAILED: Final = re.compile(r"^FAILED .*::(\w+)::", re.MULTILINE)


async def test_each_broken_law_is_found_and_named_and_no_other() -> None:
    told = await _tested("mutants.py")
    named: dict[str, set[str]] = {}
    for mutant, suite, law in _FAILURE.findall(told):
        named.setdefault(mutant, set()).add(f"{suite}: {law}")
    assert named == BROKEN, told
    assert len(_FAILED.findall(told)) == sum(map(len, BROKEN.values())), told
    assert " error" not in told.splitlines()[-1]
    assert re.search(r"^E +assert 20 == 1$", told, re.MULTILINE), "the values are not shown"


async def _tested(file: str) -> str:
    """Return what pytest prints of a file next to this one."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", *_OPTIONS, str(Path(__file__).with_name(file))),
        cwd=_ROOT,
        stdout=PIPE,
    )
    told, _ = await process.communicate()
    return told.decode()
