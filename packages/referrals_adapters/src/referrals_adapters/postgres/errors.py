"""The one table that translates the driver's errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import asyncpg
from sqlalchemy.exc import DBAPIError

from referrals_domain.errors import (
    CodeTaken,
    FriendTaken,
    ReferralsError,
    ShopTaken,
    Stale,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BY_CONSTRAINT: Final[Mapping[str, type[ReferralsError]]] = {
    "pk_programs": Stale,
    "uq_programs_shop_domain": ShopTaken,
    "pk_referral_links": CodeTaken,
    "uq_referral_links_code": CodeTaken,
    "pk_referrals": Stale,
    "uq_referrals_order_id": Stale,
    "uq_referrals_friend": FriendTaken,
    "pk_referral_history": Stale,
}
"""Unique constraints and indexes, and what their violation means."""

READ_ONLY: Final = "25006"
"""The condition of a write on a server that takes none: the primary was demoted."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html, read in November 2026
_BY_SQLSTATE: Final[Mapping[str, type[ReferralsError]]] = {
    "0A000": Unavailable,  # feature_not_supported: a prepared plan that a migration made void
    "08": Unavailable,  # class: connection exception
    READ_ONLY: Unavailable,
    "25P03": Unavailable,  # idle_in_transaction_session_timeout
    "25P04": Unavailable,  # transaction_timeout
    "28": Unavailable,  # class: a wrong user or password; a person mends it, and work goes on
    "3D000": Unavailable,  # invalid_catalog_name: there is no such database, as above
    "40": Unavailable,  # class: deadlock, serialization failure, unknown completion
    "53": Unavailable,  # class: too many connections, disk full, out of memory
    "55P03": Unavailable,  # lock_not_available
    "57": Unavailable,  # class: shut down, starting, cancelled by a time limit
    "58": Unavailable,  # class: I/O error and the like
}
"""Conditions by their whole code or by its class, the first two characters."""

_OTHER_SCHEMA: Final = (
    "42501",  # insufficient_privilege
    "42703",  # undefined_column
    "42P01",  # undefined_table
)

_FromDriver: TypeAlias = asyncpg.PostgresError | asyncpg.TargetServerAttributeNotMatched

_FROM_CLIENT: Final = (
    OSError,  # refused, or timed out; also while no connection of the pool was free
    asyncpg.InterfaceError,  # closed between two calls
    asyncpg.TargetServerAttributeNotMatched,  # a replica where the primary should be
)


@contextmanager
def domain_errors() -> Iterator[None]:
    """Raise the domain's error in place of the driver's; what nobody foresaw passes through."""
    try:
        yield
    except Exception as error:
        kind = _meaning(error)
        if kind is None:
            raise
        raise kind(f"PostgreSQL: {_condition(error)}") from error


@contextmanager
def schema_errors() -> Iterator[None]:
    """
    Raise `Unavailable` where the schema is none that this user can work with, too.

    That is for commands, whose user can mend it. A service would wait for what does not pass.
    """
    try:
        yield
    except (DBAPIError, asyncpg.PostgresError) as error:
        if sqlstate(error) not in _OTHER_SCHEMA:
            raise
        raise Unavailable(f"PostgreSQL: {_condition(error)}") from error


def sqlstate(error: BaseException | None) -> str | None:
    """Return the five characters by which PostgreSQL names a condition."""
    cause = _from_driver(error)
    return cause.sqlstate if isinstance(cause, asyncpg.PostgresError) else None


def _meaning(error: Exception) -> type[ReferralsError] | None:
    cause = _from_driver(error)
    if isinstance(cause, asyncpg.UniqueViolationError):
        return _BY_CONSTRAINT.get(cause.constraint_name or "")
    state = sqlstate(cause)
    if state:
        return _BY_SQLSTATE.get(state) or _BY_SQLSTATE.get(state[:2])
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return Unavailable if lost or isinstance(cause or error, _FROM_CLIENT) else None


def _condition(error: Exception) -> str:
    """Name the condition without the values that the driver's text may quote."""
    return type(_from_driver(error) or error).__name__


def _from_driver(error: BaseException | None) -> _FromDriver | None:
    """Find what the driver raised, however SQLAlchemy wrapped it."""
    while error is not None and not isinstance(error, _FromDriver):
        error = error.orig if isinstance(error, DBAPIError) else error.__cause__
    return error
