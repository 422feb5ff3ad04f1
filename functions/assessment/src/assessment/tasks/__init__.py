"""One file per state-machine step."""
