"""What NetSuite's tables say, as events, and how they are asked for."""
