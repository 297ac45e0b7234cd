"""What `manage.py eventlog_doctor` looks at, a module each: its arguments, facts, and how they are told in words."""
