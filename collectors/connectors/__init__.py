"""One file a product: each has a `CONNECTOR`, which the registry finds."""
