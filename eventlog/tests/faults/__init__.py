"""The event log under fire: real servers, real processes, real deaths."""
