"""What shops let us ask, as a file of secrets says."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import msgspec

from referrals_adapters.flow.budget import Allowance
from referrals_adapters.wire.secret import Secret
from referrals_adapters.wire.variables import SettingsError
from referrals_domain.model.identifiers import ShopDomain

if TYPE_CHECKING:
    from collections.abc import Mapping


class Plan(StrEnum):
    """What a shop pays Shopify for; it decides how much may be asked."""

    STANDARD = "standard"
    ADVANCED = "advanced"
    PLUS = "plus"
    ENTERPRISE = "enterprise"


def _allowance(requests: int, points: int) -> Allowance:
    return Allowance(
        requests=requests,
        points=points,
        requests_gathered=2 * requests,
        points_gathered=20 * points,
    )


ALLOWANCES: Final = {
    Plan.STANDARD: _allowance(2, 100),
    Plan.ADVANCED: _allowance(4, 200),
    Plan.PLUS: _allowance(20, 1000),
    Plan.ENTERPRISE: _allowance(40, 2000),
}
"""
What may be asked of one shop by the plan: requests and points a second.

The points are Shopify's own, and so is what gathers of them, 20 seconds' worth. It no longer
counts requests of GraphQL; the figures are those of its REST API, which nobody should exceed
either.
https://shopify.dev/docs/api/usage/limits
"""


@attrs.frozen(kw_only=True)
class ShopAccess:
    """
    What one shop lets us ask.

    Args:
        token: The token that the app was given there.
        plan: The shop's plan.
    """

    token: Secret = attrs.field(converter=Secret)
    plan: Plan = Plan.STANDARD


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    token: Annotated[str, msgspec.Meta(pattern="^[!-~]{1,500}$")]  # a header takes no others
    plan: Plan = Plan.STANDARD


_FILE: Final = msgspec.json.Decoder(dict[str, _Entry])


@attrs.frozen
class AccessFile:
    """
    A file of what shops let us ask: `{"acme.myshopify.com": {"token": "...", "plan": "plus"}}`.

    It is read whenever it is asked, so that shops may come and go.
    """

    path: Path

    def shops(self) -> Mapping[ShopDomain, ShopAccess]:
        """
        Return the shops.

        Raises:
            SettingsError: The file cannot be read; the text names it and quotes nothing.
        """
        try:
            entries = _FILE.decode(self.path.read_bytes())
            return {
                ShopDomain(shop): ShopAccess(token=entry.token, plan=entry.plan)
                for shop, entry in entries.items()
            }
        except OSError as error:
            raise SettingsError(f"{self.path} cannot be read: {error.strerror}") from None
        except ValueError:
            raise SettingsError(
                f"{self.path} is not a JSON object of shops, as acme.myshopify.com, each with a"
                " token and perhaps a plan: standard, advanced, plus or enterprise"
            ) from None
