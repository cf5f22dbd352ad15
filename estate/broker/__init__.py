"""The firm's RabbitMQ: live messages, dead letters and a consumer on a real broker."""

from estate.broker.product import Product

__all__ = ["Product"]
