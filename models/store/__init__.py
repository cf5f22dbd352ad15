"""Runs the SQL: events in, journeys and figures out, read and written in sets."""
