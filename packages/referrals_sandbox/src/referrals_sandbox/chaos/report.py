"""What a chaos run found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import attrs

from referrals_sandbox.chaos.comparison import Verdict

_SHOWN: Final = 10  # findings of a kind


@attrs.frozen(kw_only=True)
class Lossy:
    """
    What became of the shop of which Shopify does not tell all.

    Args:
        orders: How many orders were placed there.
        dropped: How many webhooks were never posted.
        given_up: How many were posted in vain, or not at all, for nobody subscribed any more.
        taken_in: How often a sweep took in what was missing.
    """

    orders: int
    dropped: int
    given_up: int
    taken_in: int


@attrs.frozen(kw_only=True)
class Report:
    """
    What a run found.

    Args:
        verdict: What the comparison found.
        hits: How many faults of each kind hit work that was under way.
        misses: How many of each kind found nothing under way; they prove nothing.
        recovery: How long each kind was felt after its end, at the longest, in seconds: until
            an order that came afterwards was completed and published, and a reader was answered.
        lossy: What became of the shop of which Shopify does not tell all.
    """

    verdict: Verdict
    hits: Mapping[str, int]
    misses: Mapping[str, int]
    recovery: Mapping[str, float]
    lossy: Lossy

    def as_json(self) -> str:
        """Return it as JSON."""
        verdict = self.verdict
        return json.dumps(
            {
                "acknowledged": verdict.acknowledged,
                "deliveries": verdict.deliveries,
                "reversed": verdict.reversed,
                "faults": dict(sorted(self.hits.items())),
                **verdict.counts,
                "duplicates_dropped": verdict.duplicates_dropped,
                "lossy_shop": attrs.asdict(self.lossy),
                "recovery_seconds": {
                    fault: round(felt, 1) for fault, felt in sorted(self.recovery.items())
                },
            },
            indent=2,
        )

    def as_text(self) -> str:
        """Return it in words."""
        verdict = self.verdict
        lines = [
            f"orders acknowledged  {verdict.acknowledged:6}",
            f"deliveries           {verdict.deliveries:6}",
            f"reversed             {verdict.reversed:6}",
            f"copies dropped       {verdict.duplicates_dropped:6}",
            f"orders at Shopify    {self.lossy.orders:6}",
            f"webhooks dropped     {self.lossy.dropped:6}",
            f"webhooks given up    {self.lossy.given_up:6}",
            f"taken in by sweeps   {self.lossy.taken_in:6}",
            "",
            "fault                        hit  missed  felt after it, s",
        ]
        for fault in sorted({*self.hits, *self.misses}):
            hit, missed = self.hits.get(fault, 0), self.misses.get(fault, 0)
            lines.append(f"{fault:28} {hit:3}  {missed:6}  {self.recovery.get(fault, 0):16.1f}")
        lines.append(f"{'all':28} {sum(self.hits.values()):3}")
        lines.append("")
        for kind, findings in verdict.findings.items():
            lines.append(f"{kind.replace('_', ' '):20} {len(findings):6}")
            lines += [f"  {finding}" for finding in findings[:_SHOWN]]
        if verdict.holds and verdict.acknowledged:
            bound = 3 / verdict.acknowledged
            lines.append(f"0 in {verdict.acknowledged} orders is < {bound:.2%} at 95 %")
        return "\n".join(lines)
