"""The prediction in Django's admin: versions, trainings, predictions. What was made is only looked at."""

from edupro.prediction.admin.predictions import PrediksiAdmin
from edupro.prediction.admin.runs import TrainingRunAdmin
from edupro.prediction.admin.versions import ModelVersionAdmin

__all__ = ["ModelVersionAdmin", "PrediksiAdmin", "TrainingRunAdmin"]
