"""A Shopify body from a file, made ready to be posted: with another code, and as of now."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from referrals_domain.model.code import ReferralCode
from referrals_sandbox.servers.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

Body: TypeAlias = dict[str, Any]

_TIMES: Final = ("created_at", "processed_at", "updated_at")
_URLS: Final = ("landing_site", "referring_site")
_QUERY_NAMES: Final = frozenset({"ref", "source", "r"})


def read(raw: bytes) -> Body:
    """
    Read a body.

    Raises:
        SandboxError: It is not a JSON object.
    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SandboxError("the file is not JSON; --as-is alone posts it") from error
    if not isinstance(body, dict):
        raise SandboxError("the file is no JSON object; --as-is alone posts it")
    return body


def as_of(body: Body, now: datetime) -> Body:
    """Return the body as if it all happened now, with the movements of money that it lists."""
    text = now.astimezone().isoformat(timespec="seconds")
    times = {name: text for name in _TIMES if isinstance(body.get(name), str)}
    moves = body.get("transactions")
    if not isinstance(moves, list):
        return {**body, **times}
    moved = [as_of(move, now) if isinstance(move, dict) else move for move in moves]
    return {**body, **times, "transactions": moved}


def with_code(body: Body, code: str) -> Body:
    """
    Return the body with a code wherever its own one stands.

    What counts as its own are the `ref` among the note attributes and in the queries of its
    URLs, or else what ends its discount codes. A prefix, as in `FRIEND-K7Q2`, stays.

    Raises:
        SandboxError: No code stands anywhere.

    >>> with_code({"landing_site": "/?ref=K7Q2"}, "7K2Q")
    {'landing_site': '/?ref=7K2Q'}
    """
    own = {text for text in _named(body) if text} or set(_discounts(body))
    if not own:
        raise SandboxError("the file has no code that --code could replace")
    replace = _replacing(own, _plain(code))
    changed = {
        name: replace(body[name]) for name in (*_URLS, "landing_site_ref") if body.get(name)
    }
    for name, field in (
        ("note_attributes", "value"),
        ("discount_codes", "code"),
        ("discount_applications", "code"),
    ):
        if body.get(name):
            changed[name] = [_with(entry, field, replace) for entry in body[name]]
    return {**body, **changed}


def _named(body: Body) -> Iterable[str]:
    """Yield what a `ref` names."""
    for entry in body.get("note_attributes") or ():
        if str(entry.get("name")).lower() == "ref":
            yield str(entry.get("value"))
    for name in _URLS:
        yield from _in_query(str(body.get(name) or ""))


def _in_query(url: str) -> Iterable[str]:
    for name, text in parse_qsl(urlsplit(url).query):
        if name.lower() in _QUERY_NAMES:
            yield text
        elif name.lower() == "redirect":
            yield from _in_query(text)


def _discounts(body: Body) -> Iterable[str]:
    for entry in body.get("discount_codes") or ():
        yield str(entry.get("code")).rpartition("-")[2]


def _plain(code: str) -> str:
    """Return a code without its prefix; what is no code stays as it is."""
    try:
        return ReferralCode.read(code)
    except ValueError:
        return code


def _replacing(own: Iterable[str], code: str) -> Callable[[Any], Any]:
    """Return what replaces whole words, also between percent-encoded characters."""
    words = "|".join(re.escape(text) for text in sorted(own, key=len, reverse=True))
    pattern = re.compile(
        rf"(?:(?<=%[0-9a-f][0-9a-f])|(?<![0-9a-z]))(?:{words})(?![0-9a-z])", re.IGNORECASE
    )
    return lambda value: pattern.sub(lambda _: code, value) if isinstance(value, str) else value


def _with(entry: Any, field: str, change: Callable[[Any], Any]) -> Any:
    if not isinstance(entry, dict) or field not in entry:
        return entry
    return {**entry, field: change(entry[field])}
