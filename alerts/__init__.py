"""Telling people: which situation deserves a message, its wording, its delivery."""
