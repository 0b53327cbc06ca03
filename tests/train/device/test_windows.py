"""Windows made on a device are those that the host makes, however they are varied."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from musicgan.train.augment import Augmentation
from musicgan.train.device import windows as device_windows
from musicgan.train.device.windows import Resident
from musicgan.train.windows import Windows

from ..making import CPU, config_for, pieces, songs_of

LENGTH = 40
VARIED = Augmentation(semitones=6, velocity=40, tempo=0.2, forget=0.5)
COLUMNS = (
    "fed", "rows", "moment", "pitch", "duration", "last", "lowest", "echo", "heard", "tonic",
    "conditions", "mask",
)  # fmt: skip


def two_ways(drums=False, velocity_bins=4, looks_back=True, device=CPU, room=None):
    """Windows over the same songs, by the host and there."""
    some = pieces(6, drums=drums, velocity_bins=velocity_bins)
    config = config_for(some, drums, velocity_bins, looks_back)
    songs = songs_of(some, config)
    host, there = (Windows(songs, LENGTH, config.layout, VARIED) for _ in range(2))
    there.resident = Resident(config.layout, device, room or there.rows)
    return host, there


def check(host, there, draws=4, batch=8):
    for seed in range(draws):
        one, other = (w.draw(batch, np.random.default_rng(seed)) for w in (host, there))
        for name in COLUMNS:
            assert getattr(other, name).tolist() == getattr(one, name).tolist(), (seed, name)
            assert getattr(other, name).dtype == getattr(one, name).dtype, name


@pytest.mark.parametrize("looks_back", [True, False])
@pytest.mark.parametrize(("drums", "velocity_bins"), [(False, 1), (False, 4), (True, 4)])
def test_they_are_the_same_windows(drums, velocity_bins, looks_back):
    check(*two_ways(drums, velocity_bins, looks_back))


def test_touches_keep_their_part_of_a_step_there_too():
    host, there = two_ways()
    for windows in (host, there):
        windows.layout = replace(windows.layout, velocity_bins=2, fine=2)
    there.resident._layout = there.layout
    check(host, there)


def test_songs_are_sent_once():
    _, there = two_ways()
    sent = []
    put = there.resident._put
    there.resident._put = lambda number, song: (sent.append(number), put(number, song))
    for seed in range(10):
        there.draw(6, np.random.default_rng(seed))
    assert sorted(sent) == sorted(set(sent)) == list(range(6))


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_without_room_for_all_of_them_they_make_way(share, monkeypatch):
    host, there = two_ways()
    monkeypatch.setattr(device_windows, "MOST_ROWS", int(share * there.rows))
    there.resident = Resident(there.layout, CPU, there.rows)
    check(host, there, batch=2)
    assert there.resident._used <= there.resident._room


def test_on_a_cpu_the_host_makes_them():
    host, _ = two_ways()
    assert Windows(host.songs, LENGTH, host.layout, device=CPU).resident is None


@pytest.mark.gpu
def test_a_gpu_makes_the_same_windows():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device: torch.cuda.is_available() is False")
    check(*two_ways(True, device=torch.device("cuda")))
