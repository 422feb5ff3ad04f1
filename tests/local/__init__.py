"""The embedded stack: what it promises to whoever runs it."""
