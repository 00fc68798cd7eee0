"""What of this library is public, and may be relied on from one version to the next."""

from __future__ import annotations

from typing import Final

LIBRARY: Final = ("referrals_domain", "referrals_adapters")

PARTS: Final = frozenset(
    f"referrals_domain.use_cases.{part}"
    for part in (
        *("docket", "load_docket", "postpone", "record", "redacted"),
        *("settle_again", "settle_orders", "sweep"),
    )
)
"""What use cases are made of, and is none itself."""


def is_public(path: str) -> bool:
    """
    Tell whether a module, or a name in one, is public.

    >>> is_public("referrals_domain.model.money.Money")
    True
    >>> is_public("referrals_domain.model.identifiers._Identifier")
    False
    >>> is_public("referrals_domain.use_cases.docket.Docket")
    False
    """
    names = path.split(".")
    hidden = any(name.startswith("_") and not name.endswith("__") for name in names)
    return not hidden and ".".join(names[:3]) not in PARTS
