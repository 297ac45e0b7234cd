"""What is dangerous: attacks in what was sent, and in how people behave."""
