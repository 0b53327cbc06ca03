"""A pitch struck again while it sounds, as a recorder hears it."""

from musicgan.live.backends.jack import JackBackend
from musicgan.live.plan import PlannedBar, PlannedNote

from .port_thread import BAR, TPB, bar


def test_a_note_struck_again_while_it_sounds_ends_first_and_once(begin, recorder):
    """Whole notes on one pitch, every beat: each but the last lasts a beat."""
    notes = tuple(PlannedNote(beat * TPB, beat * TPB + BAR, 0, 0, 60, 80) for beat in range(4))
    port = begin(backend=JackBackend("again"))
    recorder.connect("again:out")
    port.give(PlannedBar(0, 0, BAR, notes, 0), bar(1, 62), None)
    port.told()
    recorder.wait_for(lambda: recorder.silences() == {(0, 123), (0, 120)})
    heard = [m[:2] for _, m in recorder.got if m[0] & 0xF0 in (0x80, 0x90) and m[1] == 60]
    assert heard == [bytes([0x90, 60]), bytes([0x80, 60])] * 4
    # It says, too, if a note was struck again before it had ended.
    assert not recorder.sounding()
