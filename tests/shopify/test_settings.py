"""The secrets come from the environment and show up nowhere."""

import pytest

from referrals_adapters.shopify.settings import ShopifySettings
from referrals_adapters.wire.variables import SettingsError, Variables


def test_both_secrets_count_while_one_rotates() -> None:
    settings = ShopifySettings.read(
        Variables({"SHOPIFY_API_SECRET": "new", "SHOPIFY_API_SECRET_PREVIOUS": "old"})
    )

    assert settings.secrets == ("new", "old")


@pytest.mark.parametrize("rest", [{}, {"SHOPIFY_API_SECRET_PREVIOUS": ""}])
def test_one_secret_is_enough(rest: dict[str, str]) -> None:
    settings = ShopifySettings.read(Variables({"SHOPIFY_API_SECRET": "new", **rest}))

    assert settings.secrets == ("new",)


@pytest.mark.parametrize("values", [{}, {"SHOPIFY_API_SECRET": ""}])
def test_a_secret_is_needed(values: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="SHOPIFY_API_SECRET is not set"):
        ShopifySettings.read(Variables(values))


@pytest.mark.parametrize("secret", ["s3cret\n", " s3cret", "s3 cret", "s3crét", "s3cret\udcff"])
@pytest.mark.parametrize("name", ["SHOPIFY_API_SECRET", "SHOPIFY_API_SECRET_PREVIOUS"])
def test_a_secret_that_would_never_verify_is_refused_by_name_and_not_shown(
    name: str, secret: str
) -> None:
    values = {"SHOPIFY_API_SECRET": "good", name: secret}

    with pytest.raises(SettingsError, match=f"^{name} is") as refused:
        ShopifySettings.read(Variables(values))

    assert "cr" not in str(refused.value)


def test_an_empty_secret_cannot_be_made_by_hand_either() -> None:
    with pytest.raises(SettingsError):
        ShopifySettings(secret="")


def test_a_repr_shows_no_secret() -> None:
    shown = repr(ShopifySettings(secret="s3cret", previous_secret="0ld"))

    assert shown == "ShopifySettings(secret=Secret('***'), previous_secret=Secret('***'))"
