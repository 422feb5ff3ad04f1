"""One learner's whole way over HTTP against a running stack, told step by step."""
