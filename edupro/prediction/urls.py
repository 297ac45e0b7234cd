"""The predictions' part of `/api/`, each route with and without a trailing slash."""

from django.urls import re_path

from edupro.prediction import views

urlpatterns = [
    re_path(r"^prediksi/train/?$", views.TrainView.as_view(), name="prediction-train"),
    re_path(r"^prediksi/train/(?P<id>[0-9]{1,18})/?$", views.RunView.as_view(), name="prediction-run"),
    re_path(r"^prediksi/predict/?$", views.PredictView.as_view(), name="prediction-predict"),
    re_path(r"^prediksi/batch/?$", views.BatchView.as_view(), name="prediction-batch"),
    re_path(r"^prediksi/history/?$", views.HistoryView.as_view(), name="prediction-history"),
]
