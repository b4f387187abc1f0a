"""Tests of the portal's own pages."""
