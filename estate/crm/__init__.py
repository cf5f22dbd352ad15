"""The firm's Salesforce org: CRM objects and Certinia PSA objects behind one REST API."""

from estate.crm.product import Product

__all__ = ["Product"]
