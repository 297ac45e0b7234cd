"""The rights of a person in the event log: to be given all that it knows of him, and to have it forgotten."""
