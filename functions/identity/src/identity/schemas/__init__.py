"""Requests and answers, one module per concept."""
