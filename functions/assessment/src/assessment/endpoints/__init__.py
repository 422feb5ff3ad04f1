"""One file per endpoint resource."""
