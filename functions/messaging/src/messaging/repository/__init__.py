"""Every query, one module per concept."""
