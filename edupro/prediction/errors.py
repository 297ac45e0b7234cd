"""Why a prediction or a training is not to be had, as problem bodies for programs and as words for people."""

from django.utils.translation import gettext_lazy as _
from rest_framework import status
from rest_framework.exceptions import APIException


class Refused(APIException):
    """One of those below; `detail` is in the reader's language."""


class NoModel(Refused):
    status_code = status.HTTP_409_CONFLICT
    default_detail = _("No model has been trained yet.")
    default_code = "no_model"


class NoMarks(Refused):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = _("There are no marks to predict from.")
    default_code = "no_marks"


class NoStudents(Refused):
    status_code = status.HTTP_404_NOT_FOUND
    default_detail = _("There is no such student or class.")
    default_code = "not_found"


class ModelDamaged(Refused):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The model's file is not the one that was saved. Train anew, or make another version active.")
    default_code = "model_damaged"


class Busy(Refused):
    status_code = status.HTTP_409_CONFLICT
    default_detail = _("A training is under way already.")
    default_code = "training"


class Untrainable(Refused):
    """The students are not enough to learn from; `detail` says what is wanting."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "untrainable"


class NoQueue(Refused):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = _("The training could not be handed to a worker. See that the queue can be reached.")
    default_code = "no_queue"
