"""The command `referrals-sandbox`."""

import os
import sys
from collections.abc import Sequence

from referrals_sandbox.bench.run import bench
from referrals_sandbox.chaos.run import chaos
from referrals_sandbox.command_line import parser
from referrals_sandbox.ending import Ended, end_on_signals, end_with_uv
from referrals_sandbox.load.run import load
from referrals_sandbox.playing import start
from referrals_sandbox.posting.post import post
from referrals_sandbox.servers.errors import SandboxError

_COMMANDS = {None: start, "post": post, "chaos": chaos, "bench": bench, "load": load}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit code."""
    options = parser().parse_args(arguments)
    end_on_signals()
    end_with_uv()
    if "REFERRALS_DB_HOST" not in os.environ:
        _forget_other_databases()
    try:
        return _COMMANDS[options.command](options)
    except SandboxError as error:
        print(f"referrals-sandbox: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # who read our output has seen enough
        sys.stdout = None  # so that nothing is tried again at the exit
        return 1
    except Ended as ended:
        return ended.exit_code


def _forget_other_databases() -> None:
    """Drop what drivers read of their own accord, `PGSSLMODE` and the like: not meant for us."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


if __name__ == "__main__":
    sys.exit(main())
