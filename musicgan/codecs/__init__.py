"""Codecs: Score <-> sequence. Built-in ones by name; third parties' by entry point."""
