"""A folder of MIDI -> scanned, deduplicated, split by piece, cached, augmented."""
