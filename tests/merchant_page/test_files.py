"""The merchant page's files as the http role serves them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from referrals_webhook import merchant
from referrals_webhook.merchant import PATH

if TYPE_CHECKING:
    from tests.webhook.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")

FILES: Final = merchant.page()
TEXTS: Final = {path: file.text.decode() for path, file in FILES.items()}
MODULES: Final = {path.removeprefix(PATH) for path in FILES if path.endswith(".js")}
OF_SVG: Final = "http://www.w3.org/2000/svg"
TYPES: Final = {
    "": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@pytest.mark.parametrize("name", TYPES)
async def test_a_file_is_of_its_type(role: Served, name: str) -> None:
    answer = await role.client.get(PATH + name)
    assert (answer.status_code, answer.text) == (200, TEXTS[PATH + name])
    assert answer.headers["content-type"] == TYPES[name]


@pytest.mark.parametrize("path", FILES)
async def test_nothing_of_others_runs_in_it_and_nobody_is_told(role: Served, path: str) -> None:
    headers = (await role.client.get(path)).headers
    allowed = dict(
        rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";")
    )
    assert allowed.pop("default-src") == "'none'"
    assert set(allowed.values()) == {"'none'", "'self'", "'script'"}
    assert allowed["frame-ancestors"] == allowed["base-uri"] == allowed["form-action"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", FILES)
async def test_who_has_a_file_asks_for_its_digest_alone(role: Served, path: str) -> None:
    first = await role.client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    again = await role.client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await role.client.get(path, headers={"if-none-match": '"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 405), ("PUT", 405)])
async def test_it_is_only_read(role: Served, method: str, status: int) -> None:
    assert (await role.client.request(method, PATH)).status_code == status


@pytest.mark.parametrize(
    "path", ["/merchant", f"{PATH}index.html", f"{PATH}__init__.py", f"{PATH}%2e%2e/app.py"]
)
async def test_nothing_else_is_there(role: Served, path: str) -> None:
    assert (await role.client.get(path)).status_code == 404


@pytest.mark.parametrize("path", TEXTS)
async def test_nothing_is_loaded_from_elsewhere(path: str) -> None:
    assert set(re.findall(r"https?://[^\"' ]+", TEXTS[path])) <= {OF_SVG}


async def test_every_module_is_asked_for_at_once() -> None:
    told = re.findall(r'<link rel="modulepreload" href="(\S+)">', TEXTS[PATH])
    begun = re.findall(r'<script type="module" src="(\S+)">', TEXTS[PATH])
    assert sorted(told + begun) == sorted(MODULES)


@pytest.mark.parametrize("name", sorted(MODULES))
async def test_nothing_that_comes_from_elsewhere_is_read_as_markup(name: str) -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function",
        TEXTS[PATH + name],
    )
