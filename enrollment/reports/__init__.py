"""What enrollment hands out as files."""
