"""Process files by name or by path."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from collectors.logs.mapping import Mapping, read_mappings
from models.process import Process
from models.process_file import ProcessFileError, read_process


class ProcessFile(NamedTuple):
    """A process file that was read and checked; `name` is told in errors."""

    name: str
    text: str
    process: Process
    mappings: dict[str, Mapping]


def find_process(wanted: str) -> ProcessFile:
    """The shipped process of this name, else the file at this path.

    Errors: ProcessFileError for one that is not there, and with every fault of one that is, its mappings included.
    """
    shipped = {
        one.name.removesuffix(".toml"): one for one in files("processes").iterdir() if one.name.endswith(".toml")
    }
    place = shipped.get(wanted) or Path(wanted)
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise ProcessFileError(
            f"{wanted}: cannot be read ({why}); a path, or one of {', '.join(sorted(shipped))} is allowed"
        ) from error
    process = read_process(text, wanted)
    return ProcessFile(wanted, text, process, read_mappings(process, wanted))
