"""Use cases, each in a transaction that it did not open."""
