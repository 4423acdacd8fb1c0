"""How functions speak HTTP: the resolver, who is calling, and problem answers (RFC 9457).

Beside bootstrap in the map of the package: it may import domain and observability, nothing else.
"""

from crmsync.http.claims import NotSignedIn, caller_of
from crmsync.http.problems import PROBLEMS, Problem, ProblemError, problem
from crmsync.http.resolver import SignedIn, make_resolver, serve

__all__ = [
    "PROBLEMS",
    "NotSignedIn",
    "Problem",
    "ProblemError",
    "SignedIn",
    "caller_of",
    "make_resolver",
    "problem",
    "serve",
]
