"""Signing in to the API: simplejwt's views, with a name and a role in the access token."""

from typing import Any, cast

from django.contrib.auth.models import User
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.serializers import PasswordField, TokenObtainPairSerializer, TokenRefreshSerializer
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken, Token
from rest_framework_simplejwt.utils import get_md5_hash_password
from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView

from edupro.openapi.problems import problems
from edupro.people.answers import AccountSerializer, NothingSerializer, TokensSerializer
from edupro.people.first_steps import CLAIM, has_temporary_password
from edupro.school.roles import role_of
from edupro.throttling import NameThrottle, ScopedThrottle

MAX_PASSWORD = 4096  # characters; far beyond any passphrase, far below what hashing would feel


def introduce(token: Token, user: User) -> Token:
    """Who the token speaks for, for those who read it without a database."""
    token["username"] = user.get_username()
    token["role"] = role_of(user)
    if has_temporary_password(user):
        token[CLAIM] = True
    return token


def is_of_this_password(token: Token, user: User) -> bool:
    return bool(token.get(api_settings.REVOKE_TOKEN_CLAIM) == get_md5_hash_password(user.password))


class LoginSerializer(TokenObtainPairSerializer):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = serializers.CharField(write_only=True, max_length=150)
        self.fields["password"] = PasswordField(max_length=MAX_PASSWORD, trim_whitespace=False)

    @classmethod
    def get_token(cls, user: Any) -> Token:
        return introduce(super().get_token(user), user)


class RefreshSerializer(TokenRefreshSerializer):
    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """The name and the role are as they are now; an account that is gone, or a new password, ends the token."""
        try:
            data = super().validate(attrs)
            access = AccessToken(cast(Any, data["access"]))  # the stubs forget that it takes text
            user = User.objects.get(pk=access["user_id"])
        except User.DoesNotExist as error:
            raise InvalidToken from error
        if not is_of_this_password(access, user):
            raise InvalidToken
        return {**data, "access": str(introduce(access, user))}


@extend_schema(
    summary="Sign in",
    responses={200: TokensSerializer, **problems(401)},
    examples=[OpenApiExample("A teacher", {"username": "guru001", "password": "…"}, request_only=True)],
)
class LoginView(TokenObtainPairView):
    """Two tokens for a name and a password: `access` goes with each request, `refresh` gets the next pair."""

    serializer_class = LoginSerializer
    throttle_classes = [ScopedThrottle, NameThrottle]
    throttle_scope = "login"
    throttle_name_scope = "login_name"


@extend_schema(summary="Renew the tokens", responses={200: TokensSerializer, **problems(401)})
class RefreshView(TokenRefreshView):
    """The next pair of tokens. Each refresh token can be used once."""

    serializer_class = RefreshSerializer


@extend_schema(summary="Sign out", responses={200: NothingSerializer, **problems(401)})
class LogoutView(TokenBlacklistView):
    """Ends the refresh token; the access tokens made with it end by themselves within minutes."""


class MeView(APIView):
    """Whose token or session this is."""

    permission_classes = [IsAuthenticated]
    allows_temporary_password = True

    @extend_schema(summary="Who am I?", responses=AccountSerializer)
    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        return Response(
            {
                "id": user.pk,
                "username": user.get_username(),
                "name": user.get_full_name(),
                "email": user.email,
                "role": role_of(user),
            }
        )
