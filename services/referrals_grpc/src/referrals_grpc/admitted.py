"""Whom the call that is under way may act for."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from referrals_domain.model.identifiers import MerchantId

_ADMITTED: Final[ContextVar[MerchantId | None]] = ContextVar("admitted", default=None)


@contextmanager
def admitting(merchant_id: MerchantId) -> Iterator[None]:
    """Let the call act for a merchant within the block."""
    before = _ADMITTED.set(merchant_id)
    try:
        yield
    finally:
        _ADMITTED.reset(before)


def admitted() -> MerchantId | None:
    """
    Return whom the call may act for; None: nobody.

    Transactions ask here, and not the use case, whose request may be read wrongly: the merchant
    is the one that Auth was asked about.
    """
    return _ADMITTED.get()
