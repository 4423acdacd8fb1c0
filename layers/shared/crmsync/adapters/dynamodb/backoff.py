"""Waiting between attempts that botocore does not repeat by itself."""

from __future__ import annotations

import random
import time

ATTEMPTS = 6


def pause(attempt: int) -> None:
    """Wait before repeating for the `attempt`th time (from 1): full jitter, a second at most."""
    time.sleep(random.uniform(0, min(1.0, 0.025 * 2**attempt)))  # noqa: S311 - not a secret
