"""What was released stays: a change that would break a frontend is seen before it is made."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Final

import pytest

PROTO: Final = Path(__file__).resolve().parents[2] / "proto"
RELEASED: Final = PROTO / "released.binpb"
REFERRALS: Final = "referrals/v1/referrals.proto"
BUF: Final = Path(sysconfig.get_path("scripts")) / "buf"
WHAT_TO_DO: Final = """
This breaks frontends, or what we ask of a neighbour. Leave what was released as it is, and add
fields, messages and rpcs. Once nobody uses what is gone, and with each release:
uv run buf build proto --exclude-source-info -o proto/released.binpb
"""
STATUS: Final = "message GetReferralStatusResponse {"


def test_nothing_that_was_released_is_broken() -> None:
    breaks = broken(PROTO)
    assert not breaks, WHAT_TO_DO + breaks


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("  int64 visits = 4;", "", "deleted"),
        ("  int64 visits = 4;", "  int64 followed = 4;", "changed name"),
        ("  int64 visits = 4;", "  string visits = 4;", "changed type"),
        ("  int64 visits = 4;", "  int64 visits = 99;", "deleted"),
        ("  int64 visits = 4;", "  repeated int64 visits = 4;", "changed cardinality"),
        ("  CHANNEL_QR = 6;", "", "deleted"),
        ("  CHANNEL_QR = 6;", "  CHANNEL_SCANNED = 6;", "changed name"),
        ("  rpc GetFunnel(GetFunnelRequest) returns (GetFunnelResponse);", "", "deleted"),
        ("rpc GetFunnel(GetFunnelRequest)", "rpc GetFunnel(GetProgramRequest)", "request type"),
        ("package referrals.v1;", "package referrals.v2;", "package"),
    ],
)
def test_what_would_break_frontends_is_told(tmp_path: Path, old: str, new: str, rule: str) -> None:
    assert rule in broken(changed(tmp_path, old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (STATUS, f"{STATUS}\n  bool fresh = 99;"),
        ("  CHANNEL_QR = 6;", "  CHANNEL_QR = 6;\n  CHANNEL_PRINT = 7;"),
        ("service ReferralsService {", "message More {}\nservice ReferralsService {"),
    ],
)
def test_what_is_added_breaks_nobody(tmp_path: Path, old: str, new: str) -> None:
    assert not broken(changed(tmp_path, old, new))


def changed(folder: Path, old: str, new: str) -> Path:
    """Return a copy of the schemas in which one line of ours is another one."""
    copy = shutil.copytree(PROTO, folder / "proto")
    text = (copy / REFERRALS).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (copy / REFERRALS).write_text(text.replace(old, new), encoding="utf-8")
    return copy


def broken(proto: Path) -> str:
    """Return what buf holds against schemas, compared with those that were released."""
    completed = subprocess.run(  # noqa: S603 - the arguments are this checkout's own paths
        [BUF, "breaking", proto, "--against", RELEASED],
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode in {0, 100}, completed.stderr  # 100: something is broken
    assert bool(completed.stdout) == bool(completed.returncode)
    return completed.stdout
