"""A model's description of itself."""

import json

import pytest
from tiny_model import CHOIR, band_codec, choir_codec, tiny_config

from musicgan.codecs.events import EventsCodec
from musicgan.model.config import METRES, TEMPO_EDGES_BPM, EventsConfig


@pytest.mark.parametrize("codec", [choir_codec(), band_codec()], ids=["choir", "band"])
def test_a_config_survives_json(codec):
    config = tiny_config(codec)
    assert EventsConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_the_one_width_of_earlier_models_is_that_of_every_head():
    data = tiny_config(choir_codec()).to_json()
    del data["head_widths"]
    assert EventsConfig.from_json({**data, "head": 10}).head_widths == (10, 10, 10, 10, 10)


def test_an_unknown_size_is_refused():
    data = tiny_config(choir_codec()).to_json()
    with pytest.raises(TypeError, match=r"unknown model sizes: \['layers'\]"):
        EventsConfig.from_json({**data, "layers": 3})


def test_velocity_is_a_head_only_where_it_is_stored():
    assert tiny_config(choir_codec()).heads == 4
    assert tiny_config(band_codec()).heads == 5
    assert tiny_config(choir_codec()).widths == (6, 7, 10, 9)
    assert tiny_config(band_codec()).widths == (6, 7, 10, 9, 5)


@pytest.mark.parametrize(
    ("metre", "bpm", "is_minor", "columns"),
    [
        ((4, 4), 20, False, [0, 0, 0, 0]),
        ((3, 4), 50, True, [0, 1, 0, 1]),
        ((3, 4), 50.1, True, [0, 1, 1, 1]),
        ((7, 8), 400, False, [0, len(METRES), len(TEMPO_EDGES_BPM), 0]),
    ],
)
def test_conditions_are_classes_of_style_metre_tempo_and_mode(metre, bpm, is_minor, columns):
    config = tiny_config(choir_codec())
    found = config.conditions(0, metre, bpm, is_minor)
    assert found.tolist() == columns
    assert (found < config.condition_sizes).all()


def test_a_network_of_before_steps_had_parts_is_the_same_network():
    """Checkpoints compare networks as JSON, in which a layout on the grid says nothing new."""
    plain = tiny_config(choir_codec())
    assert "fine" not in plain.to_json()["layout"]
    fine = tiny_config(EventsCodec(4, CHOIR, 8, fine=4))
    assert fine.to_json()["layout"]["fine"] == 4
    assert EventsConfig.from_json(fine.to_json()) == fine
    assert fine.layout.touches == fine.layout.row_sizes[4] == fine.layout.input_sizes[3] == 32
