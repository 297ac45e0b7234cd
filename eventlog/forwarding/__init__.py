"""Stored events, sent on to where an organisation gathers its logs, in the order in which they were stored."""
