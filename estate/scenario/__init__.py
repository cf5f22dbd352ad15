"""The life of the firm, made from a seed: what happens in which system and when, and what of it is a fault."""
