"""The firm's NetSuite: SuiteQL, the record API and its sign-in over SuiteTalk REST."""

from estate.netsuite.product import Product

__all__ = ["Product"]
