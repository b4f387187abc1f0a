"""Means for tests and demonstrations shared by several apps; never imported by application code."""
