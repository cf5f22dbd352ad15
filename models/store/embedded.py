"""The embedded PostgreSQL: started, shared, supervised and stopped by this module alone, with pg_ctl.

Any number of processes use one server. Whoever comes first starts it, whoever leaves last stops it; both happen under
an exclusive file lock, and "last" is decided by locks that the kernel drops with their process, so a killed process
neither takes the server down nor keeps it from being stopped later. Where every user was killed the server stays up,
and the next one attaches to it. While used, it is tried every second with a real connection and started again when
dead; one that somebody else told to stop is ended and started again too. There is no TCP port: the socket lies in a
folder with mode 0700, and logins are checked against the operating-system user besides. See
docs/decisions/0002-embedded-database.md.
"""

import fcntl
import logging
import os
import shlex
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psutil
import psycopg

import sql
from models.store.embedded_place import HomeError, Place, prepare, tool
from models.store.engine import StoreUnavailableError

_log = logging.getLogger(__name__)

_ADMIN = "postgres"
_ROLE = _DATABASE = "throughline"
_WATCH_SECONDS = 1.0
# Recovery after a crash replays up to max_wal_size; a slow disk may need minutes for it.
_START_SECONDS = 600
_STOP_SECONDS = 120
# How a server that stops without us is ended, one after the other. The fast way writes at most shared_buffers to the
# disk; the immediate way writes nothing, and the next start recovers what was committed.
_END_SECONDS = {"fast": 30, "immediate": 30}
_LOG_BYTES = 10_000_000


