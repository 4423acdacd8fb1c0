"""template.yaml, read once."""

from __future__ import annotations

import pytest

from tests.template import template
from tests.template.template import Template


@pytest.fixture(scope="session")
def written() -> Template:
    return template.written()


@pytest.fixture(scope="session")
def translated(_no_real_account: None) -> Template:
    return template.translated()
