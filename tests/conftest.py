"""What every test may use: the shared corpora, and how hard Hypothesis tries."""

import gc
import os
import sys
from pathlib import Path

# One thread a worker, before numpy is imported: with more they only wait for each other.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# Hundreds of processes run here; what the first compiles is kept for the others, whatever the shell
# says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

import pytest  # noqa: E402
from hypothesis import HealthCheck, settings  # noqa: E402

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
PLAYING = Path(__file__).resolve().parent / "live"
SLOW_IS_FINE = [HealthCheck.too_slow]

settings.register_profile(
    "local", deadline=None, max_examples=30, suppress_health_check=SLOW_IS_FINE
)
settings.register_profile(
    "ci", deadline=None, max_examples=30, suppress_health_check=SLOW_IS_FINE, derandomize=True
)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of playing, which wait more than they work, begin at once and in two processes.

    They are half of all hours and would be what all four processes are left with in the end, when
    no processor has anything to do. Each process begins with a quarter of the tests in order: every
    other file of playing goes to the head of the first and of the third quarter.
    """
    playing = [item for item in items if PLAYING in item.path.parents]
    others = [item for item in items if PLAYING not in item.path.parents]
    files = sorted({item.path for item in playing})
    one, two = ([item for item in playing if item.path in files[k::2]] for k in (0, 1))
    half = max(0, len(items) // 2 - len(one))
    items[:] = one + others[:half] + two + others[half:]


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the garbage collector need not look at it again.

    It took an eighth of all time, and a fiftieth when it looked at what came later so often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What tests encode goes into a cache of this run, one for all workers; own styles do not."""
    root = tmp_path_factory.getbasetemp()
    shared_root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    os.environ["MUSICGAN_CACHE"] = str(shared_root / "cache")
    os.environ["MUSICGAN_STYLES"] = str(tmp_path_factory.mktemp("styles"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of corpora beside the repository: `data/` and `hostile/`.

    Without it the test is skipped, saying so; where CI is set a missing folder is a failure.
    """
    if SHARED.is_dir():
        return SHARED
    if os.environ.get("CI"):
        pytest.fail("the shared corpora are missing: ../shared beside the repository")
    pytest.skip("needs the shared corpora: ../shared beside the repository")
