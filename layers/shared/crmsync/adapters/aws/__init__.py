"""The platform underneath, on AWS: queue, events, files, keys, secrets, token calls, clock, ids."""
