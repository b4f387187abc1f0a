"""Reading enrollment: what a page shows, fetched within the scope of its reader."""
