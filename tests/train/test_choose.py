"""A vocabulary that follows from a collection."""

from musicgan.train.choose import choose_layout

from .making import codec, pieces


def test_the_vocabulary_holds_all_but_the_rarest():
    some = pieces(4, drums=True)
    some[0].rows[5, 0] = 1000  # one long rest among hundreds of waits of 0 to 2
    layout = choose_layout(codec(drums=True), some)
    assert (layout.voices, layout.drums, layout.grid) == (3, (2,), 4)
    assert layout.max_wait == 32  # cut at 8 beats
    assert layout.max_duration == 4  # a beat at least
    assert layout.velocity_bins == 2
    assert layout.max_position == 33
