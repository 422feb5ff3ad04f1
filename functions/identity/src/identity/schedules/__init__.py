"""One module per timed job."""
