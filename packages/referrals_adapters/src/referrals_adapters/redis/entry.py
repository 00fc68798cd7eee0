"""
A value as a key of Redis holds it: `v|VERSION|STATUS|UPDATED_AT|CAUSE`, or `v|0|ABSENT`.

The other things that a key may hold are known to the scripts only: see `scripts/entry.lua`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from referrals_domain.model.referral import Cause, ReferralStatus, StatusView
from referrals_domain.ports.status_cache import Hit

if TYPE_CHECKING:
    from referrals_domain.model.identifiers import ReferralKey

_ABSENT: Final = b"v|0|ABSENT"
_STATUSES: Final = {str(status): status for status in ReferralStatus}
_CAUSES: Final = {str(cause): cause for cause in Cause}
_LARGEST: Final = 2**53 - 1  # up to here numbers of Lua are exact


def name_of(key: ReferralKey) -> str:
    """Return the name of a referral's key."""
    return f"referral:{key.merchant_id}:{key.referral_id}"


def to_entry(view: StatusView | None) -> bytes:
    """
    Write a value down.

    >>> to_entry(None)
    b'v|0|ABSENT'
    """
    if view is None:
        return _ABSENT
    updated_at = view.updated_at.isoformat()
    return f"v|{view.version}|{view.status}|{updated_at}|{view.cause}".encode()


def from_entry(entry: bytes) -> Hit | None:
    """
    Read a value; None if the entry is anything but what `to_entry` writes.

    >>> from_entry(b"v|0|ABSENT")
    Hit(view=None)
    >>> from_entry(b"v|1|GONE")
    """
    if entry == _ABSENT:
        return Hit(None)
    try:
        _, version, status, updated_at, cause = entry.decode("ascii").split("|")
        at = datetime.fromisoformat(updated_at)
        view = StatusView(_STATUSES[status], int(version), at, _CAUSES[cause])
    except (ValueError, KeyError):
        return None
    readable = 0 < view.version <= _LARGEST and to_entry(view) == entry
    return Hit(view) if readable else None
