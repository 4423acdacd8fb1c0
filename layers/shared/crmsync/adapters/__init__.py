"""One sub-package per vendor. Vendor errors are translated into ``crmsync.domain.errors`` here."""
