"""The embedded server: private, shared by processes, and there again after whatever was killed."""

import fcntl
import json
import os
import pwd
import signal
import stat
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from models.errors import Misconfigured
from models.store import embedded
from models.store.embedded_place import HomeError, prepare, tool
from models.store.engine import StoreUnavailableError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it changes users")

# Keeps the server in use until its standard input ends; then stops it, if it is asked to do so.
USER = """
import sys
from pathlib import Path
from models.store import embedded
server = embedded.start(Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def home(test_home: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    made = test_home / f"h{zlib.crc32(request.node.nodeid.encode())}"
    yield made
    with embedded_server(made) as server:
        data = server.data
    assert not (data / "postmaster.pid").exists()


@contextmanager
def embedded_server(home: Path) -> Iterator[embedded.Server]:
    server = embedded.start(home)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def another_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        yield process
    finally:
        process.kill()
        process.communicate()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row and row[0]


def write(url: str, number: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n integer)")
        connection.execute("INSERT INTO kept VALUES (%s)", [number])


def postmaster(server: embedded.Server) -> psutil.Process:
    return psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not happen in time"
        threading.Event().wait(0.02)


def is_up(server: embedded.Server) -> bool:
    try:
        return ask(server.url, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def test_it_is_closed_to_everybody_else_and_has_no_port(home: Path) -> None:
    with embedded_server(home) as server:
        place = prepare(home)
        for folder in (home, place.folder, place.data, place.socket_folder):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert folder.stat().st_uid == place.owner.pw_uid
        assert place.owner.pw_uid != 0
        assert postmaster(server).net_connections("inet") == []


def test_what_is_written_into_its_configuration_opens_no_port(home: Path) -> None:
    with embedded_server(home) as server, psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute("ALTER SYSTEM SET listen_addresses = '127.0.0.1'")
        admin.execute("ALTER SYSTEM SET fsync = off")
    with embedded_server(home) as server:
        assert ask(server.admin_url, "SHOW listen_addresses") == ""
        assert ask(server.admin_url, "SHOW fsync") == "on"
        assert postmaster(server).net_connections("inet") == []


def test_the_program_works_as_the_owner_of_its_database_and_no_superuser(home: Path) -> None:
    with embedded_server(home) as server:
        assert ask(server.url, "SELECT current_user || '@' || current_database()") == "throughline@throughline"
        assert ask(server.url, "SHOW is_superuser") == "off"
        write(server.url, 1)


def test_two_users_share_it_and_the_last_one_stops_it(home: Path) -> None:
    first = embedded.start(home)
    with another_process(home) as other:
        pid = postmaster(first).pid
        first.stop()
        assert psutil.pid_exists(pid)
        with embedded_server(home) as third:
            assert postmaster(third).pid == pid
        assert psutil.pid_exists(pid)
        other.communicate()
        assert not (first.data / "postmaster.pid").exists()


def test_stopping_twice_is_stopping_once(home: Path) -> None:
    server = embedded.start(home)
    with embedded_server(home) as other:
        server.stop()
        server.stop()
        assert is_up(other)


def test_two_starts_at_once_make_one_server(home: Path) -> None:
    with another_process(home), another_process(home), embedded_server(home) as server:
        assert is_up(server)


def test_a_killed_user_leaves_the_server_and_every_row_and_the_next_one_can_stop_it(home: Path) -> None:
    with another_process(home) as other:
        with psycopg.connect(embedded_url(home)) as connection:
            connection.execute("CREATE TABLE kept (n integer)")
            connection.execute("INSERT INTO kept VALUES (7)")
        other.kill()
        other.wait()
    with embedded_server(home) as server:
        assert ask(server.url, "SELECT n FROM kept") == 7
    assert not (server.data / "postmaster.pid").exists()


def embedded_url(home: Path) -> str:
    return f"postgresql://throughline@/throughline?host={prepare(home).socket_folder}"


def test_a_killed_server_is_started_again_with_every_row(home: Path) -> None:
    with embedded_server(home) as server:
        write(server.url, 1)
        killed = postmaster(server)
        killed.kill()
        until(lambda: postmaster_number(server) not in {None, killed.pid} and is_up(server))
        assert ask(server.url, "SELECT n FROM kept") == 1


def postmaster_number(server: embedded.Server) -> int | None:
    try:
        return postmaster(server).pid
    except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
        return None


def test_a_server_told_to_wait_for_its_clients_is_started_again_with_every_row(home: Path) -> None:
    with embedded_server(home) as server, held(server.url) as client:
        write(server.url, 1)
        told = postmaster(server)
        told.terminate()
        until(lambda: postmaster_number(server) not in {None, told.pid} and is_up(server))
        assert ask(server.url, "SELECT n FROM kept") == 1
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")


def test_whoever_comes_while_a_server_waits_for_its_clients_starts_it_again(home: Path) -> None:
    with another_process(home) as other:
        other.kill()
        other.wait()
    url = embedded_url(home)
    with held(url):
        write(url, 1)
        told = psutil.Process(int((prepare(home).data / "postmaster.pid").read_text().split()[0]))
        told.terminate()
        with embedded_server(home) as server:
            assert postmaster(server).pid != told.pid
            assert ask(server.url, "SELECT n FROM kept") == 1


def test_a_server_that_does_not_heed_the_fast_shutdown_is_ended_at_once(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_END_SECONDS", {"fast": 1, "immediate": 30})
    with embedded_server(home) as server, held(server.url) as client:
        write(server.url, 1)
        told = postmaster(server)
        psutil.Process(client.info.backend_pid).suspend()
        told.terminate()
        until(lambda: postmaster_number(server) not in {None, told.pid} and is_up(server))
        assert ask(server.url, "SELECT n FROM kept") == 1


def test_the_last_user_stops_a_server_that_waits_for_its_clients_for_good(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with embedded_server(home) as server, held(server.url):
        place = prepare(home)
        starts = place.log.read_text().count("starting PostgreSQL")
        stop = threading.Thread(target=server.stop)
        with place.gate.open() as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            postmaster(server).terminate()
            # The supervisor waits for the gate now; what it finds behind it is a stop of our own.
            until(lambda: "does not answer" in caplog.text)
            stop.start()
            until(server._stopping.is_set)
        stop.join()
        assert postmaster_number(server) is None
        assert place.log.read_text().count("starting PostgreSQL") == starts


@contextmanager
def held(url: str) -> Iterator[psycopg.Connection]:
    """A client that never leaves by itself."""
    client = psycopg.connect(url, autocommit=True)
    try:
        yield client
    finally:
        client.close()


def test_after_everything_was_killed_the_next_start_recovers_every_row(home: Path) -> None:
    with another_process(home) as other:
        url = embedded_url(home)
        busy = psycopg.connect(url, autocommit=True)
        write(url, 1)
        other.kill()
        server_process = psutil.Process(int((prepare(home).data / "postmaster.pid").read_text().split()[0]))
        server_process.kill()
        with embedded_server(home) as server:
            assert ask(server.url, "SELECT n FROM kept") == 1
        busy.close()


def test_the_number_of_a_zombie_is_not_taken_for_a_running_server(home: Path) -> None:
    with embedded_server(home) as server:
        place = prepare(home)
    zombie = subprocess.Popen(["true"], **place.as_owner)
    try:
        until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE)
        leave_number(server, place.socket_folder, zombie.pid)
        with embedded_server(home) as server:
            assert is_up(server)
    finally:
        zombie.wait()


def test_a_strangers_process_with_the_old_number_is_left_alone(home: Path) -> None:
    with embedded_server(home) as server:
        place = prepare(home)
    stranger = subprocess.Popen(["sleep", "60"], **place.as_owner)
    try:
        leave_number(server, place.socket_folder, stranger.pid)
        with embedded_server(home) as server:
            assert is_up(server)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def leave_number(server: embedded.Server, socket_folder: Path, number: int) -> None:
    for file in (server.data / "postmaster.pid", socket_folder / ".s.PGSQL.5432.lock"):
        file.write_text(f"{number}\n{server.data}\n1700000000\n5432\n{socket_folder}\n\n")


def test_a_first_start_that_was_interrupted_is_done_again(home: Path) -> None:
    place = prepare(home)
    half = place.folder / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    place.own(half)
    with embedded_server(home) as server:
        assert is_up(server)
    assert not half.exists()


def test_a_folder_of_another_version_is_refused_with_what_to_do(home: Path) -> None:
    with embedded_server(home) as server:
        version = server.data / "PG_VERSION"
    held = version.read_text()
    version.write_text("15\n")
    with pytest.raises(HomeError, match=r"written by PostgreSQL 15.*throughline db backup") as caught:
        embedded.start(home)
    version.write_text(held)
    assert isinstance(caught.value, Misconfigured)


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    with embedded_server(home) as server:
        configuration = server.data / "postgresql.conf"
    held = configuration.read_text()
    configuration.write_text(held + "nonsense = 1\n")
    with pytest.raises(StoreUnavailableError, match=r"server.log ends with: .*nonsense"):
        embedded.start(home)
    configuration.write_text(held)


def test_a_long_log_is_begun_anew(home: Path) -> None:
    place = prepare(home)
    place.log.write_bytes(b"." * 10_000_001)
    place.own(place.log)
    with embedded_server(home):
        assert place.log.stat().st_size < 10_000
        assert place.log.with_suffix(".log.1").stat().st_size == 10_000_001


def test_a_long_path_gets_a_socket_elsewhere_as_private(test_home: Path) -> None:
    home = test_home / ("a" * 60) / ("b" * 60)
    with embedded_server(home) as server:
        folder = prepare(home).socket_folder
        assert folder.parent == Path("/tmp")
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert is_up(server)
    folder.rmdir()


@needs_root
def test_a_home_inside_a_private_folder_of_roots_stays_private(test_home: Path) -> None:
    # Not pytest's own folder: every start of pytest takes the rights of others off that one, this entry's too.
    private = test_home / "private"
    private.mkdir(mode=0o700)
    with embedded_server(private / "home") as server:
        assert is_up(server)
    assert stat.S_IMODE(private.stat().st_mode) & 0o007 == 0


@needs_root
def test_another_user_of_the_machine_does_not_get_in(home: Path) -> None:
    with embedded_server(home) as server:
        folder = prepare(home).socket_folder
        said = json.loads(as_user("nobody", "print(json.dumps(attempts(sys.argv[1])))", str(folder), str(server.url)))
        assert said == {"socket": "PermissionError", "login": "refused by rights"}
        # Were the folders open, the login would still be refused: it goes by the operating-system user.
        opened = [folder, *folder.parents[:2]]
        for step in opened:
            step.chmod(0o711)
        (folder / ".s.PGSQL.5432").chmod(0o777)
        try:
            said = json.loads(
                as_user("nobody", "print(json.dumps(attempts(sys.argv[1])))", str(folder), str(server.url))
            )
        finally:
            for step in opened:
                step.chmod(0o700)
        assert said == {"socket": "connected", "login": "refused by user"}


@needs_root
def test_an_ordinary_user_has_a_server_of_their_own(home: Path, test_home: Path) -> None:
    with embedded_server(home):
        pass  # root's first start made the account that plays the ordinary user here
    folder = test_home / "ordinary"
    folder.mkdir()
    owner = pwd.getpwnam("throughline")
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    said = as_user("throughline", "print(*serve(sys.argv[1]))", str(folder / "home"))
    assert said.split() == ["throughline", "throughline"]
    # And root, given that folder, works in it as its owner.
    with embedded_server(folder / "home") as server:
        assert is_up(server)
    assert (folder / "home" / "database" / "data").stat().st_uid == owner.pw_uid


# Loaded as root, which may read this Python wherever it lies; run as somebody else.
AS_USER = """
import json, os, pwd, socket, sys
from pathlib import Path
import psycopg
from models.store import embedded

