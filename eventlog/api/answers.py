"""What the answers to questions hold, for the API's description. Nothing is computed here."""

from typing import Any

from rest_framework import serializers

from eventlog.api.serializers import EventSerializer


def count(help_text: str = "") -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, help_text=help_text)


def number(**options: Any) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, **options)


def counts(help_text: str, **options: Any) -> serializers.DictField:
    return serializers.DictField(child=count(), help_text=help_text, **options)


class CountedSerializer(serializers.Serializer[Any]):
    event_count = count()


class AddressSerializer(CountedSerializer):
    ip_address = serializers.IPAddressField(allow_null=True)


class NameSerializer(CountedSerializer):
    username = serializers.CharField(allow_blank=True)


class ReasonSerializer(CountedSerializer):
    error_code = serializers.CharField(allow_blank=True)


class HourSerializer(CountedSerializer):
    hour = serializers.IntegerField(min_value=0, max_value=23, help_text="Of the day, in the project's time zone.")


class ActivitySerializer(serializers.Serializer[Any]):
    """What somebody did, as a timeline and in sums."""

    user_id = serializers.IntegerField()
    username = serializers.CharField(required=False, allow_blank=True, help_text="As it was last.")
    user_role = serializers.CharField(required=False, allow_blank=True)
    days = serializers.IntegerField()
    total = count()
    by_category = counts("Events by category.")
    busiest_hours = HourSerializer(many=True)
    addresses = AddressSerializer(many=True, help_text="At most fifty, the most frequent first.")
    last_login = serializers.DateTimeField(allow_null=True)
    timeline = EventSerializer(many=True)


class AccountsSerializer(serializers.Serializer[Any]):
    """`recorded` is the sum of all others."""

    recorded = count()
    stored = count()
    waiting_journal = count("On this machine's disk.")
    waiting_outbox = count("In the database.")
    dead = count("Refused by the database.")
    dropped = count("The journal was full or damaged.")
    duplicates = count("Stored before.")
    lost = serializers.IntegerField(help_text="0 when nothing is missing.")


class WindowSerializer(serializers.Serializer[Any]):
    """What time the numbers are of."""

    to = serializers.DateTimeField(help_text="The end, which is not in it.")
    widened = serializers.BooleanField(
        help_text="Whether it is longer than what was asked for: of that long ago, only whole periods are known."
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's own."""
        return {"from": serializers.DateTimeField(help_text="The beginning."), **super().get_fields()}


class DurationsSerializer(serializers.Serializer[Any]):
    """In milliseconds; percentiles are at most 2 % off."""

    p50 = number()
    p95 = number()
    p99 = number()
    mean = number()
    max = number()


class TotalsSerializer(WindowSerializer):
    total = count()
    by_category = counts("Events by category.")
    by_type = counts("Events by type.")
    by_status = counts("Events by result.")
    by_severity = counts("Events by severity.")
    requests = count()
    requests_per_minute = number()
    error_rate = number(help_text="Answers from 500 on, in percent of all.")
    response_time_ms = DurationsSerializer()
    active_users = serializers.IntegerField(
        allow_null=True,
        help_text="Different users, on all of the days that the window touches. Null with ANONYMOUS_ANALYTICS.",
    )


class SummarySerializer(TotalsSerializer):
    previous = TotalsSerializer(help_text="The same of the window before.")


class ValueSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="The beginning of the bucket.")
    value = number(help_text="Null where there is nothing to tell a mean of.")


class TimeseriesSerializer(WindowSerializer):
    metric = serializers.CharField()
    bucket = serializers.CharField(help_text="May be longer than what was asked for; then `widened` is true.")
    values = ValueSerializer(many=True)


class EndpointSerializer(serializers.Serializer[Any]):
    endpoint = serializers.CharField(allow_blank=True)
    requests = count()
    mean_ms = number()
    max_ms = number()
    client_errors = serializers.IntegerField(help_text="Answers from 400 to 499.")
    errors = serializers.IntegerField(help_text="Answers from 500 on.")  # type: ignore[assignment]
    error_rate = number(help_text="In percent.")
    queries_per_request = number()
    query_ms_per_request = number()


class EndpointsSerializer(WindowSerializer):
    endpoints = EndpointSerializer(many=True)


class UserSerializer(CountedSerializer):
    user_id = serializers.IntegerField(required=False, help_text="Not with `by=name`.")
    username = serializers.CharField(allow_blank=True)
    by_category = counts("Events by category. Not with `by=name`.", required=False)


class UsersSerializer(WindowSerializer):
    users = UserSerializer(many=True, help_text="Nobody with ANONYMOUS_ANALYTICS: then `anonymous` is true.")
    anonymous = serializers.BooleanField()


class FailedLoginsSerializer(WindowSerializer):
    total = count()
    by_address = AddressSerializer(many=True, help_text="The first of its network where `anonymous` is true.")
    by_user = NameSerializer(many=True, help_text="Nobody where `anonymous` is true.")
    by_reason = ReasonSerializer(many=True)
    anonymous = serializers.BooleanField(help_text="ANONYMOUS_ANALYTICS is on.")


class ResourceSerializer(serializers.Serializer[Any]):
    endpoint = serializers.CharField(allow_blank=True)
    server_name = serializers.CharField(allow_blank=True)
    requests = count()
    cpu_ms = number()
    cpu_ms_per_request = number()
    memory_mb_max = number()
    queries = count()
    query_ms = number()


class ResourcesSerializer(WindowSerializer):
    resources = ResourceSerializer(many=True)
