"""Any log file as rows: the reader that its kind wants, and the mapping that fits it."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from collectors.logs.csv import columns, read_csv
from collectors.logs.mapping import Mapping, fitting
from collectors.logs.ocel import spool_json, spool_sqlite, spool_xml
from collectors.logs.open import Kind, OpenedLog
from collectors.logs.rows import Fault, Fields, LogFormatError
from collectors.logs.spool import Spool, spool
from collectors.logs.xes import read_xes

_FORMATS = {
    Kind.CSV: "csv",
    Kind.XES: "xes",
    Kind.OCEL_SQLITE: "ocel",
    Kind.OCEL_XML: "ocel",
    Kind.OCEL_JSON: "ocel",
}


def choose_mapping(log: OpenedLog, format_: str, mappings: dict[str, Mapping], wanted: str, process: str) -> str:
    """The name of the mapping to read a log by: the one that is wanted, else the only one that fits.

    Errors: LogFormatError for a log of another format, for a name that is not there, for none or several that fit.
    """
    found = _FORMATS[log.kind]
    if found != format_:
        raise LogFormatError(f"{log.path}: holds {log.kind}; run `throughline import {found}`")
    of_format = [name for name, mapping in mappings.items() if mapping.format == format_]
    if wanted:
        if wanted not in of_format:
            raise LogFormatError(
                f"process {process} has no mapping {wanted!r} for {format_}; it has {', '.join(of_format) or 'none'}"
            )
        return wanted
    fit = fitting(mappings, format_, lambda mapping: columns(log.stream, mapping.delimiter, mapping.encoding))
    if len(fit) != 1:
        why = f"{', '.join(fit)} fit: choose with --mapping" if fit else _misfit(log, of_format, mappings)
        raise LogFormatError(f"{log.path}: {why}")
    return fit[0]


def _misfit(log: OpenedLog, names: list[str], mappings: dict[str, Mapping]) -> str:
    missing = [
        f"{name} wants {', '.join(sorted(lacking))}"
        for name in names
        if (lacking := mappings[name].columns - set(columns(log.stream, mappings[name].delimiter)))
    ]
    return f"no mapping fits the columns: {'; '.join(missing) or 'the process declares none'}; add one under [imports]"


def read_rows(log: OpenedLog, mapping: Mapping) -> Generator[Fields | Fault, None, None]:
    """The rows of a log, always in the same order; those of links between objects come first.

    Errors: LogFileError, also while rows are read.
    """
    if log.kind is Kind.CSV:
        yield from read_csv(log.stream, log.path.name, mapping.delimiter, mapping.encoding)
    elif log.kind is Kind.XES:
        yield from read_xes(log.stream)
    else:
        yield from _read_ocel(log, mapping)


def _read_ocel(log: OpenedLog, mapping: Mapping) -> Iterator[Fields | Fault]:
    with spool() as spooled:
        end: Fault | None = None
        for fault in _spooling(log, spooled):
            if fault.ends:
                end = fault  # told last: what came before it is read first
            else:
                yield fault
        spooled.finish()
        yield from spooled.links(mapping.links)
        lines = mapping.lines
        yield from spooled.events((lines.objects, lines.through, lines.contract) if lines else None)
        if end is not None:
            yield end


def _spooling(log: OpenedLog, into: Spool) -> Iterator[Fault]:
    if log.kind is Kind.OCEL_SQLITE:
        with log.as_file() as place:
            yield from spool_sqlite(place, log.path.name, into)
    else:
        yield from (spool_xml if log.kind is Kind.OCEL_XML else spool_json)(log.stream, into)
