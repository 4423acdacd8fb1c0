"""`python -m crmsync.routes` prints the OpenAPI document; `docs/openapi.json` is a copy of it."""

import sys

from crmsync.routes.api import document

sys.stdout.write(document())
