"""The app in a shop: Shopify tells the service of its orders, and lets it ask the Admin API."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from referrals_sandbox.neighbours.shopify_platform.limits import Plan
from referrals_sandbox.neighbours.shopify_platform.shop import Terms
from referrals_sandbox.neighbours.shopify_platform.shopkeeper import Shopkeeper
from referrals_sandbox.servers.whole_file import write_whole

if TYPE_CHECKING:
    from referrals_sandbox.composition.description import Description

_ACCESS: Final = "shops.json"
_BYTES: Final = 16


def settings(work_dir: Path, shopify: str) -> dict[str, str]:
    """
    Return the settings by which the service finds the shops that will have the app: none yet.

    Args:
        work_dir: The sandbox's folder.
        shopify: The URL of Shopify.
    """
    access = work_dir / _ACCESS
    write_whole(access, "{}")
    return {
        "SHOPIFY_ADMIN_ACCESS_FILE": str(access),
        "SHOPIFY_ADMIN_URL": f"{shopify}/shops/{{shop}}",
    }


def install(sandbox: Description, shop_domain: str) -> Shopkeeper:
    """
    Open a shop that has the app, and return who has things happen in it.

    Raises:
        SandboxError: Shopify does not answer.
    """
    terms = Terms(
        domain=shop_domain,
        plan=Plan.PLUS,
        token=f"shpat_{secrets.token_hex(_BYTES)}",
        gateway=sandbox.gateway,
        secrets=(sandbox.shopify_secret,),
    )
    keeper = Shopkeeper(sandbox.shopify)
    keeper.agree(terms)
    access = Path(sandbox.work_dir) / _ACCESS
    shops = json.loads(access.read_text(encoding="utf-8"))
    shops[shop_domain] = {"token": terms.token, "plan": terms.plan.value}
    write_whole(access, json.dumps(shops))
    return keeper
