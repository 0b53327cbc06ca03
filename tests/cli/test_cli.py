"""The command line as a whole: quick, lazy, and polite when something goes wrong."""

import subprocess
import sys
import warnings
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from musicgan.cli import COMMANDS, Entry, main
from musicgan.errors import MidiReadError

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("numpy", "torch", "music21", "rich", "symusic", "mido", "pretty_midi", "tensorboard")
HELP = "import sys\nprogram(['--help'], standalone_mode=False)\nprint('LOADED', *sys.modules)\n"


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=60
    )


def modules(program):
    """What is loaded once the `program` of these lines has shown its help."""
    return set(python("-c", program + HELP).stdout.split("LOADED")[1].split())


def leaves(command, path=()):
    """Every command that does something, with the words that call it."""
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from leaves(command.get_command(context, name), (*path, name))


@pytest.fixture
def command(monkeypatch):
    """A stand-in command `try` whose body the test gives: command(body) -> the runner's result."""

    def run(body, arguments=()):
        made = click.Command("try", callback=body)
        monkeypatch.setitem(COMMANDS, "try", Entry(f"{__name__}:made", "A stand-in."))
        monkeypatch.setattr(sys.modules[__name__], "made", made, raising=False)
        return CliRunner().invoke(main, ["try", *arguments])

    return run


def raises(error):
    def body():
        raise error

    return body


def test_help_loads_what_any_click_program_loads_and_three_files_of_ours():
    """So `musicgan --help` answers as fast as click can; `scripts/bench_start.py` measures it."""
    ours = modules("import musicgan.cli\nprogram = musicgan.cli.main\n")
    any_program = modules("import click\nprogram = click.Group('any', help='Some line.')\n")
    assert ours - any_program == {"musicgan", "musicgan.cli", "musicgan.errors"}
    assert not set(HEAVY) & {name.partition(".")[0] for name in any_program}


def test_help_lists_every_command_with_its_line():
    output = CliRunner().invoke(main, ["--help"]).output
    for name, entry in COMMANDS.items():
        assert f"  {name} " in output
        assert entry.short_help in output


def test_version_is_the_packages():
    from musicgan import __version__

    assert __version__ in CliRunner().invoke(main, ["--version"]).output
    assert __version__ in python("-m", "musicgan", "--version").stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists_and_shows_examples(name):
    found = list(leaves(main.get_command(click.Context(main), name), (name,)))
    assert found
    for words, leaf in found:
        output = CliRunner().invoke(main, [*words.split(), "--help"]).output
        assert "Examples:" in output, words
        assert f"musicgan {words}" in output, words
        assert leaf.get_short_help_str(), words


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_shows_every_command(name):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for words, _ in leaves(main.get_command(click.Context(main), name), (name,)):
        assert f"musicgan {words}" in readme


def test_an_error_on_purpose_is_one_line_and_exit_1(command):
    result = command(raises(MidiReadError("a.mid: cut short at byte 12;\nexport it again")))
    assert result.exit_code == 1
    assert result.stderr == "Error: a.mid: cut short at byte 12; export it again\n"
    assert result.stdout == ""


def test_a_warning_is_one_line_without_code(command):
    result = command(lambda: warnings.warn("the disk is full:\nnothing is kept", stacklevel=2))
    assert result.exit_code == 0
    assert result.stderr == "Warning: the disk is full: nothing is kept\n"


def test_an_error_of_ours_keeps_its_traceback(command):
    """A bug must be seen whole, not dressed up as the user's mistake."""
    assert isinstance(command(raises(RuntimeError("bug"))).exception, RuntimeError)


def test_interrupting_is_exit_130(command):
    result = command(raises(KeyboardInterrupt()))
    assert result.exit_code == 130
    assert "Traceback" not in result.output


@pytest.mark.parametrize("arguments", [["--nonsense"], ["no-such-command"], ["generate", "--nix"]])
def test_a_wrong_call_is_exit_2(arguments):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_a_reader_that_leaves_is_no_error():
    """`musicgan ... | head` must not end in a traceback."""
    script = (
        "import click\nfrom musicgan import cli\n"
        "@click.command\n"
        "def flood():\n    for _ in range(100_000): click.echo('x' * 80)\n"
        "cli.flood = flood\n"
        "cli.COMMANDS['flood'] = cli.Entry('musicgan.cli:flood', '')\n"
        "cli.main(['flood'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(timeout=60)


def test_an_error_of_a_file_is_one_line_that_names_it(command):
    result = command(raises(OSError(36, "File name too long", "aaa")))
    assert result.exit_code == 1
    assert result.stderr == "Error: aaa: File name too long\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["data", ""],
        ["train", ""],
        ["generate", "--out", ""],
        ["generate", "--out", "a.mid", "--primer", ""],
        ["evaluate", "a.mid", "--real", ""],
    ],
)
def test_an_empty_path_is_not_the_folder_one_is_in(arguments):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "a path cannot be empty" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["generate", "--bars", "2", "--out", "{long}.mid"],
        ["data", "{long}"],
        ["train", "{long}"],
        ["train", ".", "--name", "{long}"],
        ["train", ".", "--out", "{long}.safetensors"],
        ["evaluate", "a.mid", "--real", ".", "--out", "{long}.html"],
    ],
)
def test_a_name_too_long_for_the_disk_is_one_line(arguments):
    words = [word.format(long="a" * 260) for word in arguments]
    result = CliRunner().invoke(main, words)
    assert result.exit_code in (1, 2)
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert isinstance(result.exception, SystemExit)
