"""Where Redis is, and what it limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import attrs

from referrals_adapters.wire.secret import Secret
from referrals_adapters.wire.tls import ClientTls
from referrals_domain.model.limit import Limit

if TYPE_CHECKING:
    from referrals_adapters.wire.variables import Variables

_PORT: Final = 6379
_OF_CALLER: Final = 2_000  # frontends may call for many merchants with one token
_OF_MERCHANT: Final = 1_000


@attrs.frozen(kw_only=True)
class RedisSettings:
    """
    Where Redis is.

    Args:
        host: Its name or address.
        port: Its TCP port.
        password: Of Redis' default user, if it asks for one.
        tls: How connections are encrypted, if they are to be.
    """

    host: str
    port: int = _PORT
    password: Secret | None = attrs.field(
        default=None, converter=attrs.converters.optional(Secret)
    )
    tls: ClientTls | None = None

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `REFERRALS_REDIS_HOST`, `_PORT` (6379), `_PASSWORD` and what `_TLS` begins.

        Raises:
            SettingsError: The host is not set, or another one cannot be read.
        """
        return cls(
            host=variables.text("REFERRALS_REDIS_HOST"),
            port=variables.port("REFERRALS_REDIS_PORT", default=_PORT),
            password=variables.optional_secret("REFERRALS_REDIS_PASSWORD"),
            tls=ClientTls.read(variables, "REFERRALS_REDIS_TLS"),
        )


@attrs.frozen(kw_only=True)
class RateLimitSettings:
    """
    How often callers may call.

    Args:
        caller: How often each caller may.
        merchant: How often all may, for each merchant.
    """

    caller: Limit
    merchant: Limit

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `REFERRALS_GRPC_CALLER_LIMIT` (2000) and `REFERRALS_GRPC_MERCHANT_LIMIT` (1000).

        Raises:
            SettingsError: One is no number of calls a second.
        """
        return cls(
            caller=Limit(variables.number("REFERRALS_GRPC_CALLER_LIMIT", default=_OF_CALLER)),
            merchant=Limit(
                variables.number("REFERRALS_GRPC_MERCHANT_LIMIT", default=_OF_MERCHANT)
            ),
        )
