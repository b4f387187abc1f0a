"""Measurements of the bulk paths as ratios: against what PostgreSQL can do at best, and a peer.

`python3 dev.py measure r1 --rows 300000` runs one on throw-away servers that write as durably as an
installation's; each prints text and, with --json, JSON. docs/performance.md has what was found.
"""
