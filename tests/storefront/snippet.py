"""The line that a merchant puts into the theme, as the page about it shows it."""

from __future__ import annotations

from typing import Final

from tests.readme.pages import ROOT, blocks

PAGE: Final = str((ROOT / "docs" / "storefront.md").relative_to(ROOT))
HOST: Final = "https://referrals.example.com"

(LINE,) = (
    block.text.strip() for block in blocks() if (block.page, block.language) == (PAGE, "html")
)


def snippet(gateway: str, *, window_days: str = "30", touch: str = "last") -> str:
    """Return the line of a merchant with that gateway and those settings."""
    line = LINE
    for shown, chosen in {
        HOST: gateway,
        'data-window-days="30"': f'data-window-days="{window_days}"',
        'data-touch="last"': f'data-touch="{touch}"',
    }.items():
        assert line.count(shown) == 1, shown
        line = line.replace(shown, chosen)
    return line
