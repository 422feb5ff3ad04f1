"""What the suites attack with, and what must pass: generated from seeds, so that every run tries the same."""
