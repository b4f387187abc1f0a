"""The portal itself: settings, the shared mechanisms (core), file intake, page frame and home."""
