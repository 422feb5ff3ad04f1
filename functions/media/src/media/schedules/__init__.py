"""One timed job a file."""
