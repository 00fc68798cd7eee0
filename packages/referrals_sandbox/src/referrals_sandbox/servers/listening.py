"""Servers on ports that may be taken between the choice and the start."""

from collections.abc import Callable

from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.errors import SandboxError
from referrals_sandbox.servers.ports import free_port, require_free

_TAKEN = "Address already in use"  # as servers write it into their logs


def listening_on(
    port: int | None, launch: Callable[[int], Child], *, tries: int = 5
) -> tuple[Child, int]:
    """
    Return a server that is ready, and its port.

    Args:
        port: The port to listen on; if None a free one, and another if somebody was quicker.
        launch: Starts the server on a port.
        tries: How many free ports are tried.

    Raises:
        SandboxError: It did not come up.
    """
    chosen = free_port() if port is None else port
    child = launch(chosen)
    try:
        child.until_ready()
    except SandboxError as error:
        if port is not None:
            require_free(port, what=child.command.name)
        if port is not None or tries == 1 or _TAKEN not in error.log:
            raise
        return listening_on(port, launch, tries=tries - 1)
    return child, chosen
