"""The secrets that webhooks are signed with."""

from __future__ import annotations

import re
from typing import Final, Self

import attrs

from referrals_adapters.wire.secret import Secret
from referrals_adapters.wire.variables import SettingsError, Variables

SECRET: Final = "SHOPIFY_API_SECRET"  # noqa: S105 - the variable's name
PREVIOUS_SECRET: Final = "SHOPIFY_API_SECRET_PREVIOUS"  # noqa: S105 - as above

_FORM: Final = re.compile(r"[!-~]+", re.ASCII)


@attrs.frozen(kw_only=True)
class ShopifySettings:
    """
    The app's API secret, and the one before it while it rotates.

    Args:
        secret: The current secret.
        previous_secret: The secret before it, for as long as Shopify may still sign with it.

    Raises:
        SettingsError: A secret is empty, or holds blanks or anything else but visible ASCII.

    >>> ShopifySettings(secret="shpss_1")
    ShopifySettings(secret=Secret('***'), previous_secret=None)
    """

    secret: Secret = attrs.field(converter=Secret)
    previous_secret: Secret | None = attrs.field(
        default=None, converter=attrs.converters.optional(Secret)
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what would never verify, such as a blank that was copied along."""
        for name, secret in ((SECRET, self.secret), (PREVIOUS_SECRET, self.previous_secret)):
            if secret is not None and not _FORM.fullmatch(secret.revealed()):
                raise SettingsError(f"{name} is visible ASCII without blanks")

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `SHOPIFY_API_SECRET` and, if set, `SHOPIFY_API_SECRET_PREVIOUS`, or their files.

        Raises:
            SettingsError: The first is absent, or one of them cannot be a secret.
        """
        return cls(
            secret=variables.secret(SECRET),
            previous_secret=variables.optional_secret(PREVIOUS_SECRET),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """What a webhook may be signed with, the current secret first."""
        both = (self.secret, self.previous_secret)
        return tuple(secret.revealed() for secret in both if secret)
