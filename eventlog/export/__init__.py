"""Events for other programs: rows read in batches, and a module for each format that they are written in."""
