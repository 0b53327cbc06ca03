"""The networks as they are TRAINED: torch."""
