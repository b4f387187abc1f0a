"""Pages that belong to no single app: home, to-do, jobs, own settings."""
