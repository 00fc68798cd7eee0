"""The page about privacy names every column that there is, and the terms that hold."""

from __future__ import annotations

import re
from typing import Final

import pytest

from referrals_adapters.kafka.settings import DEFAULT_RETENTION
from referrals_adapters.postgres.tables import metadata
from referrals_adapters.redis.lifetimes import Lifetimes
from referrals_domain.model.retention import LONGEST, SHORTEST, TERMS, Kept
from tests.readme.pages import ROOT, table

PAGE: Final = ROOT / "docs" / "privacy.md"
ROWS: Final = {
    name.strip("`"): (re.findall(r"`(\w+)`", columns), whom, term)
    for name, columns, whom, _, term in (
        row for row in table(PAGE, "What is kept") if len(row) == 5
    )
}


def test_every_table_is_named_with_every_column() -> None:
    named = {name: columns for name, (columns, *_) in ROWS.items()}
    assert named == {one.name: [column.name for column in one.c] for one in metadata.sorted_tables}


@pytest.mark.parametrize("kept", Kept)
def test_the_terms_are_those_of_the_janitor(kept: Kept) -> None:
    *_, term = ROWS[kept]
    assert re.findall(r"(\d+) days", term) == [str(TERMS[kept].days)]


def test_no_other_table_has_a_term_in_days() -> None:
    others = {name for name, (*_, term) in ROWS.items() if "days" in term}
    assert others == set(Kept)


def test_who_has_a_customers_id_is_said_to() -> None:
    for name, (columns, whom, _) in ROWS.items():
        if "customer_id" in columns:
            assert "A" in whom, name
        if "referred_customer_id" in columns:
            assert "F" in whom, name


def test_the_other_terms_are_those_of_the_code() -> None:
    text = " ".join(PAGE.read_text().split())
    assert f"{SHORTEST.days} to {LONGEST.days:,} days after the last change" in text
    assert f"| {DEFAULT_RETENTION.days} days, or `KAFKA_RETENTION_DAYS`" in text
    assert f"| {Lifetimes().longest.total_seconds() / 60:g} minutes at most |" in text
