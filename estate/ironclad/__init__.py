"""The firm's Ironclad: workflows, approvals, records, obligations and webhooks of the Public API v1."""

from estate.ironclad.product import Product

__all__ = ["Product"]
