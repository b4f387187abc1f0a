"""Formats of numbers and dates of our own, one package per language (FORMAT_MODULE_PATH)."""
