"""Word lists and code tables of the enrollment app as CSV files; read through `rules.words`."""
