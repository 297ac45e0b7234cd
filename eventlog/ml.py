"""The door for models that learn, of any project and library: `from eventlog.ml import ml_run`."""

from eventlog.capture.ml import Kind, MLRun, current_run, ml_run

__all__ = ["Kind", "MLRun", "current_run", "ml_run"]
