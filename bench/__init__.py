"""Measurements against QUALITY.md's targets: every speed is a ratio to a baseline of the same run."""
