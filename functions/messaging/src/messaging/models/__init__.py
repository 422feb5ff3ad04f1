"""Messaging's tables, one module per concept; an endpoint imports only its own."""
