"""Columns of the lists of enrollment."""
