"""`musicgan generate`: compose songs and write them to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from musicgan.cli import one_thread
from musicgan.cli.paths import GivenPath

if TYPE_CHECKING:
    from musicgan.compose.kinds import AnyPlayer
    from musicgan.compose.settings import Settings
    from musicgan.compose.tasks import Task
    from musicgan.score import Score

EXAMPLES = """\b
Examples:
  musicgan generate --out song.mid
  musicgan generate --style lieder --bars 32 --key Am --tempo 96 --out song.mid
  musicgan generate --form AABA --bars 32 --out song.mid
  musicgan generate --chords "C Am F G" --bars 17 --out song.mid
  musicgan generate --chords "Dm7 G7 | Cmaj7 | Dm7 G7 | C/E" --metre 3/4 --out song.mid
  musicgan generate --density -0.5 --register 0.3 --register Bass:-1 --out song.mid
  musicgan generate --dynamics "p<f>p" --out song.mid
  musicgan generate --instrument Soprano:Flute --instrument Bass:71 --out song.mid
  musicgan generate --seed 7 --count 5 --out take.mid
  musicgan generate --primer tune.mid --bars 16 --out answer.mid
  musicgan generate --like tune.mid --count 4 --out variation.mid
  musicgan generate --morph one.mid other.mid --steps 8 --out morph.mid
  musicgan generate --infill tune.mid --from 9 --to 12 --out filled.mid
  musicgan generate --melody tune.mid --out harmony.mid
  musicgan generate --melody song.mid --melody-track 2 --melody-voice Tenor --out song2.mid
  musicgan generate --model my-style.safetensors --temperature 0.95 --out song.mid
