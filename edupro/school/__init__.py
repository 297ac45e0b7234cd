"""The school: its students, their marks and attendance, their parents' income."""
