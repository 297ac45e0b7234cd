"""What happened, and nothing else: requests, sign-ins, changes of records, processes."""
