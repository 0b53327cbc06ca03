"""What a model keeps of the forms of pieces: bars, without an upbeat, of some of them."""

from dataclasses import replace

from musicgan.train.forms import FORM_BARS, MOST_FORMS, forms_of

from .making import pieces


def test_forms_count_bars_and_tunes_come_again_after_four():
    some = pieces(3)
    forms = forms_of(some)
    assert len(forms) == 3
    # Not every bar: the bass is another the second time.
    assert {lag for form in forms for lag in form} == {0, 4}
    assert all(lag == 0 for form in forms for lag in form[:3])


def test_an_upbeat_is_no_bar_of_the_form():
    (piece,) = pieces(1)
    lines = piece.bar_start_step.copy()
    lines[1:] -= 8
    short = replace(piece, bar_start_step=lines)
    assert len(forms_of([short])[0]) == short.n_bars - 1


def test_of_many_pieces_an_even_sample_is_kept_and_of_long_ones_the_beginning():
    some = pieces(2, bars=FORM_BARS + 8)
    count = MOST_FORMS + 20
    forms = forms_of(some * (count // 2))
    assert len(forms) == count // 2
    assert all(len(form) == FORM_BARS for form in forms)
