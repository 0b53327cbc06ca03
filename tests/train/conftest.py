"""One thread: the same sums in the same order on every machine, and no quarrel over cores."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    torch.set_num_threads(1)
