"""Secrets come from variables or files, and no error says what they are."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING

import pytest

from referrals_adapters.wire.secret import Secret
from referrals_adapters.wire.variables import SettingsError, Variables

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = "hunter2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(f"{HIDDEN}\n")
    return file


def test_a_secret_is_what_its_variable_says() -> None:
    assert Variables({"PASSWORD": HIDDEN}).secret("PASSWORD").revealed() == HIDDEN


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_secret_is_what_its_file_says_without_the_end_of_the_line(file: Path, end: str) -> None:
    file.write_bytes(f" {HIDDEN} {end}".encode())
    secret = Variables({"PASSWORD": "", "PASSWORD_FILE": str(file)}).secret("PASSWORD")
    assert secret.revealed() == f" {HIDDEN} "


def test_a_file_that_is_no_text_is_read_as_such_a_variable_is(file: Path) -> None:
    file.write_bytes(b"\xff")
    assert Variables({"PASSWORD_FILE": str(file)}).secret("PASSWORD").revealed() == "\udcff"


def test_a_secret_comes_from_one_place_only(file: Path) -> None:
    both = {"PASSWORD": "other", "PASSWORD_FILE": str(file)}
    with pytest.raises(SettingsError, match=r"^PASSWORD and PASSWORD_FILE are both set$"):
        Variables(both).secret("PASSWORD")


@pytest.mark.parametrize("values", [{}, {"PASSWORD": ""}, {"PASSWORD_FILE": ""}])
def test_a_secret_that_is_missing_is_named_unless_it_may_be(values: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"^PASSWORD is not set$"):
        Variables(values).secret("PASSWORD")
    assert Variables(values).optional_secret("PASSWORD") is None


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("hunter2", "cannot be read: No such file or directory"),  # the secret itself, by mistake
        ("hunter2\0", "cannot be read: it is no path"),
        (".", "cannot be read: Is a directory"),
        ("empty", "is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_by_its_variable_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SettingsError) as refused:
        Variables({"PASSWORD_FILE": place}).secret("PASSWORD")
    assert str(refused.value) == f"PASSWORD_FILE names a file that {why}"
    assert refused.value.__context__ is None


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(HIDDEN)
    for shown in (repr(secret), str(secret), f"{secret}", "%s %r" % (secret, secret)):  # noqa: UP031 - as logging does
        assert HIDDEN not in shown
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("dump", [pickle.dumps, json.dumps, copy.copy, copy.deepcopy])
def test_a_secret_cannot_be_dumped(dump: object) -> None:
    assert callable(dump)
    with pytest.raises(TypeError) as refused:
        dump(Secret(HIDDEN))
    assert HIDDEN not in str(refused.value)


def test_secrets_are_equal_if_they_are_the_same() -> None:
    assert Secret(Secret(HIDDEN)) == Secret(HIDDEN)
    assert hash(Secret(HIDDEN)) == hash(Secret(HIDDEN))
    assert Secret(HIDDEN) != Secret("other")
    assert Secret(HIDDEN) != HIDDEN
