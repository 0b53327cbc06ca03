"""A session whose port process fails tells why, however late it is asked."""

import os
from functools import partial

import pytest

from musicgan.errors import PortError
from musicgan.live.backends.registry import open_backend
from musicgan.live.session import Session


@pytest.mark.parametrize(
    ("opened", "said"),
    [
        (partial(open_backend, "drum", "musicgan", None), "backend 'drum': choose one of auto, "),
        (partial(os._exit, 3), "the port process did not start"),
    ],
)
def test_a_port_that_failed_before_it_was_told_what_to_play_says_why(opened, said):
    with Session(opened) as session:
        session.port.join(30)
        assert not session.port.is_alive()
        with pytest.raises(PortError, match=said):
            session.begin(None, None)
