"""Lodestar on one machine: a database, an AWS, the vendors and one origin, from the virtual environment alone."""
