"""`musicgan evaluate` on real tunes: the table, the figures and the page."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from tiny_model import choir_codec, tiny_model

from musicgan.cli import evaluate_show, main
from musicgan.cli.evaluate import _by_name
from musicgan.cli.own_songs import as_much
from musicgan.corpus.cache import Corpus
from musicgan.midifile import read_midi, write_midi
from musicgan.model.file import save_model
from musicgan.notes import sort_notes
from musicgan.score import Score, Track

CHORALES = sorted((Path(__file__).parents[2] / "midi_data" / "bach-chorales").glob("*.mid"))


def run(*arguments):
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


def linked(files, folder):
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Chorales in three parts: for generated ones, real and training."""
    root = tmp_path_factory.mktemp("music")
    return {
        name: linked(CHORALES[start::3], root / name)
        for start, name in enumerate(("generated", "real", "training"))
    }


@pytest.fixture
def no_page(monkeypatch):
    """As where the extra `report` is not installed; quicker, too."""
    there = evaluate_show.find_spec
    missing = {"matplotlib", "jinja2"}
    monkeypatch.setattr(
        evaluate_show, "find_spec", lambda name: None if name in missing else there(name)
    )


@pytest.fixture
def few_fits(monkeypatch):
    """Random weights have little to fit."""
    pytest.importorskip("torch")
    monkeypatch.setattr("musicgan.train.measure.FIT_STEPS", 3)


