"""The business-state model: what a row means, and in `models.store` the SQL that does set-shaped work."""
