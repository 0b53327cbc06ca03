"""Every measure against every negative control: how far is each from real music?

    python scripts/controls_table.py FOLDER [--seeds 5] [--headlines] [--no-training]

Splits the folder as training would, takes test and valid pieces for the real set and makes the
controls of the other half of them, as they would come from a generator. A cell is the distance of
the control from what real music scores, in standard deviations of what real music scores: the
median over seeds. `real` is that score; `held out` is real music in the generated set's place.
Five or more tells a control from music; `blind` marks those that the measure's entry names.
"""

from __future__ import annotations

TOLD = 5.0
HELD_OUT = "held out"
