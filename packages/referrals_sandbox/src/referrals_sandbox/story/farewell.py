"""What a person can do once the story is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from referrals_sandbox.composition.description import Description
    from referrals_sandbox.story.checks import Completed

_SAMPLE = "tests/shopify/orders_create.json"


def addresses(sandbox: Description) -> str:
    """Return where everything is, and how to try it by hand."""
    places = {
        "gRPC": sandbox.grpc,
        "webhook": sandbox.webhook,
        "gateway": sandbox.gateway,
        "PostgreSQL": sandbox.database_url,
        "Redis": sandbox.redis_url,
        "Kafka": sandbox.kafka,
        "Auth": sandbox.auth,
        "Core": sandbox.core,
        "Points": sandbox.points,
        "RFM Analytics": sandbox.rfm_analytics,
        "AdminCore": sandbox.admincore,
        "Shopify": sandbox.shopify,
        "logs": sandbox.work_dir,
        "merchant": f"{sandbox.merchant_id}, {sandbox.shop_domain}",
        "token": sandbox.token,
        "secret": sandbox.shopify_secret,
        "link": f"{sandbox.referral_link_code} of advocate {sandbox.customer_id}",
    }
    return "\n".join(f"  {name:<14}{place}" for name, place in places.items())


def merchant_page(sandbox: Description) -> str:
    """Return where the merchant sees it all; the address holds the token."""
    return f"The merchant page, for a browser on this machine:\n\n  {sandbox.merchant_page}"


def by_hand(sandbox: Description, completed: Completed) -> str:
    """Return three commands for another terminal."""
    asked = f'{{"referral_id": "{completed.referral_id}", "merchant_id": "{sandbox.merchant_id}"}}'
    return f"""\
Through the gateway: post an order, signed as Shopify signs it:

  uv run referrals-sandbox post {_SAMPLE} --code {sandbox.referral_link_code}

Ask for a status, as a frontend does:

  uv run buf curl --schema proto --protocol grpc --http2-prior-knowledge \\
    --header 'authorization: Bearer {sandbox.token}' \\
    --data '{asked}' \\
    {sandbox.gateway}/referrals.v1.ReferralsService/GetReferralStatus

Or as JSON:

  curl -H 'authorization: Bearer {sandbox.token}' \\
    -d '{asked}' \\
    {sandbox.gateway}/referrals.v1/GetReferralStatus"""
