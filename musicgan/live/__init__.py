"""Live playing: clock, backends, scheduler."""
