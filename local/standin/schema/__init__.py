"""What an org's objects look like: compact schema files, recorded describes, and the model."""

from .load import load_schema
from .model import Field, Schema, SObject

__all__ = ["Field", "SObject", "Schema", "load_schema"]
