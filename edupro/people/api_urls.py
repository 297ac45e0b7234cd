"""`/api/auth/`, each route with and without a trailing slash. The names are those of the pages, in their own space."""

from django.urls import re_path

from edupro.people import api, tokens

app_name = "auth-api"
urlpatterns = [
    re_path(r"^login/?$", tokens.LoginView.as_view(), name="login"),
    re_path(r"^refresh/?$", tokens.RefreshView.as_view(), name="refresh"),
    re_path(r"^logout/?$", tokens.LogoutView.as_view(), name="logout"),
    re_path(r"^me/?$", tokens.MeView.as_view(), name="me"),
    re_path(r"^register/?$", api.RegisterView.as_view(), name="register"),
    re_path(r"^password/change/?$", api.PasswordChangeView.as_view(), name="password_change"),
    re_path(r"^password/reset/?$", api.PasswordResetView.as_view(), name="password_reset"),
    re_path(r"^password/reset/confirm/?$", api.PasswordResetConfirmView.as_view(), name="password_reset_confirm"),
]
