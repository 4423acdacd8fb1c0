"""What unit tests share beyond the fakes."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from crmsync.observability import logger


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that the project's logger writes during the test, as it would reach CloudWatch."""
    handler = logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    stream = io.StringIO()
    before = handler.setStream(stream)
    yield stream
    if before is not None:
        handler.setStream(before)
