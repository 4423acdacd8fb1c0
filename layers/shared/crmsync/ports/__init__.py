"""The outside world as protocols. Every input and output of a service goes through one of these."""
