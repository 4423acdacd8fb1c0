"""The org's records: storage, who may see what, writing, and the rules of standard objects."""
