"""What the tree promises about itself, checked from the templates and the code."""
