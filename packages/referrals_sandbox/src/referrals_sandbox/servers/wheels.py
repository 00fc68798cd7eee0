"""Where the wheels keep their servers."""

import importlib.util
from pathlib import Path

from referrals_sandbox.servers.errors import SandboxError


def wheel_file(
    package: str, pattern: str, *, what: str, instead: str | None, wheel: str | None = None
) -> Path:
    """
    Return the file of an installed wheel, without importing the wheel.

    Args:
        package: The wheel's import name.
        pattern: A glob relative to the package's folder; `../` reaches the folder beside it.
        what: The server, as a person calls it.
        instead: The setting that names a server of one's own, if there is one.
        wheel: The wheel's name, if it is another than the package's.

    Raises:
        SandboxError: The wheel is not installed, or has no such file for this machine.
    """
    spec = importlib.util.find_spec(package)
    own = f", or set {instead} to use a server of your own" if instead else ""
    advice = f"run `uv sync`{own}"
    if spec is None or not spec.submodule_search_locations:
        wheel = wheel or package.replace("_", "-")
        raise SandboxError(f"{what} is missing: the wheel {wheel} is not installed; {advice}")
    folder = Path(spec.submodule_search_locations[0])
    while pattern.startswith("../"):
        folder, pattern = folder.parent, pattern.removeprefix("../")
    for found in sorted(folder.glob(pattern)):
        return found
    raise SandboxError(f"{what} is missing: {folder} holds no {pattern}; {advice}")
