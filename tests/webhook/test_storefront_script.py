"""The storefront's script as the http role serves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from referrals_adapters.telemetry.metrics import Metrics
from referrals_adapters.wire.variables import Variables
from referrals_webhook.container.http import running_http
from referrals_webhook.settings import HttpSettings
from referrals_webhook.storefront import PATH
from tests.webhook.served import served
from tests.webhook.test_settings import HTTP

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.webhook.served import Served


@pytest.fixture
async def role() -> AsyncIterator[Served]:
    settings = HttpSettings.read(Variables(HTTP))
    async with running_http(settings, Metrics()) as container, served(container) as role:
        yield role


async def test_it_is_small_and_kept_for_an_hour_without_a_cookie(role: Served) -> None:
    answer = await role.client.get(PATH)
    assert answer.status_code == 200
    assert 0 < len(answer.content) < 3000
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}'])
async def test_who_has_it_already_is_not_sent_it_again(role: Served, form: str) -> None:
    tag = (await role.client.get(PATH)).headers["etag"]
    answer = await role.client.get(PATH, headers={"if-none-match": form.format(tag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == tag
    assert answer.headers["cache-control"] == "public, max-age=3600"


async def test_who_has_another_one_is_sent_this(role: Served) -> None:
    answer = await role.client.get(PATH, headers={"if-none-match": '"other"'})
    assert answer.status_code == 200


async def test_its_size_may_be_asked_and_nothing_be_posted(role: Served) -> None:
    asked = await role.client.head(PATH)
    assert int(asked.headers["content-length"]) == len((await role.client.get(PATH)).content)
    assert (await role.client.post(PATH)).status_code == 405
