"""Reading other systems: what they say, as events in our words."""
