"""What somebody who deploys could write into `.env`."""

from __future__ import annotations

from typing import Final

VARIABLES: Final = {
    "REFERRALS_DB_OWNER_PASSWORD": "of the database's owner",
    "REFERRALS_DB_GRPC_PASSWORD": "of-the-grpc-service",
    "REFERRALS_DB_PASSWORD": "of the services",
    "AUTH_GRPC_TARGET": "auth.example:50061",
    "CORE_GRPC_TARGET": "core.example:50062",
    "AUTH_SERVICE_TOKEN": "of-the-worker",
    "REFERRALS_PUBLIC_URL": "https://go.example",
    "SHOPIFY_API_SECRET": "of-the-app",
}
