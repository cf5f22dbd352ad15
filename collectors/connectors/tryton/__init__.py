"""Tryton's records, for `collectors/connectors/erp_tryton.py`."""
