"""What is written down of the event log from the code itself, so that it cannot say anything else."""
