"""The only writers of enrollment."""
