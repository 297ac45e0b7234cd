"""Who may ask the API for events. Which ones they then see is `EventQuerySet.visible_to`."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class CanViewSecurity(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.has_perms(["eventlog.view_event", "eventlog.view_security"])
