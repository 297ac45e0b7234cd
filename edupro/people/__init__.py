"""People of the school as users of it: registration, signing in, passwords, locks, and what is where for whom."""
