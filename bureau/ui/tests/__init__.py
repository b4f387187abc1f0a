"""Tests of the page frame."""
