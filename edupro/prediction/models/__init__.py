"""What the prediction keeps, one file a concept."""

from edupro.prediction.models.prediksi import Prediksi
from edupro.prediction.models.run import TrainingRun
from edupro.prediction.models.version import ModelVersion

__all__ = ["ModelVersion", "Prediksi", "TrainingRun"]
