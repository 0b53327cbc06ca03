"""The networks as they are TRAINED: torch."""

import sys

from musicgan import CallablePackage

sys.modules[__name__].__class__ = CallablePackage
