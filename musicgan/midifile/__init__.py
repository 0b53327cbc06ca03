"""Read and write MIDI files: `read_midi(path) -> Score`, `write_midi(score, path)`.

`read` decides how a file is read and makes the Score; `bulk` is the fast way, `tolerant` the one
that saves what can be saved from anything; both hand over the same `raw.RawMidi`. `pedal` says how
long the sustain pedal makes notes last.
"""

from musicgan.midifile.raw import MAX_BEATS
from musicgan.midifile.read import MAX_FILE_BYTES, read_bounded, read_midi, read_pedalled
from musicgan.midifile.write import write_midi

__all__ = [
    "MAX_BEATS", "MAX_FILE_BYTES", "read_bounded", "read_midi", "read_pedalled", "write_midi",
]  # fmt: skip
