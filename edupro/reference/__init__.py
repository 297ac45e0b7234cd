"""What is written down of EduPro's event log from its code: every type of event with an example, every command, metric
and permission. Kept true by tests, made by `manage.py edupro_reference`."""