@pytest.fixture(scope="module")
def evaluated(folders, tmp_path_factory):
    """One whole evaluation: what it printed, the figures and the page."""
    pytest.importorskip("matplotlib")
    pytest.importorskip("jinja2")
    out = tmp_path_factory.mktemp("report") / "page.html"
    arguments = ["--real", folders["real"], "--train", folders["training"], "--out", out]
    result = run(folders["generated"], *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout, json.loads(out.with_suffix(".json").read_text()), out.read_text()


class Page(HTMLParser):
    """What is in a page: tags with their attributes, and the text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def of(self, tag):
        """The attributes of every such element."""
        return [attributes for name, attributes in self.tags if name == tag]


def test_a_line_for_each_headline_measure_is_printed(evaluated):
    printed, figures, _ = evaluated
    headlines = [one for one in figures["measures"] if one["headline"]]
    assert len(headlines) > 5
    lines = dict(line.split(": ", 1) for line in printed.splitlines() if ": " in line)
    for one in headlines:
        assert "real music" in lines[one["title"]]
    assert "longest copy" in lines


def test_the_figures_say_what_was_compared(evaluated):
    _, figures, _ = evaluated
    assert list(figures["sides"]) == ["generated", "real", "training"]
    assert all(side["pieces"] == 8 for side in figures["sides"].values())
    assert (figures["grid"], figures["window_notes"]) == (4, 128)
    assert len(figures["voices"]) == 4
    assert not figures["is_merged"]
    assert {copy["from"] for copy in figures["copies"]} == {"training"}
    for one in figures["measures"]:
        assert {"value", "interval", "real", "real_spread", "reading", "blind_to", "note"} <= set(
            one
        )


def test_real_music_is_like_real_music(evaluated):
    """Bach's chorales against Bach's chorales: few headline measures may find them apart."""
    _, figures, _ = evaluated
    found = [one["at_floor"] for one in figures["measures"] if one["headline"]]
    assert np.mean([at_floor for at_floor in found if at_floor is not None]) > 0.6


def test_the_page_stands_alone(evaluated):
    _, _, text = evaluated
    page = Page(text)
    assert not page.of("script")
    assert not page.of("link")
    for image in page.of("img"):
        assert image["src"].startswith("data:image/png;base64,")
    assert "url(http" not in text
    assert "@import" not in text


def test_the_page_can_be_read_without_seeing_and_in_the_dark(evaluated):
    _, _, text = evaluated
    page = Page(text)
    pictures = page.of("img") + page.of("svg")
    assert len(pictures) > 20
    assert all(image["alt"] for image in page.of("img"))
    assert all(drawing["role"] == "img" and drawing["aria-label"] for drawing in page.of("svg"))
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"#01020\d", text)  # every stand-in became the theme's colour


def test_the_page_names_every_measure_with_what_it_fails_to_see(evaluated):
    _, figures, text = evaluated
    words = " ".join(" ".join(Page(text).text).split())
    for one in figures["measures"]:
        assert one["title"] in words
        assert one["note"].casefold() in words.casefold()
        assert all(control in words for control in one["blind_to"])


def test_the_same_call_gives_the_same_page(evaluated, folders, tmp_path):
    _, _, text = evaluated
    arguments = ["--real", folders["real"], "--train", folders["training"]]
    run(folders["generated"], *arguments, "--out", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == text


def test_anothers_plain_files_of_one_track_are_compared_in_one_voice(folders, tmp_path, no_page):
    theirs = []
    for file in sorted(folders["generated"].iterdir()):
        score = read_midi(file)
        notes = score.notes.copy()
        notes["track"] = 0
        theirs.append(tmp_path / f"their-{file.name}")
        write_midi(Score(sort_notes(notes), (Track("Piano"),), ticks_per_beat=480), theirs[-1])
    result = run(*theirs, "--real", folders["real"], "--out", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "page.json").read_text())
    assert figures["is_merged"]
    assert figures["voices"] == ["all tracks"]
    assert "All pitched tracks count as one voice on every side" in result.stdout


def test_copies_of_training_pieces_and_unusable_files_are_named(folders, tmp_path, no_page):
    made = linked(sorted(folders["training"].iterdir()), tmp_path / "made")
    (made / "broken.mid").write_text("no music")
    arguments = ["--real", folders["real"], "--train", folders["training"]]
    result = run(made, *arguments, "--out", tmp_path / "page.html")
    name = next(folders["training"].iterdir()).name
    assert f"{name} is {name} (training)" in result.stdout
    assert "1 generated files left out: broken.mid: not a MIDI file" in result.stdout
    figures = json.loads((tmp_path / "page.json").read_text())
    copied = {one["name"]: one for one in figures["measures"]}["copied_16"]
    assert copied["value"] == 1.0
    assert not copied["at_floor"]
    assert len([one for one in figures["same"] if one["side"] == "generated"]) == 8


def test_without_the_extra_the_table_and_the_figures_remain(folders, tmp_path, no_page):
    out = tmp_path / "page.html"
    result = run(folders["generated"], "--real", folders["real"], "--out", out)
    assert result.exit_code == 0
    assert "pip install 'musicgan[report]'" in result.stdout
    assert json.loads(out.with_suffix(".json").read_text())["format"] == 1
    assert not out.exists()


def test_a_model_file_composes_songs_of_its_own(folders, tmp_path, no_page, few_fits):
    model = tmp_path / "tiny.safetensors"
    save_model(tiny_model(choir_codec(), single=True), model)
    options = ["--songs", 3, "--bars", 8, "--critic", 0, "--seed", 1]
    result = run(model, "--real", folders["real"], *options, "--out", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "page.json").read_text())
    assert figures["sides"]["generated"]["pieces"] == 3
    assert figures["sides"]["real"]["pieces"] == 8
    assert figures["likelihood"]["nll"] > 0
    assert "as the model expects them" in result.stdout
    assert "it may have learned from some of them" in result.stdout


def test_a_style_is_its_model_unless_a_folder_has_its_name(folders, tmp_path, monkeypatch):
    monkeypatch.setenv("MUSICGAN_STYLES", str(tmp_path))
    save_model(tiny_model(choir_codec(), single=True), tmp_path / "mine.safetensors")
    monkeypatch.chdir(tmp_path)
    assert _by_name((Path("mine"),)) == (tmp_path / "mine.safetensors",)
    assert _by_name((Path("other"),)) == (Path("other"),)
    (tmp_path / "mine").mkdir()
    assert _by_name((Path("mine"),)) == (Path("mine"),)


def test_of_a_models_own_folder_only_pieces_it_never_saw_count_as_real(
    folders, tmp_path, no_page, few_fits
):
    everything = linked(CHORALES, tmp_path / "everything")
    codec = choir_codec()
    corpus = Corpus.open(everything, codec)
    model = tmp_path / "tiny.safetensors"
    save_model(tiny_model(codec, single=True, changes={"manifest": corpus.manifest_hash}), model)
    options = ["--songs", 3, "--bars", 8, "--critic", 0]
    result = run(model, "--real", everything, *options, "--out", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    sides = json.loads((tmp_path / "page.json").read_text())["sides"]
    assert sides["real"]["pieces"] == len(corpus.pieces("test"))
    assert sides["training"]["pieces"] == len(corpus.pieces("train"))
    assert "it never saw them" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere"], 1, "nowhere does not exist: give MIDI files, or a folder of them"),
        ([CHORALES[0]], 1, "1 generated pieces can be used, and 0 files cannot: give at least 2"),
        ([CHORALES[0], "--songs", 3], 2, "--songs is for a model file; these are MIDI files"),
        (["a.safetensors", "b.safetensors"], 2, "one model at a time"),
        (["a.safetensors", "--songs", 1], 2, "1 is out of range: from 2 to 10000"),
        (["a.safetensors"], 1, "a.safetensors"),
        ([CHORALES[0], "--out", "no/such/page.html"], 2, "give a file in an existing folder"),
        ([CHORALES[0], "--out", "page.json"], 2, "such as report.html"),
    ],
)
def test_a_mistake_is_answered_in_a_line(folders, arguments, code, message):
    result = run(*arguments, "--real", folders["real"])
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_a_real_folder_without_midi(tmp_path):
    result = run(*CHORALES[:2], "--real", tmp_path)
    assert result.exit_code == 1
    assert "holds no MIDI file" in result.stderr


def test_no_side_is_learned_from_more_than_another():
    def pieces(*lengths):
        return [SimpleNamespace(rows=np.zeros((length, 5))) for length in lengths]

    many, few = pieces(*[100] * 40), pieces(*[50] * 8)
    assert [sum(len(piece.rows) for piece in as_much(some, 400)) for some in (many, few)] == [
        400, 400
    ]  # fmt: skip