"""


SOURCES = ("infill", "melody", "primer", "like", "morph")
"""Options that name music a song is made from."""


@click.command(epilog=EXAMPLES)
@click.option("--out", required=True, type=GivenPath(), help="File to write.")
@click.option(
    "--style", default="chorale", show_default=True, help="Model to play: bundled, or your own."
)
@click.option("--model", type=GivenPath(), help="A model file of your own.")
@click.option("--bars", type=int, help="Length in bars.  [default: 16, or as --like]")
@click.option("--form", help="Sections as letters, such as AABA.  [default: drawn by the seed]")
@click.option("--tempo", type=float, help="Beats a minute, 20 to 400.  [default: the style's]")
@click.option("--key", help="Such as C, F#m, Bb or 'A minor'.  [default: drawn by the seed]")
@click.option("--metre", help="Such as 3/4 or 6/8.  [default: the style's]")
@click.option(
    "--chords",
    help="One a bar, over and over: 'C Am F G'; or more, with bar lines: 'C Am | F G'.",
)
@click.option("--density", multiple=True, help="-1 few notes to 1 many; Soprano:0.5 for a voice.")
@click.option("--register", multiple=True, help="-1 low to 1 high; Bass:-0.5 for one voice.")
@click.option("--dynamics", help="From beginning to end, such as p<f>p or mf.")
@click.option(
    "--instrument",
    "instruments",
    multiple=True,
    help="VOICE:PROGRAM, General MIDI's name or number from 1, such as Soprano:Flute.",
)
@click.option("--seed", type=int, help="Repeats a song exactly.  [default: drawn, and printed]")
@click.option("--temperature", default=0.95, show_default=True, help="Below 1 safer, above wilder.")
@click.option("--top-p", default=1.0, show_default=True, help="Keep the likeliest share of notes.")
@click.option("--primer", type=GivenPath(), help="MIDI file to continue.")
@click.option("--like", type=GivenPath(), help="MIDI file to vary the idea of.")
@click.option("--morph", nargs=2, type=GivenPath(), help="From one file's idea to another's.")
@click.option("--steps", type=int, help="Songs on the way of --morph.  [default: 8]")
@click.option("--infill", type=GivenPath(), help="MIDI file to compose bars of anew.")
@click.option("--from", "from_bar", type=int, help="First of these bars, counted from 1.")
@click.option("--to", "to_bar", type=int, help="Last of these bars.")
@click.option("--melody", type=GivenPath(), help="MIDI file to compose around.")
@click.option("--melody-track", help="Its track, name or number from 1.  [default: the highest]")
@click.option("--melody-voice", help="Who plays it.  [default: the highest that can]")
@click.option("--critic", type=int, help="Candidates weighed; 0: none.  [default: the style's]")
@click.option(
    "--parallels",
    type=float,
    help="Parallel fifths and octaves: 0.1 rare, 3 common, 1 as learned.  [default: the style's]",
)
@click.option(
    "--crossings",
    type=float,
    help="Voices that cross: 0.1 rare, 3 common, 1 as learned.  [default: the style's]",
)
@click.option(
    "--returns",
    type=float,
    help="Bars that come again: 5 faithful, 0.2 free, 1 as learned.  [default: the style's]",
)
@click.option(
    "--tessitura",
    type=float,
    help="Voices at their usual heights: 1 strictly, 0 as learned.  [default: the style's]",
)
@click.option("--count", default=1, show_default=True, help="Songs to write, numbered.")
@click.option("--picture", is_flag=True, help="Also draw the piano roll, as song.png.")
@click.option("--format", "kind", type=click.Choice(["mid", "musicxml"]), help="Of the file.")
def generate(out: Path, style: str, key: str | None, **options: Any) -> None:
    """Compose a song and write it as MIDI (or MusicXML)."""
    one_thread()
    from musicgan.codecs.base import hears_pedal
    from musicgan.compose.kinds import open_any
    from musicgan.compose.player import Player
    from musicgan.compose.styles import style_path
    from musicgan.compose.write import write_songs
    from musicgan.errors import ComposeError

    _check(out, options)
    try:
        settings = _settings(key, options)
        player = open_any(options["model"] or style_path(style))
        songs = _songs(player, settings, options)
        if (settings.critic or 0) > 1 and isinstance(player, Player) and player.critic is None:
            click.echo(
                f"note: --critic {settings.critic}: this model has no critic; train it with "
                "--resume and more minutes",
                err=True,
            )
        for written in write_songs(
            player, songs, out, kind=options["kind"], primer=options["primer"],
            task=_task(options, pedal=hears_pedal(player.codec)),
        ):  # fmt: skip
            if options["picture"]:
                _draw(written.score, written.path.with_suffix(".png"))
            key_said = f"{written.key}, " if written.key else ""
            click.echo(
                f"{written.path}: {written.bars} bars, {written.notes} notes, "
                f"{key_said}{written.bpm:.0f} bpm, seed {written.seed}"
            )
    except ComposeError as error:
        raise click.UsageError(str(error)) from error


def _check(out: Path, options: dict[str, Any]) -> None:
    """Raises `click.UsageError` for options that are out of range or exclude each other."""
    from musicgan.compose.write import song_kind

    if song_kind(out, options["kind"]) is None:
        raise click.BadParameter(
            f"{out}: a song is written as .mid or .musicxml", param_hint="--out"
        )
    if options["picture"] and out.suffix.lower() == ".png":
        raise click.BadParameter(
            f"{out}: give the song's name, such as song.mid; its picture is song.png",
            param_hint="--out",
        )
    source = click.get_current_context().get_parameter_source
    if options["model"] is not None and source("style") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--style with --model: give one of the two")
    count, steps = options["count"], options["steps"]
    if not 1 <= count <= 10_000:
        raise click.BadParameter(f"{count} is out of range: from 1 to 10000", param_hint="--count")
    if steps is not None and not 2 <= steps <= 1000:
        raise click.BadParameter(f"{steps} is out of range: from 2 to 1000", param_hint="--steps")
    if steps is not None and options["morph"] is None:
        raise click.UsageError("--steps says how many songs --morph makes: give --morph, too")
    if options["morph"] is not None and count > 1:
        raise click.UsageError("--morph with --count: give one of the two")
    _check_sources(options)


def _check_sources(options: dict[str, Any]) -> None:
    """Raises `click.UsageError` where a song would be made from what does not go together."""
    given = [f"--{name}" for name in SOURCES if options[name] is not None]
    # A primer may be continued in the manner of another piece.
    if len(given) > 1 and given not in (["--primer", "--like"], ["--primer", "--morph"]):
        raise click.UsageError(f"{' with '.join(given)}: give one of these")
    bars = options["from_bar"], options["to_bar"]
    if options["infill"] is None and bars != (None, None):
        raise click.UsageError("--from, --to: bars of a song; give it with --infill SONG.mid")
    if options["infill"] is not None and None in bars:
        raise click.UsageError("--infill: say which bars, such as --from 9 --to 16")
    for name in ("melody", "infill"):
        if options[name] is not None and options["bars"] is not None:
            raise click.UsageError(f"--bars: with --{name} the file says how many; leave it out")
    track = options["melody_track"], options["melody_voice"]
    if options["melody"] is None and track != (None, None):
        raise click.UsageError("--melody-track, --melody-voice: give --melody TUNE.mid, too")


def _songs(player: AnyPlayer, settings: Settings, options: dict[str, Any]) -> list[Settings]:
    """The songs to compose: takes of one, or the way from one idea to another."""
    from musicgan.compose.idea import MORPH_STEPS, in_the_manner_of, morph, open_idea
    from musicgan.compose.write import takes

    bars = options["bars"]
    if options["morph"] is not None:
        one, other = (open_idea(player, path) for path in options["morph"])
        ideas = morph(one, other, options["steps"] or MORPH_STEPS)
        return [in_the_manner_of(settings, idea, bars) for idea in ideas]
    if options["like"] is not None:
        idea = open_idea(player, options["like"])
        settings = in_the_manner_of(settings, idea, bars)
    return takes(settings, options["count"])


def _settings(key: str | None, options: dict[str, Any]) -> Settings:
    """What the options ask for. Raises `ComposeError`."""
    from musicgan.chords import parse_progression
    from musicgan.compose.band import parse_band
    from musicgan.compose.dynamics import parse_dynamics
    from musicgan.compose.per_voice import parse_per_voice
    from musicgan.compose.settings import Settings, parse_key, parse_metre
    from musicgan.compose.write import draw_seed

    seed, metre, chords = options["seed"], options["metre"], options["chords"]
    dynamics = options["dynamics"]
    return Settings(
        bars=16 if options["bars"] is None else options["bars"],
        seed=draw_seed() if seed is None else seed,
        form=options["form"],
        tempo_bpm=options["tempo"],
        key=parse_key(key) if key is not None else None,
        metre=parse_metre(metre) if metre is not None else None,
        chords=parse_progression(chords) if chords is not None else None,
        density=parse_per_voice("density", options["density"]) if options["density"] else None,
        register=parse_per_voice("register", options["register"]) if options["register"] else None,
        dynamics=parse_dynamics(dynamics) if dynamics is not None else None,
        instruments=parse_band(options["instruments"]) if options["instruments"] else None,
        temperature=options["temperature"],
        top_p=options["top_p"],
        critic=options["critic"],
        parallels=options["parallels"],
        crossings=options["crossings"],
        returns=options["returns"],
        tessitura=options["tessitura"],
    )


def _task(options: dict[str, Any], pedal: bool) -> Task | None:
    """What the song is made from, None for a free one. Raises `MidiReadError`."""
    from musicgan.compose.tasks import InfillTask, MelodyTask

    if options["melody"] is not None:
        track, voice = options["melody_track"], options["melody_voice"]
        return MelodyTask.read(options["melody"], track, voice, pedal=pedal)
    if options["infill"] is not None:
        bars = options["from_bar"], options["to_bar"]
        return InfillTask.read(options["infill"], *bars, pedal=pedal)
    return None


def _draw(score: Score, path: Path) -> None:
    from musicgan.errors import MidiWriteError
    from musicgan.evaluate.picture import roll_picture, write_png

    try:
        write_png(roll_picture(score, score.ticks_per_beat), path)
    except OSError as error:
        raise MidiWriteError(f"{path}: cannot be written: {error.strerror}") from None
