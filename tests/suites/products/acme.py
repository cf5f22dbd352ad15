"""Acme where the registry looks, for tests of everything above it."""

from tests.suites.acme import CONNECTOR

__all__ = ["CONNECTOR"]