def attempts(folder):
    path = Path(folder) / ".s.PGSQL.5432"
    said = {}
    with socket.socket(socket.AF_UNIX) as attempt:
        try:
            attempt.connect(str(path))
            said["socket"] = "connected"
        except OSError as error:
            said["socket"] = type(error).__name__
    try:
        psycopg.connect(sys.argv[2]).close()
        said["login"] = "let in"
    except psycopg.OperationalError as error:
        said["login"] = "refused by user" if "Peer authentication failed" in str(error) else "refused by rights"
    return said

def serve(home):
    server = embedded.start(Path(home))
    try:
        with psycopg.connect(server.url) as connection:
            owner = pwd.getpwuid((Path(home) / "database" / "data").stat().st_uid).pw_name
            return owner, connection.execute("SELECT current_user").fetchone()[0]
    finally:
        server.stop()

user = pwd.getpwnam(sys.argv.pop(1))
os.setgroups([])
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
os.chdir("/")
"""


def as_user(name: str, act: str, *arguments: str) -> str:
    command = [sys.executable, "-c", AS_USER + act, name, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_folder_that_others_may_enter_is_refused(test_home: Path) -> None:
    home = test_home / "open"
    place = prepare(home)
    place.folder.chmod(0o755)
    with pytest.raises(HomeError, match="mode 0700"):
        embedded.start(home)


def test_a_home_that_is_a_file_is_refused(test_home: Path) -> None:
    (test_home / "file").write_text("")
    with pytest.raises(HomeError, match="set THROUGHLINE_HOME"):
        embedded.start(test_home / "file")


def test_a_program_that_is_not_packaged_is_named() -> None:
    assert tool("pg_dump").is_file()
    with pytest.raises(HomeError, match="no program pg_nonsense"):
        tool("pg_nonsense")


def test_a_terminated_user_leaves_the_server_to_the_others(home: Path) -> None:
    with embedded_server(home) as server, another_process(home) as other:
        other.send_signal(signal.SIGTERM)
        other.wait()
        assert is_up(server)
