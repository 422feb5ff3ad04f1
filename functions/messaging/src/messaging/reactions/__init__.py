"""One consumed event a file."""
