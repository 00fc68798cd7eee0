"""The tours through the business pass all of it, and show nothing that is not there."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from typing import TYPE_CHECKING

import attrs
import pytest

from referrals_domain import model, use_cases
from referrals_domain.model.program import ReferralProgram

if TYPE_CHECKING:
    from types import ModuleType

SETTINGS = {field.name for field in attrs.fields(ReferralProgram)}
TOURS = pytest.mark.parametrize("room", [model, use_cases], ids=lambda room: room.__name__)


@TOURS
def test_a_tour_passes_every_module(room: ModuleType) -> None:
    assert _modules(room) <= _named(room)


@TOURS
def test_what_a_tour_names_is_there(room: ModuleType) -> None:
    for name in _named(room) - _modules(room) - SETTINGS:
        module, _, symbol = name.partition(".")
        assert hasattr(import_module(f"{room.__name__}.{module}"), symbol), name


def _named(room: ModuleType) -> set[str]:
    return set(re.findall(r"`([\w.]+)`", room.__doc__ or ""))


def _modules(room: ModuleType) -> set[str]:
    return {module.name for module in pkgutil.iter_modules(room.__path__)}
