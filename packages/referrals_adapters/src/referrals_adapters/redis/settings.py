"""Where Redis is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import attrs

if TYPE_CHECKING:
    from referrals_adapters.wire.variables import Variables

_PORT: Final = 6379


@attrs.frozen(kw_only=True)
class RedisSettings:
    """
    Where Redis is.

    Args:
        host: Its name or address.
        port: Its TCP port.
    """

    host: str
    port: int = _PORT

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `REFERRALS_REDIS_HOST` and `REFERRALS_REDIS_PORT` (6379).

        Raises:
            SettingsError: The host is not set, or the port is none.
        """
        return cls(
            host=variables.text("REFERRALS_REDIS_HOST"),
            port=variables.port("REFERRALS_REDIS_PORT", default=_PORT),
        )
