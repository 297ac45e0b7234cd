"""What the API answers about accounts, for its description."""

from typing import Any

from rest_framework import serializers

from edupro.people.positions import ROLE_NAMES


class TokensSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Send it with each request: `Authorization: Bearer …`.")
    refresh = serializers.CharField(help_text="Gets the next `access` token, once: `POST /api/auth/refresh`.")


class NothingSerializer(serializers.Serializer[Any]):
    """An empty object."""


class SaidSerializer(serializers.Serializer[Any]):
    detail = serializers.CharField(help_text="What was done, for a person.")


class AccountSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    role = serializers.CharField(allow_blank=True, help_text="`admin`, `guru`, `siswa`, another group, or nothing.")


class RegisteredSerializer(AccountSerializer):
    role = serializers.ChoiceField(list(ROLE_NAMES))  # type: ignore[assignment]
    kelas = serializers.ListField(child=serializers.CharField(), help_text="The classes of a teacher.")
    siswa = serializers.IntegerField(allow_null=True, help_text="The student's record that the account is for.")
    invited = serializers.BooleanField(help_text="Whether a link to set a password is on its way by mail.")
