"""Use cases, one module per concept, each in a transaction it did not open."""
