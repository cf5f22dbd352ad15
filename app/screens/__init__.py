"""The pages, one file each. A page draws; it does not compute, join or query."""
