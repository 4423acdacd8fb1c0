"""The HTTP face of an org: resources, routing, faults, and the admin API."""
