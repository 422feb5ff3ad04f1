"""Media's queries, one module per concept."""
