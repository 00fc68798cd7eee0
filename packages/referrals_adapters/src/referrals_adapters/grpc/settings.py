"""Where the neighbours answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

import attrs

from referrals_adapters.wire.secret import Secret
from referrals_adapters.wire.tls import ClientTls
from referrals_adapters.wire.variables import SettingsError

if TYPE_CHECKING:
    from referrals_adapters.wire.variables import Variables

AUTH_SERVICE: Final = "auth.v1.AuthService"
CORE_SERVICE: Final = "core.v1.CoreService"


@attrs.frozen(kw_only=True)
class Neighbour:
    """
    Where a neighbour answers.

    Args:
        target: Its address, as `host:port` or in any form of gRPC's name syntax.
        service: What stands before the method in its paths: `auth.v1.AuthService`, or `auth.v1`
            where Auth answers on `/auth.v1/ValidateMerchant`.
        tls: How connections are encrypted, if they are to be.
    """

    target: str
    service: str
    tls: ClientTls | None = None

    @classmethod
    def auth(cls, variables: Variables) -> Self:
        """
        Read `AUTH_GRPC_TARGET`, `AUTH_GRPC_SERVICE` and the files behind `AUTH_GRPC_TLS`.

        Raises:
            SettingsError: The target is not set, or a file cannot be read.
        """
        return cls(
            target=variables.text("AUTH_GRPC_TARGET"),
            service=variables.text("AUTH_GRPC_SERVICE", default=AUTH_SERVICE),
            tls=ClientTls.read(variables, "AUTH_GRPC_TLS"),
        )

    @classmethod
    def core(cls, variables: Variables) -> Self:
        """
        Read `CORE_GRPC_TARGET`, `CORE_GRPC_SERVICE` and the files behind `CORE_GRPC_TLS`.

        Raises:
            SettingsError: The target is not set, or a file cannot be read.
        """
        return cls(
            target=variables.text("CORE_GRPC_TARGET"),
            service=variables.text("CORE_GRPC_SERVICE", default=CORE_SERVICE),
            tls=ClientTls.read(variables, "CORE_GRPC_TLS"),
        )


@attrs.frozen(kw_only=True)
class NeighbourSettings:
    """
    What a worker needs to ask the neighbours in its own name.

    Args:
        auth: Auth.
        core: Core.
        service_token: The worker's token; never shown.
    """

    auth: Neighbour
    core: Neighbour
    service_token: Secret = attrs.field(converter=Secret)

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read both neighbours and `AUTH_SERVICE_TOKEN` (or `AUTH_SERVICE_TOKEN_FILE`).

        Raises:
            SettingsError: A target or the token is not set, or no header can carry the token.
        """
        token = variables.secret("AUTH_SERVICE_TOKEN")
        text = token.revealed()
        if not (text.isascii() and text.isprintable()):
            raise SettingsError("AUTH_SERVICE_TOKEN has characters that no header can carry")
        return cls(
            auth=Neighbour.auth(variables), core=Neighbour.core(variables), service_token=token
        )

    @property
    def authorization(self) -> str:
        """The `authorization` metadata that carries the token."""
        return f"Bearer {self.service_token.revealed()}"
