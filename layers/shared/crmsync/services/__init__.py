"""Use cases: each gathers, decides and applies, and touches the world only through ports."""
