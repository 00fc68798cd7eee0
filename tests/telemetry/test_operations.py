"""The page for operators names every metric, and only texts that are logged."""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from referrals_adapters.telemetry.metrics import Metrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()


def test_every_metric_is_explained_with_its_labels_and_no_other() -> None:
    explained = dict(re.findall(r"^\| `(referrals_\w+)` \|(.*?)\|", PAGE, re.MULTILINE))
    families = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in Metrics().registry.collect()
    }
    assert explained.keys() == families
    labels = {name.removesuffix("_total"): text.strip() for name, text in explained.items()}
    metrics = [one for one in vars(Metrics()).values() if isinstance(one, MetricWrapperBase)]
    assert len(metrics) == len(families)
    for metric in metrics:
        names = metric._labelnames  # noqa: SLF001 - it is told nowhere else
        (family,) = metric.describe()
        assert ", ".join(f"`{name}`" for name in names) == labels[family.name]


def test_what_to_look_for_in_logs_is_logged() -> None:
    sought = re.findall(r"Look for (.+?) in the|^\| A line (.+?) \|", PAGE, re.MULTILINE)
    quoted = [text for line in sought for text in re.findall(r"`([^`]+)`", "".join(line))]
    texts = [text for text in quoted if not text.startswith("referrals_")]
    sources = "".join(
        path.read_text()
        for folder in ("packages/referrals_adapters", "services")
        for path in (ROOT / folder).rglob("src/**/*.py")
    )
    assert texts
    assert [text for text in texts if f'"{text}' not in sources] == []
