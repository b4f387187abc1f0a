"""Designated institutions, their agreements and evaluations."""
