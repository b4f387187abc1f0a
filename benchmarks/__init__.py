"""Measurements of the bulk paths as ratios: against what PostgreSQL can do at best, and a peer.

`python -m benchmarks.r1_reading --rows 300000` runs one; each prints text and, with --json, JSON.
They empty tables of the database they are pointed at: `python3 dev.py manage --temporary` gives a
throw-away one (see docs/operations.md).
"""