class Server:
    """One process's hold on the embedded server; made by `start`."""

    def __init__(self, place: Place, hold: int, settings: Mapping[str, str]) -> None:
        self._place = place
        self._settings = settings
        self._hold = hold
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="embedded-postgres", daemon=True)
        self._watcher.start()

    @property
    def url(self) -> str:
        """Reaches the database `throughline` as its owner, who is no superuser."""
        return _url(self._place, _ROLE, _DATABASE)

    @property
    def admin_url(self) -> str:
        """Reaches the server as its superuser: for making further databases."""
        return _url(self._place, _ADMIN, _ADMIN)

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self._place.data

    def stop(self) -> None:
        """Let go of the server, and stop it when nobody else uses it. Calling it again does nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._watcher.join()
        with _gate(self._place):
            try:
                # Our own lock becomes exclusive only when no other process holds one.
                if _lock(self._hold, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    _shut_down(self._place)
            finally:
                os.close(self._hold)

    def _watch(self) -> None:
        while not self._stopping.wait(_WATCH_SECONDS):
            if _answers(self._place):
                continue
            _log.warning("the embedded database does not answer", extra={"action": "restart"})
            try:
                with _gate(self._place):
                    # While we waited for the gate, `stop` may have begun to wait for us.
                    if not self._stopping.is_set():
                        _ensure_running(self._place, self._settings)
            except Exception:  # noqa: BLE001 - the top of a loop; see below
                # The supervisor must outlive whatever is wrong with the disk or the folder just now.
                _log.exception("the embedded database could not be started", extra={"action": "restart"})


def start(home: Path, settings: Mapping[str, str] | None = None) -> Server:
    """Start the server of this home, or attach to the running one.

    `settings` replace ours, where a test can do with less safety; an attaching process takes the server as it is.

    Errors: HomeError where folder, user or version do not fit; StoreUnavailableError where it does not come up, with
    the last lines of its log.
    """
    place = prepare(home)
    settings = settings or {}
    with _gate(place):
        hold = _open(place, place.users)
        _lock(hold, fcntl.LOCK_SH)
        try:
            _initialise(place)
            _ensure_running(place, settings)
            _ensure_database(place)
        except BaseException:
            os.close(hold)
            raise
    return Server(place, hold, settings)


def _url(place: Place, role: str, database: str) -> str:
    return f"postgresql://{role}@/{database}?host={quote(str(place.socket_folder), safe='')}"


@contextmanager
def _gate(place: Place) -> Iterator[None]:
    handle = _open(place, place.gate)
    try:
        _lock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _open(place: Place, path: Path) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    place.own(path)
    return handle


def _lock(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how)
    except BlockingIOError:
        return False
    return True


def _answers(place: Place) -> bool:
    try:
        with psycopg.connect(_url(place, _ADMIN, _ADMIN), connect_timeout=10, application_name="throughline-watch"):
            return True
    except psycopg.OperationalError as error:
        # A server that is full is alive; one that starts or stops is not there yet, or no longer.
        return "too many clients" in str(error)


def _initialise(place: Place) -> None:
    _write(place, "pg_hba.conf", "local all all peer map=throughline\n")
    names = {place.owner.pw_name, "root"}
    lines = [f'throughline "{name}" {role}\n' for name in sorted(names) for role in (_ADMIN, _ROLE)]
    _write(place, "pg_ident.conf", "".join(lines))
    if (place.data / "PG_VERSION").exists():
        _check_version(place)
        return
    # Made beside and renamed when complete: a start that was killed in between leaves nothing half made. Under a name
    # of its own, because the initdb of that start may live a moment longer and write on.
    fresh = place.folder / f"data.new.{uuid4().hex}"
    _run(place, "rm", "-rf", *map(str, place.folder.glob("data.new*")))
    _run(
        place,
        str(tool("initdb")),
        f"--pgdata={fresh}",
        f"--username={_ADMIN}",
        "--auth-local=peer",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
        "--no-instructions",
    )
    fresh.rename(place.data)


def _write(place: Place, name: str, text: str) -> None:
    path = place.folder / name
    fresh = place.folder / f"{name}.new"
    with suppress(FileNotFoundError):
        fresh.unlink()
    fresh.touch(mode=0o600, exist_ok=False)
    fresh.write_text(text, encoding="utf-8")
    place.own(fresh)
    fresh.replace(path)


def _check_version(place: Place) -> None:
    held = (place.data / "PG_VERSION").read_text().strip()
    said = _run(place, str(tool("postgres")), "--version")
    ours = said.rsplit(" ", 1)[-1].split(".")[0].strip()
    if held != ours:
        raise HomeError(
            f"{place.data} was written by PostgreSQL {held}, and this installation brings {ours}; back it up with the "
            "former installation (`throughline db backup`), and restore it into an empty THROUGHLINE_HOME"
        )


def _ensure_running(place: Place, settings: Mapping[str, str]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    pause = threading.Event()
    while not _answers(place):
        if _postmaster(place) is None:
            _clear_remains(place)
            _launch(place, settings)
            return
        if _is_stopping(place):
            _end(place)
            continue
        if time.monotonic() > deadline:
            raise StoreUnavailableError(f"the embedded database does not answer; see {place.log}")
        # It starts or recovers; whichever it is, it ends in an answer or in a dead process.
        pause.wait(0.05)


def _is_stopping(place: Place) -> bool:
    """Whether the server was told to stop, in whichever way. Source: PostgreSQL's utils/pidfile.h, line 8."""
    try:
        lines = (place.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "stopping"


def _end(place: Place) -> None:
    """End a server that was told to stop by somebody else, under the gate.

    Told by SIGTERM, it refuses everybody new and waits until every client has left, which pools never do.
    Source: PostgreSQL 18, "Shutting Down the Server".
    """
    _log.warning("the embedded database was told to stop", extra={"action": "stop", "folder": str(place.folder)})
    try:
        _shut_down(place, "fast", _END_SECONDS["fast"])
    except StoreUnavailableError:
        _log.warning("the embedded database does not stop", extra={"action": "stop", "folder": str(place.folder)})
        _shut_down(place, "immediate", _END_SECONDS["immediate"])


def _postmaster(place: Place) -> psutil.Process | None:
    """The living server process of this data folder.

    A number in the file is not enough: the process may be a zombie that nobody collects (process 1 of a container), or
    somebody else's after a restart of the machine.
    """
    try:
        return _ours(place, psutil.Process(int((place.data / "postmaster.pid").read_text().split("\n", 1)[0])))
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def _ours(place: Place, process: psutil.Process) -> psutil.Process | None:
    try:
        if process.status() == psutil.STATUS_ZOMBIE or process.uids().effective != place.owner.pw_uid:
            return None
        return process if Path(process.cwd()) == place.data else None
    except psutil.NoSuchProcess:
        return None


def _clear_remains(place: Place) -> None:
    """Remove what a killed server left: processes that still use its shared memory, and the file with its number."""
    remains = [place.data / "postmaster.pid", *place.socket_folder.glob(".s.PGSQL.*")]
    if not any(path.exists() for path in remains):
        return
    orphans = [process for process in psutil.process_iter() if process.name() == "postgres" and _ours(place, process)]
    for orphan in orphans:
        with suppress(psutil.NoSuchProcess):
            orphan.kill()
    psutil.wait_procs(orphans, timeout=10)
    # The server trusts the numbers in these files, and would take a zombie, or a stranger's process, for its twin.
    for path in remains:
        path.unlink(missing_ok=True)


def _launch(place: Place, settings: Mapping[str, str]) -> None:
    if place.log.exists() and place.log.stat().st_size > _LOG_BYTES:
        place.log.replace(place.log.with_suffix(".log.1"))
    options = shlex.join(f"--{name}={value}" for name, value in (_settings(place) | dict(settings)).items())
    try:
        _pg_ctl(place, "start", "-w", "-t", str(_START_SECONDS), "-l", str(place.log), "-o", options)
    except StoreUnavailableError as error:
        tail = place.log.read_text(errors="replace").splitlines()[-5:] if place.log.exists() else []
        raise StoreUnavailableError(f"{error}; {place.log} ends with: {' | '.join(tail)}") from error
    _log.info("the embedded database is up", extra={"action": "start", "folder": str(place.folder)})


def _settings(place: Place) -> dict[str, str]:
    """Given on the command line, which nothing in the data folder (ALTER SYSTEM) can overrule."""
    memory = psutil.virtual_memory().total // 2**20
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(place.socket_folder),
        "unix_socket_permissions": "0700",
        "hba_file": str(place.folder / "pg_hba.conf"),
        "ident_file": str(place.folder / "pg_ident.conf"),
        "fsync": "on",
        "full_page_writes": "on",
        "shared_buffers": f"{max(64, min(512, memory // 8))}MB",
        "effective_cache_size": f"{max(128, memory // 2)}MB",
        "maintenance_work_mem": "128MB",
        "work_mem": "16MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "lz4" if _knows_lz4() else "off",
        "jit": "off",
        "random_page_cost": "1.1",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }


