"""Who is insured: persons, households, coverage, rosters, dues."""
