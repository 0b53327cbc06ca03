"""Playing in time: clock, backends, the performer and the process that owns the port."""
