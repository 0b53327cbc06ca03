"""The networks as they are PLAYED: numpy only."""
