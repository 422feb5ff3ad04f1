"""One step of process_media a file."""
