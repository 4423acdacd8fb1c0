"""SOQL: a grammar, a compiler to SQLite and the rows as the REST API shows them."""

from .compiler import Context, compile_query
from .parsing import parse
from .shapes import Compiled

__all__ = ["Compiled", "Context", "compile_query", "parse"]
