"""The search language of API and console: `query.py` reads a text, `terms.py` makes it a condition on events."""