def _knows_lz4() -> bool:
    said = subprocess.run([tool("pg_config"), "--configure"], capture_output=True, text=True, check=False)
    return "--with-lz4" in said.stdout


def _ensure_database(place: Place) -> None:
    with psycopg.connect(_url(place, _ADMIN, _ADMIN), autocommit=True) as connection:
        for thing in ("role", "database"):
            if not connection.execute(sql.query(f"has_{thing}")).fetchone():
                connection.execute(sql.query(f"create_{thing}"))


def _shut_down(place: Place, how: str = "fast", seconds: int = _STOP_SECONDS) -> None:
    if _postmaster(place) is not None:
        _pg_ctl(place, "stop", "-w", "-t", str(seconds), "-m", how)
        _log.info("the embedded database is down", extra={"action": "stop", "folder": str(place.folder)})


def _pg_ctl(place: Place, *arguments: str) -> None:
    _run(place, str(tool("pg_ctl")), "-s", "-D", str(place.data), *arguments)


def _run(place: Place, *command: str) -> str:
    ended: subprocess.CompletedProcess[str] = subprocess.run(
        command, capture_output=True, text=True, check=False, **place.as_owner
    )
    if ended.returncode != 0:
        said = " ".join((ended.stderr or ended.stdout).split())
        raise StoreUnavailableError(f"{Path(command[0]).name} of the embedded database failed: {said}")
    return ended.stdout
