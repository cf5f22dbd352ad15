"""What a person sets: `throughline.toml`, and three variables of the environment, which is read nowhere else.

Every fault is one line that names the file, the key, what was found and what is allowed; all are told at once.
"""

import os
import tomllib
from datetime import UTC, datetime, time
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.rates import fault_of_rates
from app.settings_errors import SettingsError, beginning, told
from app.settings_tables import File, Secret
from collectors.intake.otlp_names import Names
from models.store.engine import fault_of

DEFAULT_FILE = "throughline.toml"


class SecretMissingError(SettingsError):
    """A secret that the settings point at is not there."""


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="THROUGHLINE_", env_ignore_empty=True)

    config: Path | None = None
    database_url: str | None = None
    home: Path | None = None


def _default_home() -> Path:
    return Path("/var/lib/throughline") if os.geteuid() == 0 else Path.home() / ".local" / "share" / "throughline"


class Settings(File):
    """All settings, and where they came from. `path` is None where there was no file.

    `database_url` None means the embedded database below `home`.
    """

    path: Path | None = None
    database_url: str | None = Field(None, repr=False)
    home: Path = Field(default_factory=_default_home)

    def process_files(self) -> list[Traversable]:
        """The process files in their order. SettingsError names one that is not there, and the shipped ones."""
        return [self._process_file(index, name) for index, name in enumerate(self.process.files)]

    def watch_from(self, system: str) -> datetime | None:
        """Since when a system is watched: the beginning of the day in the reporting zone, in UTC. None: from ever."""
        day = self.systems[system].watch_from if system in self.systems else None
        return datetime.combine(day, time(), self.reporting.time_zone).astimezone(UTC) if day else None

    def names(self) -> Names:
        """What attributes of spans and log records are called."""
        return Names(**self.otlp.model_dump(exclude_none=True))

    def secrets(self) -> dict[str, Secret]:
        """Every secret by the key that points at it. Nothing is read."""
        return {
            f"systems.{name}.auth.secret": system.auth.secret
            for name, system in self.systems.items()
            if system.auth and system.auth.secret
        }

    def missing_secrets(self) -> dict[str, str]:
        """What is wrong with each secret that is missing, with file and key, by the key that points at it."""
        problems = {}
        for key, secret in self.secrets().items():
            try:
                reveal(secret, key)
            except SecretMissingError as error:
                problems[key] = f"{self.path}: {error}"
        return problems

    def require_secrets(self) -> None:
        """Refuse, naming file and key, when a secret is missing; to be called before anything signs in anywhere."""
        if problems := self.missing_secrets():
            raise SecretMissingError("\n".join(problems.values()))

    def require_rates(self) -> None:
        """Refuse, naming file, key and line, when the file of exchange rates cannot be read."""
        if self.rates.file is None:
            return
        try:
            with self.rates.file.open(encoding="utf-8", newline="") as file:
                why = fault_of_rates(file)
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        if why:
            raise SettingsError(
                f"{self.path}: rates.file: found {str(self.rates.file)!r}, which cannot be read: {why}; "
                "allowed: the path of a CSV file with date, from, to, rate, relative to the settings file"
            )

    def _process_file(self, index: int, name: str) -> Traversable:
        shipped = {found.name.removesuffix(".toml"): found for found in _shipped_processes()}
        if name in shipped:
            return shipped[name]
        path = (self.path.parent if self.path else Path()) / name
        if path.is_file():
            return path
        raise SettingsError(
            f"{self.path or DEFAULT_FILE}: process.files.{index}: found {name!r}, which is no file; "
            f"allowed: {', '.join(sorted(shipped))}, or a path relative to the settings file"
        )


def load(path: Path | None = None) -> Settings:
    """The settings of this process, from `path` or from where the environment says.

    SettingsError tells every fault of the file at once.
    """
    environment = _Environment()
    _require_postgresql(environment.database_url)
    path = path or environment.config or (Path(DEFAULT_FILE) if Path(DEFAULT_FILE).exists() else None)
    found = _read(path) if path else File()
    # Validated above; a second pass would refuse the values it made.
    settings = Settings.model_construct(
        **dict(found), path=path, database_url=environment.database_url, home=environment.home or _default_home()
    )
    # Both refuse a name that is no file, before anything is opened.
    settings.process_files()
    settings.require_rates()
    return settings


def _require_postgresql(url: str | None) -> None:
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        raise SettingsError(
            f"THROUGHLINE_DATABASE_URL {beginning(url)}; allowed: the URL of a PostgreSQL "
            "database such as postgresql://user@host/name, or nothing for the embedded one"
        )
    if url is not None and (fault := fault_of(url)):
        raise SettingsError(
            f"THROUGHLINE_DATABASE_URL cannot be read: {fault}; allowed: the URL of a PostgreSQL database such as "
            "postgresql://user@host/name, with signs such as @, / and % in a password written as %40, %2F and %25"
        )


def reveal(secret: Secret, key: str) -> str:
    """The secret that a key of the settings points at, read now. SecretMissingError names it and its place."""
    if secret.kind == "env":
        if value := os.environ.get(secret.place):
            return value
        raise SecretMissingError(f"{key}: the variable {secret.place} is not set; set it to the secret")
    try:
        return Path(secret.place).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise SecretMissingError(f"{key}: cannot read {secret.place}: {why}; put the secret there") from error


def _read(path: Path) -> File:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; correct THROUGHLINE_CONFIG, or put a file there") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: found what is not TOML: {error}; allowed: TOML 1.0 in UTF-8") from error
    try:
        return File.model_validate(content, context=path.parent)
    except ValidationError as error:
        raise SettingsError(told(error, str(path), File)) from error


def _shipped_processes() -> list[Traversable]:
    return [found for found in files("processes").iterdir() if found.name.endswith(".toml")]
