"""What somebody should look at: alerts made of findings, what becomes of them, and who is told."""
