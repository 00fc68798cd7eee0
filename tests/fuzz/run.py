"""Fuzz in this process until it ends; `python -m tests.fuzz` is the command for people."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import atheris

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS: Final = ("referrals_domain", "referrals_adapters", "referrals_webhook")
"""What is watched: an input that gets anywhere new in it is kept, and others are made of it."""

MORE_BYTES: Final = 64
"""How much longer a text or a body gets at most when it is changed as bytes."""


def main() -> None:
    """Fuzz as the arguments say: the folder, the guard to take away, libFuzzer's options."""
    name, folder, plant, *options = sys.argv
    with atheris.instrument_imports(include=OURS):
        from tests.fuzz.laws import law  # noqa: PLC0415 - what is imported here is watched
        from tests.fuzz.mutation import Mutation  # noqa: PLC0415 - as above
        from tests.fuzz.planted import PLANTS  # noqa: PLC0415 - as above

    if plant in PLANTS:
        PLANTS[plant]()
    mutation = Mutation(lambda raw: atheris.Mutate(raw, len(raw) + MORE_BYTES))

    def mutated(raw: bytes, room: int, seed: int) -> bytes:
        with _kept_if_it_fails(raw, Path(folder)):
            return mutation(raw, seed)[:room]

    with law() as hold:

        def test(raw: bytes) -> None:
            with _kept_if_it_fails(raw, Path(folder)):
                hold(raw)

        atheris.Setup([name, *options], test, custom_mutator=mutated)
        atheris.Fuzz()


@contextmanager
def _kept_if_it_fails(raw: bytes, folder: Path) -> Iterator[None]:
    """End the process if the block fails; libFuzzer itself does not keep every such input."""
    try:
        yield
    except BaseException:  # noqa: BLE001 - whatever it is, it is found
        (folder / f"crash-{sha256(raw).hexdigest()[:16]}").write_bytes(raw)
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    main()
