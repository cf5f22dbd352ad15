"""Changing other systems on a person's word: replay and route, each at most once and proven."""
