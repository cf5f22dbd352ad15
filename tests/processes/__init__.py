"""The shipped process files."""
