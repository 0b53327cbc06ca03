"""MIDI files spelled out by hand, for tests."""

from collections.abc import Iterable

EOT = b"\x00\xff\x2f\x00"


def chunk(body: bytes, magic: bytes = b"MTrk") -> bytes:
    return magic + len(body).to_bytes(4, "big") + body


def midi(*tracks: bytes, form: int = 1, division: int = 480) -> bytes:
    """A file of track bodies; each must end with `EOT` if it is to be legal."""
    numbers = b"".join(number.to_bytes(2, "big") for number in (form, len(tracks), division))
    return chunk(numbers, b"MThd") + b"".join(chunk(track) for track in tracks)


def on(delta: int, pitch: int, velocity: int = 64, channel: int = 0) -> bytes:
    return bytes([delta, 0x90 | channel, pitch, velocity])


def off(delta: int, pitch: int, channel: int = 0) -> bytes:
    return bytes([delta, 0x80 | channel, pitch, 0])


def pedal(delta: int, value: int, channel: int = 0) -> bytes:
    """The sustain pedal."""
    return bytes([delta, 0xB0 | channel, 64, value])


def meta(kind: int, payload: bytes, delta: int = 0) -> bytes:
    return bytes([delta, 0xFF, kind, len(payload)]) + payload


SCALE = b"".join(on(0, pitch) + off(100, pitch) for pitch in (60, 62, 64, 65, 67, 69, 71, 72))
"""Eight notes, one after another, 100 ticks each."""


def pedalled(pitches: Iterable[int]) -> bytes:
    """Notes one after another, their keys down for 60 ticks, sounding for 120."""
    return b"".join(pedal(0, 127) + on(0, p) + off(60, p) + pedal(60, 0) for p in pitches)


PEDALLED_SCALE = pedalled(range(60, 76))
"""Sixteen such notes."""
