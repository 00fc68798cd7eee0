"""What pages with charts are made of, and where they go."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from referrals_sandbox.pages.charts import Bar, Column, Interval, bars, columns, intervals
from referrals_sandbox.pages.file import require_folder, write
from referrals_sandbox.pages.page import page, table, verdict
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<b>"


@pytest.mark.parametrize(
    "html",
    [
        page(title=HOSTILE, parts=()),
        verdict(HOSTILE, holds=True),
        table((HOSTILE, ""), [(HOSTILE, "")]),
        bars([Bar(HOSTILE, ((HOSTILE, 1.0),), HOSTILE)], title=HOSTILE),
        columns([Column(HOSTILE, HOSTILE, 1.0, HOSTILE)], title=HOSTILE),
        intervals([Interval(HOSTILE, 1.0, 1.0, 1.0, 1.0, HOSTILE)], title=HOSTILE),
    ],
    ids=["page", "verdict", "table", "bars", "columns", "intervals"],
)
def test_what_a_page_tells_is_text(html: str) -> None:
    assert HOSTILE not in html
    assert "&lt;b&gt;" in html


def test_columns_stand_on_one_floor_to_one_scale() -> None:
    html = columns([Column("a", "value", 2.0, "2"), Column("b", "beside", 1.0, "1")], title="All")

    found = re.findall(
        r'class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', html
    )
    (_, x, y, wide, high), (_, beside_x, beside_y, _, beside_high) = found
    assert [kind for kind, *_ in found] == ["value", "beside"]
    assert float(high) == 2 * float(beside_high)
    assert float(y) + float(high) == float(beside_y) + float(beside_high)
    assert float(x) + float(wide) < float(beside_x)


@pytest.mark.parametrize("sizes", [[], [0.0]])
def test_nothing_can_be_drawn(sizes: list[float]) -> None:
    assert "<svg" in columns([Column("a", "value", size, "0") for size in sizes], title="None")
    assert "<svg" in bars([Bar("a", (("value", size),), "0") for size in sizes], title="None")
    drawn = intervals([Interval("a", size, size, size, size, "0") for size in sizes], title="None")
    assert "<svg" in drawn


def test_a_page_without_a_folder_is_refused_before_there_is_one(tmp_path: Path) -> None:
    require_folder(None)
    require_folder(tmp_path / "page.html")
    with pytest.raises(SandboxError, match="there is no such folder"):
        require_folder(tmp_path / "nowhere" / "page.html")


def test_a_page_is_written_whole_or_it_is_said_why_not(tmp_path: Path) -> None:
    write(tmp_path / "page.html", "é")

    assert (tmp_path / "page.html").read_bytes() == "é".encode()
    with pytest.raises(SandboxError, match="Is a directory"):
        write(tmp_path, "é")
