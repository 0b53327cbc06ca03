"""Generation: sampling, constraints, critic guidance, primer, endings."""

import sys

from musicgan import CallablePackage

sys.modules[__name__].__class__ = CallablePackage
