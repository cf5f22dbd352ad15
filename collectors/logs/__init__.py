"""Event logs from files (CSV, XES, OCEL), read row by row and turned into events by a mapping of the process file."""
