"""Home, search, to-do, jobs, person file, reports: pages that join several apps."""
