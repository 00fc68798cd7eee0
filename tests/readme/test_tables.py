"""What the pages' tables and links say is so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.shopify.access import ALLOWANCES
from referrals_domain.model.funnel import Conversion
from referrals_domain.model.reconciliation import Lack
from referrals_webhook.reconcile import FIELDS
from tests.readme.pages import PAGES, README, ROOT, headings, table
from tests.readme.shopify import answers, paths

if TYPE_CHECKING:
    from pathlib import Path

WEBHOOK = ROOT / "services" / "referrals_webhook" / "README.md"
RECONCILE = ROOT / "docs" / "reconcile.md"
MISMATCH = (200, "shop_mismatch")
"""Never sent: such a body goes to the quarantine."""


async def test_the_shopify_apps_owner_reads_which_topics_go_where() -> None:
    rows = table(README, "The Shopify app's owner")
    told = {topic.strip("`"): url.strip("`") for topic, url, *_ in rows}
    assert told == {path.removeprefix("/"): path for path in await paths()}


def test_every_answer_to_shopify_is_told() -> None:
    rows = table(WEBHOOK, "What Shopify is answered")
    told = {
        (int(answer.split()[0]), word)
        for answer, _ in rows
        for word in re.findall(r"`(\w+)`", answer)
    }
    assert told == answers() - {MISMATCH}


def test_the_intervals_that_are_told_are_those_that_are_computed() -> None:
    for completed, shares, *told in table(ROOT / "docs" / "funnel.md", "Conversion"):
        conversion = Conversion(int(completed), int(shares.replace(",", "")))
        rates = (conversion.rate, *conversion.interval)
        assert told == [f"{round(100 * rate, 1):g} %" for rate in rates]


def test_what_may_be_asked_by_the_plan_is_what_is_told() -> None:
    told = [
        (plan, *(int(one.replace(",", "")) for one in figures))
        for plan, *figures in table(RECONCILE, "How much is asked")
    ]
    assert told == [
        (plan.value, one.requests, one.points, one.points_gathered)
        for plan, one in ALLOWANCES.items()
    ]


def test_every_field_of_what_a_sweep_finds_is_told() -> None:
    told = [word.strip("`") for word, _ in table(RECONCILE, "What is found")]
    assert told == [one for one in FIELDS if one not in {"shop", "since", "until"}]


def test_everything_that_an_order_may_lack_is_told() -> None:
    assert [word.strip("`") for word, _ in table(RECONCILE, "What an order lacks")] == [*Lack]


def test_the_rooms_of_the_domain_are_those_that_are_told() -> None:
    domain = ROOT / "packages" / "referrals_domain"
    told = [room.strip("`") for room, _ in table(domain / "README.md", "Rooms")]
    found = {path.stem for path in (domain / "src" / "referrals_domain").glob("[a-z]*")}
    assert sorted(told) == sorted(found - {"py"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        file, _, anchor = target.partition("#")
        leads_to = (page.parent / file) if file else page
        assert leads_to.exists(), target
        assert not anchor or anchor in map(_anchor, headings(leads_to)), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = re.findall(
        r"`((?:packages|services|proto|gateway|examples|docs|tests|\.ci)/[\w./-]+)",
        page.read_text(),
    )
    homes = (ROOT, page.parent)  # an example has tests of its own
    assert [file for file in named if not any((home / file).exists() for home in homes)] == []


def _anchor(heading: str) -> str:
    """Return what a forge calls a heading in a link."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
