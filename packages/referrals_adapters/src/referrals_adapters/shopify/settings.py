"""The secrets that webhooks are signed with."""

from __future__ import annotations

import re
from typing import Final, Self

import attrs

from referrals_adapters.wire.variables import SettingsError, Variables, masked

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
    ShopifySettings(secret='***', previous_secret='')
    """

    secret: str = attrs.field(repr=masked)
    previous_secret: str | None = attrs.field(default=None, repr=masked)

    def __attrs_post_init__(self) -> None:
        """Refuse what would never verify, such as the line end of a secret read from a file."""
        for name, secret in ((SECRET, self.secret), (PREVIOUS_SECRET, self.previous_secret)):
            if secret is not None and not _FORM.fullmatch(secret):
                raise SettingsError(f"{name} is visible ASCII without blanks")

    @classmethod
    def read(cls, variables: Variables) -> Self:
        """
        Read `SHOPIFY_API_SECRET` and, if set, `SHOPIFY_API_SECRET_PREVIOUS`.

        Raises:
            SettingsError: The first is absent, or one of them cannot be a secret.
        """
        return cls(
            secret=variables.text(SECRET),
            previous_secret=variables.values.get(PREVIOUS_SECRET) or None,
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that a webhook may be signed with, the current one first."""
        return (self.secret, self.previous_secret) if self.previous_secret else (self.secret,)
