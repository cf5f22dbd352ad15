"""The firm's Boomi: flows between its systems, their executions and documents, and re-runs that really execute."""

from estate.boomi.product import Product

__all__ = ["Product"]
