"""Puts services together: a module per function, built once per container from its settings.

Adapters are imported when a module is first used, so no function loads a vendor it does not need.
"""
