"""What the tests need from the machine and pip cannot install."""
