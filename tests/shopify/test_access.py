"""The file of what shops let us ask, and where the Admin API is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_adapters.shopify.access import ALLOWANCES, AccessFile, Plan, ShopAccess
from referrals_adapters.shopify.admin_settings import AdminSettings
from referrals_adapters.wire.variables import SettingsError, Variables
from referrals_domain.model.identifiers import ShopDomain

if TYPE_CHECKING:
    from pathlib import Path

ACME = ShopDomain("acme.myshopify.com")
TOKEN = "shpat_0123456789"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shops.json"
    path.write_text('{"acme.myshopify.com": {"token": "shpat_0123456789", "plan": "plus"}}')
    return path


def test_a_file_names_shops_with_their_token_and_plan(path: Path) -> None:
    assert AccessFile(path).shops() == {ACME: ShopAccess(token=TOKEN, plan=Plan.PLUS)}
    path.write_text('{"acme.myshopify.com": {"token": "t"}}')
    assert AccessFile(path).shops() == {ACME: ShopAccess(token="t", plan=Plan.STANDARD)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "\xff",
        '{"acme.myshopify.com": "shpat_0123456789"}',
        '{"acme.myshopify.com": {}}',
        '{"acme.myshopify.com": {"token": ""}}',
        '{"acme.myshopify.com": {"token": "shpat_\\n0123456789"}}',
        '{"acme.myshopify.com": {"token": "shpat_\u00fc0123456789"}}',
        '{"acme.myshopify.com": {"token": "shpat_0123456789", "plan": "huge"}}',
        '{"acme.myshopify.com": {"token": "shpat_0123456789", "plam": "plus"}}',
        '{"acme.example/x": {"token": "shpat_0123456789"}}',
    ],
)
def test_a_file_that_is_none_is_told_and_not_quoted(path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingsError, match="is not a JSON object of shops") as refused:
        AccessFile(path).shops()
    assert "0123456789" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"shops\.json cannot be read: No such file"):
        AccessFile(tmp_path / "shops.json").shops()


def test_a_token_is_not_shown() -> None:
    assert TOKEN not in repr(ShopAccess(token=TOKEN))


@pytest.mark.parametrize(
    ("plan", "requests", "points"),
    [
        (Plan.STANDARD, 2, 100),
        (Plan.ADVANCED, 4, 200),
        (Plan.PLUS, 20, 1000),
        (Plan.ENTERPRISE, 40, 2000),
    ],
)
def test_every_plan_has_its_allowance(plan: Plan, requests: int, points: int) -> None:
    allowance = ALLOWANCES[plan]
    assert (allowance.requests, allowance.points) == (requests, points)
    assert allowance.points_gathered == 20 * points


def test_the_api_is_at_the_shop_unless_told_otherwise(path: Path) -> None:
    variables = {"SHOPIFY_ADMIN_ACCESS_FILE": str(path)}
    at_shop = AdminSettings.read(Variables(variables))
    assert at_shop.url == "https://{shop}/admin/api/2026-10/graphql.json"
    assert at_shop.access.shops().keys() == {ACME}
    elsewhere = Variables({**variables, "SHOPIFY_ADMIN_URL": "http://127.0.0.1:1/shops/{shop}/"})
    assert AdminSettings.read(elsewhere).url.startswith("http://127.0.0.1:1/shops/{shop}/admin/")


@pytest.mark.parametrize("url", ["https://acme.example", "ftp://{shop}", "{shop}"])
def test_a_url_that_leads_to_no_shop_is_told(path: Path, url: str) -> None:
    variables = Variables({"SHOPIFY_ADMIN_ACCESS_FILE": str(path), "SHOPIFY_ADMIN_URL": url})
    with pytest.raises(SettingsError, match=r"^SHOPIFY_ADMIN_URL is a URL with \{shop\} in place"):
        AdminSettings.read(variables)


def test_a_file_that_cannot_be_read_is_told_before_anything_begins(tmp_path: Path) -> None:
    variables = Variables({"SHOPIFY_ADMIN_ACCESS_FILE": str(tmp_path / "no.json")})
    with pytest.raises(SettingsError, match=r"no\.json cannot be read"):
        AdminSettings.read(variables)
