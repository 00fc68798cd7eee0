"""What the help of several commands tells alike."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from referrals_adapters.system.command_line import Parser

SERVERS: Final[Mapping[str, str]] = {
    "REFERRALS_DB_HOST": "use this PostgreSQL in place of one of the sandbox's own; also _PORT "
    "(5434), _NAME (referrals_db), _USER and _PASSWORD; REFERRALS_DB_OWNER and its _PASSWORD name "
    "who brings the schema up, if that is not _USER",
    "REFERRALS_REDIS_HOST": "use this Redis; also _PORT (6379)",
    "KAFKA_BROKER": "use this broker, host:port",
}


def add_json(parser: Parser) -> None:
    """Have a command answer a program, too."""
    parser.add_argument("--json", action="store_true", help="print what came of it as JSON")


def add_report(parser: Parser) -> None:
    """Have a command write a page, too."""
    parser.add_argument(
        "--report", metavar="FILE", type=Path, help="also write it as a page with charts (none)"
    )


def add_seed(parser: Parser, what: str) -> None:
    """Have a command draw what it does by a seed."""
    parser.add_argument("--seed", metavar="S", type=int, default=1, help=f"{what} (%(default)s)")
