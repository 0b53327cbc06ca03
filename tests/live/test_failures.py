"""What breaks while a stream plays, as a recorder hears it: silence, and one line that says why."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_model import choir_codec, tiny_config, tiny_model

from musicgan.model.file import save_model

from .command import errors_of, silent, stream
from .conftest import start_jackd

REMAINING = 10
"""The column of the networks' inputs that counts the bars to come."""


@pytest.fixture
def breaking_file(tmp_path):
    """A model whose critic has no verdict as soon as three bars remain."""
    model = tiny_model(choir_codec(), single=True)
    layout = tiny_config(choir_codec()).layout
    weights = {name: np.array(value) for name, value in model.weights.items()}
    weights["critic.embed.weight"][sum(layout.input_sizes[:REMAINING]) + 3] = np.nan
    path = tmp_path / "breaking.safetensors"
    save_model(replace(model, weights=weights), path)
    return path


def test_a_model_that_raises_after_some_bars_is_silence_and_one_line(breaking_file, recorder):
    process = stream(breaking_file, "--bars", "16", "--critic", "4", "--port", "recorder:in")
    recorder.wait_for(lambda: len(recorder.notes()) > 10, 30)
    recorder.wait_for(recorder.silences, 30)
    silent(recorder, recorder.got[-1][0])
    assert process.wait(5) == 1
    assert errors_of(process) == [
        "Error: the composer failed: ValueError: Probabilities contain NaN"
    ]


def begun(model):
    """A stream that plays, and who hears it."""
    from .jack_recorder import JackRecorder  # it loads numba, which not every worker needs

    recorder = JackRecorder()
    process = stream(model, "--port", "recorder:in")
    recorder.wait_for(lambda: len(recorder.notes()) > 10, 30)
    return process, recorder


def test_a_server_that_dies_ends_the_stream_with_one_line_and_the_next_one_plays(
    choir_file, jackd, jack_server
):
    process, recorder = begun(choir_file)
    jackd.kill()
    jackd.wait()
    assert process.wait(5) == 1
    assert errors_of(process) == ["Error: the JACK server is gone"]
    recorder.close()  # before there is another server: libjack has one state for both
    again = start_jackd(jack_server)
    process, recorder = begun(choir_file)
    since = recorder.client.frame_time
    process.terminate()
    silent(recorder, since)
    assert process.wait(5) == 0
    recorder.close()
    again.terminate()
    again.wait(10)
