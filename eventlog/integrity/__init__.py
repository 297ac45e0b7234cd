"""Proof that nothing was altered unseen: `canonical.py` gives each event a digest, `merkle.py` one hash to many."""
