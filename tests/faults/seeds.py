"""The one seed of a run of these tests: ``CFMS_SEED`` where it is given, so that a red run can be repeated."""

from __future__ import annotations

import os
import random

SEED = int(os.environ.get("CFMS_SEED") or random.SystemRandom().randrange(2**32))
