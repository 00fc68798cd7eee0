"""Logs hold what an operator needs, and nothing of a person."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from referrals_adapters.telemetry.failures import described
from referrals_adapters.telemetry.logs import (
    FIELDS,
    LogFormat,
    LogSettings,
    formatter,
    set_up_logs,
)
from referrals_adapters.wire.variables import SettingsError, Variables

PERSON = "friend@example.test"


def record(text: str = "an event was refused", **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("referrals_webhook.relay", 40, "relay.py", 7, text, (), None)
    made.__dict__.update(extra)
    return made


def failing(*, suppress: bool = False) -> KeyError:
    """Return an error that quotes a person, as does the one that it came from."""
    try:
        try:
            int(PERSON)
        except ValueError as error:
            raise KeyError(PERSON) from (None if suppress else error)
    except KeyError as error:
        return error
    raise AssertionError


def test_a_line_of_json_says_when_who_how_grave_and_what() -> None:
    line = json.loads(formatter(LogFormat.JSON).format(record(event_id="7", reason="too large")))
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "an event was refused",
        "event_id": "7",
        "level": "error",
        "logger": "referrals_webhook.relay",
        "reason": "too large",
    }


def test_a_line_for_a_console_says_the_same() -> None:
    line = formatter(LogFormat.CONSOLE).format(record(event_id="7"))
    for word in ("error", "an event was refused", "event_id=7", "referrals_webhook.relay"):
        assert word in line
    assert "\n" not in line


@pytest.mark.parametrize("form", LogFormat)
@pytest.mark.parametrize("end", ["\n", "\r", "\x1b[2K", "\x00", "\u2028"])
@pytest.mark.parametrize("where", ["text", "reason"])
def test_nobody_writes_a_line_of_their_own(form: LogFormat, end: str, where: str) -> None:
    said = f"no-JSON{end}[info]-all-is-well"
    made = record(said) if where == "text" else record(reason=said)
    line = formatter(form).format(made)
    assert "all-is-well" in line
    assert end not in line


@pytest.mark.parametrize("form", LogFormat)
def test_a_field_that_nobody_listed_is_not_written(form: LogFormat) -> None:
    line = formatter(form).format(record(email=PERSON, body=PERSON, reason="unreadable"))
    assert PERSON not in line
    assert "unreadable" in line


@pytest.mark.parametrize("form", LogFormat)
def test_an_exception_is_told_by_its_kind_and_place_only(form: LogFormat) -> None:
    error, made = failing(), record()
    made.exc_info = (type(error), error, error.__traceback__)
    line = formatter(form).format(made)
    assert PERSON not in line
    assert "KeyError at test_logs.py:" in line
    assert "from ValueError at test_logs.py:" in line


def test_the_parts_of_a_group_are_told_of() -> None:
    group = ExceptionGroup(PERSON, [ValueError(PERSON), LookupError(PERSON)])
    assert described(group) == "ExceptionGroup; ValueError; LookupError"


def test_causes_in_a_circle_are_told_once() -> None:
    one, other = ValueError(), LookupError()
    one.__cause__, other.__cause__ = other, one
    assert described(one) == "ValueError; from LookupError"


def test_a_context_that_was_suppressed_is_left_out() -> None:
    assert "ValueError" in described(failing())
    assert "ValueError" not in described(failing(suppress=True))


def test_our_own_news_is_written_and_of_others_only_warnings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    set_up_logs(LogSettings(format=LogFormat.JSON))
    logging.getLogger("referrals_webhook.relay").info("ours")
    logging.getLogger("aiokafka.conn").info("theirs")
    logging.getLogger("aiokafka.conn").warning("a warning")
    lines = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["ours", "a warning"]


def test_the_format_is_read_and_another_word_is_refused() -> None:
    assert LogSettings.read(Variables({})).format is LogFormat.CONSOLE
    assert LogSettings.read(Variables({"REFERRALS_LOG_FORMAT": "json"})).format is LogFormat.JSON
    with pytest.raises(SettingsError, match=r"^REFERRALS_LOG_FORMAT is console or json, not 'x'$"):
        LogSettings.read(Variables({"REFERRALS_LOG_FORMAT": "x"}))


def test_no_field_names_anything_personal() -> None:
    personal = {"email", "name", "phone", "address", "code", "token", "body", "customer_id"}
    assert FIELDS.isdisjoint(personal)
