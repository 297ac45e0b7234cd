"""Registration and passwords for programs; signing in is in `tokens.py`."""

from typing import Any, cast

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.serializers import PasswordField

from edupro.openapi.problems import problems
from edupro.people import accounts, tasks
from edupro.people.answers import RegisteredSerializer, SaidSerializer
from edupro.people.links import origin_of, owner_of
from edupro.people.positions import ROLE_NAMES, Position
from edupro.people.rights import may_register, roles_to_give
from edupro.people.session_keys import PASSWORD_IS_TEMPORARY
from edupro.people.tokens import MAX_PASSWORD
from edupro.people.usernames import validate_username
from edupro.school.models import Siswa
from edupro.throttling import NameThrottle, ScopedThrottle


def new_password(**options: Any) -> PasswordField:
    return PasswordField(max_length=MAX_PASSWORD, trim_whitespace=False, **options)


# --- registration ---
class MayRegister(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.user, User) and may_register(request.user)


class RegistrationSerializer(serializers.Serializer[User]):
    """Without a password an invitation goes to the address."""

    username = serializers.CharField(max_length=150, validators=[validate_username])
    name = serializers.CharField(max_length=150)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    role = serializers.ChoiceField(list(ROLE_NAMES))
    kelas = serializers.ListField(child=serializers.CharField(max_length=20), max_length=100, default=list)
    siswa = serializers.PrimaryKeyRelatedField(queryset=Siswa.objects.all(), default=None, allow_null=True)
    password = new_password(required=False)

    def validate_role(self, role: str) -> str:
        if role not in roles_to_give(self.context["request"].user, (role,)):
            raise serializers.ValidationError(_("Your account may not give this role."))
        return role

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        problems = [*position_in(attrs).problems()]
        if not attrs.get("password") and not attrs["email"]:
            problems.append(("email", _("Give an address for the invitation, or a password.")))
        if problems:
            raise serializers.ValidationError({field: [str(problem)] for field, problem in problems})
        check_password(attrs.get("password"), user_in(attrs), field="password")
        return attrs

    def create(self, validated_data: dict[str, Any]) -> User:
        user = user_in(validated_data)
        accounts.register(
            user,
            position=position_in(validated_data),
            password=validated_data.get("password"),
            origin=origin_of(self.context["request"]),
        )
        return user


def user_in(data: dict[str, Any]) -> User:
    first, _space, last = data["name"].partition(" ")
    return User(username=data["username"], email=data["email"], first_name=first, last_name=last)


def position_in(data: dict[str, Any]) -> Position:
    return Position(role=data["role"], kelas=tuple(dict.fromkeys(data["kelas"])), siswa=data["siswa"])


def check_password(password: str | None, user: User, *, field: str = "new_password") -> None:
    """By the same validators as on the pages."""
    if password is not None:
        try:
            validate_password(password, user)
        except DjangoValidationError as error:
            raise serializers.ValidationError({field: error.messages}) from error


TEACHER = OpenApiExample(
    "A teacher, by invitation",
    {"username": "sri", "name": "Sri Wahyuni", "email": "sri@sekolah.example", "role": "guru", "kelas": ["X-1"]},
    request_only=True,
)


class RegisterView(APIView):
    """An account for somebody of the school, for administrators. Without a password an invitation goes to the address;
    a password given here has to be changed at the first sign-in."""

    permission_classes = [IsAuthenticated, MayRegister]

    @extend_schema(
        summary="Register a person",
        request=RegistrationSerializer,
        responses={201: RegisteredSerializer, **problems(409)},
        examples=[TEACHER],
    )
    def post(self, request: Request) -> Response:
        serializer = RegistrationSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        user, data = serializer.save(), serializer.validated_data
        about = {"id": user.pk, "username": user.username, "name": user.get_full_name(), "email": user.email}
        place = {"role": data["role"], "kelas": data["kelas"], "siswa": data["siswa"] and data["siswa"].pk}
        return Response({**about, **place, "invited": not data.get("password")}, status=status.HTTP_201_CREATED)


# --- passwords ---
class ChangeSerializer(serializers.Serializer[User]):
    old_password = new_password()
    new_password = new_password()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = self.context["request"].user
        if not user.check_password(attrs["old_password"]):
            raise serializers.ValidationError({"old_password": [gettext("This is not your password.")]})
        if attrs["old_password"] == attrs["new_password"]:
            raise serializers.ValidationError({"new_password": [gettext("This is the old password: choose another.")]})
        check_password(attrs["new_password"], user)
        return attrs


class PasswordChangeView(APIView):
    """A new password for oneself. Ends every session and token but the session that asks."""

    permission_classes = [IsAuthenticated]
    allows_temporary_password = True

    @extend_schema(summary="Change one's password", request=ChangeSerializer, responses=SaidSerializer)
    def post(self, request: Request) -> Response:
        serializer = ChangeSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        user = cast(User, request.user)
        set_own_password(user, serializer.validated_data["new_password"])
        if request.session.get("_auth_user_id") == str(user.pk):
            update_session_auth_hash(request._request, user)
            request.session.pop(PASSWORD_IS_TEMPORARY, None)
        return Response({"detail": gettext("Your password is changed. Sign in again.")})


def set_own_password(user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    accounts.password_was_set(user, by_owner=True)


class ResetSerializer(serializers.Serializer[User]):
    email = serializers.EmailField(max_length=254)


class PasswordResetView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_classes = [ScopedThrottle, NameThrottle]
    throttle_scope = "password"
    throttle_name_scope = "password_name"

    @extend_schema(summary="Ask for a link to set a password", request=ResetSerializer, responses=SaidSerializer)
    def post(self, request: Request) -> Response:
        """The same answer, after the same work, whether or not anybody has this address."""
        serializer = ResetSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        email = serializer.validated_data["email"]
        tasks.send_reset_links.delay(email, get_language(), origin_of(request._request))
        return Response({"detail": gettext("If an account has this address, a link is on its way there.")})


class ConfirmSerializer(serializers.Serializer[User]):
    uid = serializers.CharField(max_length=100)
    token = serializers.CharField(max_length=100)
    new_password = new_password()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = owner_of(attrs["uid"])
        if user is None or not default_token_generator.check_token(user, attrs["token"]):
            raise serializers.ValidationError({"token": [gettext("This link has been used or is too old.")]})
        check_password(attrs["new_password"], user)
        return {**attrs, "user": user}


class PasswordResetConfirmView(APIView):
    """`uid` and `token` are the last two parts of the link in the mail."""

    authentication_classes = []
    permission_classes = [AllowAny]
    throttle_scope = "password"

    @extend_schema(summary="Set a password by a link", request=ConfirmSerializer, responses=SaidSerializer)
    def post(self, request: Request) -> Response:
        serializer = ConfirmSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        set_own_password(serializer.validated_data["user"], serializer.validated_data["new_password"])
        return Response({"detail": gettext("Your password is set. You can sign in with it.")})
