"""A real ERP for tests: Tryton, in an environment of its own, from a database file made once."""
