"""Every error a user can meet: one line each, with what, where, legal range and what to do."""

from __future__ import annotations


class MusicganError(Exception):
    """Root of all errors raised on purpose; the command line prints it as one line, exit code 1."""


class MidiReadError(MusicganError):
    """A file is not MIDI, or nothing in it can be saved."""


class MidiWriteError(MusicganError):
    """A score cannot be written where or how it was asked."""


class CodecError(MusicganError):
    """Options or rows a codec cannot accept."""


class CorpusError(MusicganError):
    """A folder holds nothing to learn from, or its cache cannot be used."""


class ModelFileError(MusicganError):
    """A model file is missing, truncated, foreign or of another format version."""


class CheckpointError(MusicganError):
    """A training checkpoint cannot be written, or does not fit the run that wants to resume."""


class TrainingError(MusicganError):
    """A training cannot go on: it diverges, or memory ends."""


class DeviceError(MusicganError):
    """A device to train on is not there."""


class ComposeError(MusicganError):
    """A request for music that the model cannot honour."""


class EvaluateError(MusicganError):
    """Sets of music that cannot be compared, or a report that cannot be written."""


class PortError(MusicganError):
    """A MIDI port, or the system behind it, cannot be used."""


class MissingSystemError(PortError):
    """The system behind a backend's ports is not there: no server, no kernel module."""


class MapError(MusicganError):
    """A map file cannot be read or written, or says what cannot be."""


class MissingExtraError(MusicganError):
    """An optional part is not installed."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional part: pip install 'musicgan[{extra}]'")
