"""Bars composed anew: all around them stays as it was, and they lead into what follows."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_model import CHOIR, choir_codec, tiny_config, tiny_model

from musicgan.chords import parse_progression
from musicgan.codecs.events import WAIT
from musicgan.compose.gap import find_gap
from musicgan.compose.given import NOTHING, Given, GivenSampler, nats_of
from musicgan.compose.infill import Filling, infill
from musicgan.compose.per_voice import PerVoice
from musicgan.compose.player import player_of, with_rules
from musicgan.compose.settings import Settings
from musicgan.errors import ComposeError
from musicgan.notes import NOTE, empty_notes
from musicgan.score import Key, Metre, Score, Tempo, Track

BAR = 4 * 480
SOUND = ["onset_tick", "duration_tick", "pitch", "velocity", "track"]


def played(bars=8, tracks=4, late_tick=7):
    """Quarters in each voice, none of them on the grid, loud where the file is played loud."""
    rows = [
        (480 * beat + late_tick + voice, 460, 70 - 7 * voice + beat % 5, 61 + beat % 30, voice)
        for beat in range(4 * bars)
        for voice in range(tracks)
    ]
    names = [Track(f"part {voice}", 10 + voice) for voice in range(tracks)]
    return Score(
        np.sort(np.array(rows, NOTE), order=["onset_tick", "track", "pitch"]),
        tuple(names),
        (Tempo(0, 500_000), Tempo(5000, 612_345)),
        (Metre(0, 4, 4),),
        (Key(0, 7), Key(3 * BAR, 2, True)),
        480,
    )


def split(score, from_bar, to_bar, bar=BAR):
    """Its notes outside the bars and within them, as lists."""
    onset = score.notes["onset_tick"]
    inside = (onset >= (from_bar - 1) * bar) & (onset < to_bar * bar)
    return score.notes[~inside][SOUND].tolist(), score.notes[inside][SOUND].tolist()


@pytest.mark.parametrize(("from_bar", "to_bar"), [(3, 4), (1, 2), (7, 8), (1, 8), (5, 5)])
def test_all_but_the_bars_stays_exactly_as_it_was(choir, from_bar, to_bar):
    song = played()
    filled = infill(choir, Settings(seed=3), song, from_bar, to_bar)
    assert replace(filled, notes=song.notes) == song
    (outside, new), (before, old) = (split(s, from_bar, to_bar) for s in (filled, song))
    assert outside == before
    assert new and new != old
    assert all(0 < onset + duration <= 8 * BAR for onset, duration, *_ in new)


def test_a_seed_repeats_a_filling_and_another_one_does_not(choir):
    song = played()
    one, again, other = (infill(choir, Settings(seed=s), song, 3, 5) for s in (1, 1, 2))
    assert one == again != other


def test_nothing_new_sounds_on_where_its_voice_begins(choir):
    """Nor is anything cut by it: each voice is one note at a time."""
    for seed in range(6):
        filled = infill(choir, Settings(seed=seed), played(), 3, 4)
        for voice in range(4):
            notes = filled.notes[filled.notes["track"] == voice]
            assert (np.diff(notes["onset_tick"]) > 0).all()
            end = notes["onset_tick"] + notes["duration_tick"]
            assert (end[:-1] <= notes["onset_tick"][1:]).all()


def test_a_note_held_into_the_bars_is_kept_whole_and_not_struck_again(band):
    """The piano plays chords: around a held C it may play all but that C."""
    rows = [(0, 3 * BAR, 60, 90, 0), *((480 * n, 480, 48, 70, 0) for n in range(4))]
    rows += [(4 * BAR + 480 * n, 480, 52, 70, 0) for n in range(4)]
    song = Score(np.array(rows, NOTE), (Track("piano"),), metres=(Metre(0, 4, 4),))
    for seed in range(4):
        filled = infill(band, Settings(seed=seed), song, 2, 3)
        kept, new = split(filled, 2, 3)
        assert (0, 3 * BAR, 60, 90, 0) in kept
        assert new and not any(pitch == 60 for _, _, pitch, _, _ in new)
        assert {track for *_, track in new} == {0}


def test_a_note_held_for_longer_than_the_model_can_wait_does_not_drive_others_in(choir):
    """Once a song whose one voice was held that long went on in voices that it had no track for."""
    rows = [(0, 3 * BAR, 60, 90, 0), (4 * BAR, 480, 62, 90, 0)]
    song = Score(np.array(rows, NOTE), (Track("flute"),), metres=(Metre(0, 4, 4),))
    for seed in range(8):
        filled = infill(choir, Settings(seed=seed), song, 2, 3)
        assert set(filled.notes["track"].tolist()) == {0}
        assert split(filled, 2, 3)[0] == song.notes[SOUND].tolist()


def test_a_track_that_no_voice_takes_is_left_alone(choir):
    """Drums, for a choir; and of two tracks for one voice the first gets the new notes."""
    song = played(tracks=5)
    drums = np.array([(480 * n + 3, 10, 36, 99, 5) for n in range(32)], NOTE)
    notes = np.sort(np.concatenate([song.notes, drums]), order=["onset_tick", "track", "pitch"])
    song = replace(song, notes=notes, tracks=(*song.tracks, Track("kit", 0, True)))
    filled = infill(choir, Settings(seed=1), song, 3, 4)
    assert filled.notes[filled.notes["track"] == 5].tolist() == drums.tolist()
    assert {track for *_, track in split(filled, 3, 4)[1]} <= {0, 1, 2, 3, 5}


def test_voices_that_the_song_has_no_track_for_stay_out(choir):
    song = played(tracks=2)
    assert {track for *_, track in split(infill(choir, Settings(), song, 3, 6), 3, 6)[1]} <= {0, 1}


def test_new_notes_are_as_loud_as_their_track(choir):
    song = played()
    loud = song.notes.copy()
    loud["velocity"] = 40 + 10 * loud["track"]
    for *_, velocity, track in split(
        infill(choir, Settings(), song.with_notes(loud), 3, 6), 3, 6
    )[1]:  # fmt: skip
        assert velocity == 40 + 10 * track


def test_bars_are_counted_by_the_metre_map(choir):
    """A beat, two bars in 4/4, then 3/4: bar 4 is the first of these."""
    song = replace(played(), metres=(Metre(0, 1, 4), Metre(480, 4, 4), Metre(480 + 2 * BAR, 3, 4)))
    filled = infill(choir, Settings(seed=2), song, 4, 5)
    changed = set(filled.notes[SOUND].tolist()) ^ set(song.notes[SOUND].tolist())
    begin = 480 + 2 * BAR
    assert {onset for onset, *_ in changed} <= set(range(begin, begin + 6 * 480))
    assert changed


def test_what_is_asked_for_reaches_the_bars(choir):
    song = played()
    chords = Settings(seed=1, chords=parse_progression("C F"))
    _, new = split(infill(choir, chords, song, 3, 4), 3, 4)
    for bar, tones in ((2, {0, 4, 7}), (3, {5, 9, 0})):
        on_beats = [pitch for onset, _, pitch, *_ in new
                    if onset % 480 == 0 and onset // BAR == bar]  # fmt: skip
        assert on_beats and {pitch % 12 for pitch in on_beats} <= tones
    sparse, dense = (
        sum(
            len(split(infill(choir, Settings(seed=s, density=PerVoice(d)), song, 3, 6), 3, 6)[1])
            for s in range(3)
        )
        for d in (-1, 1)
    )
    assert sparse < dense
    low, high = (
        np.mean([
            pitch
            for seed in range(3)
            for _, _, pitch, *_ in split(
                infill(choir, Settings(seed=seed, register=PerVoice(r)), song, 3, 6), 3, 6
            )[1]
        ])
        for r in (-1, 1)
    )  # fmt: skip
    assert low < high - 3


@pytest.mark.parametrize("critic", [0, 2, None])
def test_with_and_without_a_critic_and_form(choir, critic):
    song = played(bars=12)
    old = player_of(
        tiny_model(choir_codec(), True, config=tiny_config(choir_codec(), looks_back=False)), "-"
    )
    for player in (choir, old):
        filled = infill(player, Settings(critic=critic), song, 3, 9)
        assert split(filled, 3, 9)[0] == split(song, 3, 9)[0]


def test_fillings_that_look_ahead_lead_on_better(choir):
    """The notes that follow surprise the generator less than after one that does not look."""
    gained = []
    for seed in range(5):
        gap = find_gap(played(), choir.codec, 4, 5)
        nats = []
        for right_notes in (32, 0):
            rows = Filling(choir, Settings(seed=seed), gap, right_notes).finish()
            song = Filling(choir, Settings(seed=seed), gap)
            for row in rows:
                song.hear(row)
            right = song.right.copy()
            right[0, WAIT] -= song.onset_step
            nats.append(nats_of(song.sampler, right)[0])
        gained.append(nats[0] - nats[1])
    assert np.mean(gained) > 1


def test_the_nats_of_a_row_are_those_of_its_fields(choir):
    gap = find_gap(played(), choir.codec, 3, 4)
    songs = Filling(choir, Settings(), gap).sampler
    row = np.array([[20, 1, 64, 4, 0]])
    generator, context, state = choir.generator, songs.context, songs.state
    wait = np.minimum(row[:, 0], songs.layout.max_wait)
    place = songs.bars.place(context.onset_step + 20, songs.layout.max_position)
    moment = context.moment(row[:, 0], place)
    base = generator.moment(state, moment.columns)
    own = context.own_voice(row[:, 1], moment)
    columns = context.own_pitch(row[:, 2], own).columns
    pitch = generator.pitch(base, context.tonic, own.before)
    chain = (generator.wait(state), generator.voice(base), pitch, generator.duration(base, columns))
    expected = 0.0
    for logits, value in zip(chain, (wait[0], 1, 64, 4), strict=True):
        expected += logits[0, value] - np.log(np.exp(logits[0].astype(float)).sum())
    assert nats_of(songs, row)[0] == pytest.approx(expected, abs=1e-4)


def test_given_rows_come_in_their_places_and_weigh_what_the_model_thinks(choir):
    """Songs hear all of them, in order, and go on between; unlikely rows are worth less."""
    gap = find_gap(played(), choir.codec, 8, 8)
    songs = Filling(choir, Settings(seed=5), gap).sampler.take(np.zeros(3, np.int64))
    begin = 7 * 16
    rows = np.array([[0, 1, pitch, 2, 0] for pitch in (60, 62, 64)])
    given = Given(rows, begin + np.array([3, 7, 11]))
    many = GivenSampler.of(songs, given)
    heard = [[] for _ in range(3)]
    while not many.ended.all():
        drawn = many.step()
        for song in np.flatnonzero(~drawn.ended):
            heard[song].append((int(many.context.onset_step[song]), *drawn.rows[song, 1:].tolist()))
    for song in heard:
        places = [(onset, voice) for onset, voice, *_ in song]
        assert places == sorted(places)
        for onset, pitch in ((3, 60), (7, 62), (11, 64)):
            assert (begin + onset, 1, pitch, 2, 0) in song
    assert many.count.tolist() == [3, 3, 3]
    assert (many.worth < 0).all()


def test_songs_that_hear_given_rows_remember_the_beat_before_them(choir):
    """Parallels with what was played on it are as rare as the style has them."""
    player = with_rules(choir, parallels=0.1)
    songs = Filling(player, Settings(), find_gap(played(), choir.codec, 3, 4)).sampler
    assert songs.leading is not None
    assert GivenSampler.of(songs, NOTHING).leading is songs.leading


@pytest.mark.parametrize(
    ("from_bar", "to_bar", "said"),
    [
        (5, 4, "from bar 5 to bar 4: the last comes before the first; exchange them"),
        (0, 4, "bar 0 is not in the song: it has bars 1 to 8"),
        (5, 9, "bar 9 is not in the song: it has bars 1 to 8"),
    ],
)
def test_bars_that_are_not_there_are_refused(choir, from_bar, to_bar, said):
    with pytest.raises(ComposeError, match=said):
        infill(choir, Settings(), played(), from_bar, to_bar)


def test_chords_want_bars_of_one_length(choir):
    song = replace(played(), metres=(Metre(0, 4, 4), Metre(3 * BAR, 3, 4)))
    chords = Settings(chords=parse_progression("C F"))
    with pytest.raises(ComposeError, match="chords: the metre changes in these bars; leave chords"):
        infill(choir, chords, song, 2, 5)
    assert infill(choir, chords, song, 4, 5) != song


def test_chords_are_counted_in_the_metre_of_the_bars(choir):
    """Four bars of 4/4 and four of 3/4, two of which are filled: a chord each, on every beat."""
    change = 4 * BAR
    metres = (Metre(0, 4, 4), Metre(change, 3, 4))
    song = replace(played(bars=7, late_tick=0), metres=metres)
    asked = Settings(chords=parse_progression("C F"), seed=2)
    filled = infill(choir, asked, song, 6, 7)
    onset, pitch = filled.notes["onset_tick"], filled.notes["pitch"]
    for bar, tones in ((5, {0, 4, 7}), (6, {5, 9, 0})):
        begin = change + (bar - 4) * 3 * 480
        on_beats = (onset >= begin) & (onset < begin + 3 * 480) & ((onset - begin) % 480 == 0)
        assert set((pitch[on_beats] % 12).tolist()) <= tones


def test_a_song_without_notes_for_the_voices_is_refused(choir):
    for song in (Score(empty_notes()), replace(played(tracks=1), tracks=(Track("", 0, True),))):
        with pytest.raises(ComposeError, match="holds no notes that the model's voices can take"):
            infill(choir, Settings(), song, 1, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [("form", "AABA"), ("key", Key(0, 0)), ("metre", (3, 4)), ("tempo_bpm", 90), ("bars", 8)],
)
def test_what_the_song_has_the_say_in_is_refused(choir, name, value):
    with pytest.raises(ComposeError, match="bars that are filled in keep the song's; leave it out"):
        infill(choir, Settings(**{name: value}), played(), 3, 4)


def test_the_slots_of_the_choir_are_the_tracks_it_writes_to(choir):
    gap = find_gap(played(tracks=2), choir.codec, 1, 1)
    assert gap.track_of.tolist() == [0, 1, *[-1] * (len(CHOIR) - 2)]
