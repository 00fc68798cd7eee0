"""The calls of Linux that the standard library lacks."""

import ctypes
import os
import pwd
import signal
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_IPC_RMID = 0
_INT = 0xFFFFFFFF  # keys are printed signed here and unsigned there

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """
    Have the kernel kill this process when its parent ends, however that ends.

    Call it after any change of user: such a change clears the wish.

    Raises:
        ProcessLookupError: `parent` has ended already.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise ProcessLookupError(f"the parent {parent} has ended")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def enter_user_namespace(uid: int, gid: int) -> None:
    """
    Go by another user and group while keeping access to one's own files.

    Raises:
        OSError: The kernel or the container does not allow it.
    """
    own_uid, own_gid = os.geteuid(), os.getegid()
    _checked(_libc.unshare(_CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {own_uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {own_gid} 1", encoding="ascii")


def unprivileged_user() -> tuple[int, int] | None:
    """
    Return the user and group to go by where PostgreSQL would refuse ours, else None.

    It refuses root, and users that have no entry in the user data base.
    """
    own = os.geteuid()
    if own != 0 and _user(own) is not None:
        return None
    nobody = _user(65_534) or next(entry for entry in pwd.getpwall() if entry.pw_uid != 0)
    return nobody.pw_uid, nobody.pw_gid


def children_of(parent: int) -> list[int]:
    """Return the processes whose parent is `parent`, ended ones that nobody reaped included."""
    return [pid for pid, its_parent in parents().items() if its_parent == parent]


def parents() -> dict[int, int]:
    """Return the parent of every process, ended ones that nobody reaped included."""
    known = ((pid, _parent_of(pid)) for pid in _processes())
    return {pid: parent for pid, parent in known if parent is not None}


def works_in(folder: Path) -> bool:
    """Tell whether the working directory of any process is `folder` or below."""
    return any(folder in (place, *place.parents) for place in map(_place_of, _processes()))


def remove_shared_memory(key: int, identifier: int) -> None:
    """Remove a System V shared memory segment if it is still that one and nobody uses it."""
    for row in Path("/proc/sysvipc/shm").read_text(encoding="ascii").splitlines()[1:]:
        fields = row.split()
        same = int(fields[0]) & _INT == key & _INT and int(fields[1]) == identifier
        if same and int(fields[6]) == 0:  # the number of processes that have it mapped
            _libc.shmctl(identifier, _IPC_RMID, None)


def _prctl(option: int, value: int) -> None:
    _checked(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0))


def _checked(result: int) -> None:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _user(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _place_of(pid: int) -> Path:
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:  # it has ended, or is another user's
        return Path("/")


def _parent_of(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return int(stat.rpartition(")")[2].split()[1])
