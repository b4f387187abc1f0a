"""Domain-free mechanisms: areas, staff, access, jobs, approvals, audit, files, money."""
