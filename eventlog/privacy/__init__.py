"""What must never be kept: secrets are taken out of an event before it is queued, written or logged."""
