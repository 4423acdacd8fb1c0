"""A stand-in Salesforce org: an HTTP server that answers as a real org does.

It is no part of any product: its objects, rules, users and seed are data in an org folder. See
`README.md` beside this file for what it serves and how to drive it.
"""

from .serving import Address, RunningOrg, serve
from .settings import OrgFolder

__all__ = ["Address", "OrgFolder", "RunningOrg", "serve"]
