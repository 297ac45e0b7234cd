"""Who may not sign in for a while, in the admin: a list, and lifting a block before its time.

Seen by who sees alerts, since blocks answer them, and lifted by who may change those; the permissions of blocks alone
do as well, for somebody at the desk who only helps people back in.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

from eventlog.admin.display import badge, moment
from eventlog.admin.taught import TaughtList, told
from eventlog.alerts import wording
from eventlog.blocking import blocks
from eventlog.conf import conf
from eventlog.models import Block
from eventlog.models.alert import CHANGE, may_see_alerts
from eventlog.visible import grouped, visible


@admin.register(Block)
class BlockAdmin(TaughtList):
    list_display = ("account", "from_where", "standing", "why", "begins", "ends", "how_often")
    list_display_links = None
    search_fields = ("username__exact", "address__exact")
    search_help_text = _("An account or an address, whole.")
    actions = ("lift_selected",)

    @property
    def nothing(self) -> tuple[Any, ...]:  # type: ignore[override]
        """What would bring something here, as the settings are."""
        if conf.BLOCK_AFTER_BRUTE_FORCE:
            return (
                _("Nobody is blocked."),
                _(
                    "Who guesses passwords may not sign in to that account for a while, and is listed here. A block"
                    " ends by itself; you can lift it before."
                ),
            )
        return (
            _("Nobody is blocked, and nobody will be: blocking is switched off."),
            _("Who runs the server switches it on with the setting BLOCK_AFTER_BRUTE_FORCE."),
        )

    @admin.display(description=_("account"), ordering="username")
    def account(self, block: Block) -> str:
        return visible(block.username)

    @admin.display(description=_("address"), ordering="address")
    def from_where(self, block: Block) -> str:
        return block.address or str(_("wherever it is new"))

    @admin.display(description=_("state"))
    def standing(self, block: Block) -> str:
        if block.is_in_force:
            return badge("status", "pending", pgettext("block", "In force"))
        return badge("status", "success", pgettext("block", "Lifted") if block.lifted_at else pgettext("block", "Over"))

    @admin.display(description=_("since"), ordering="since")
    def begins(self, block: Block) -> str:
        return told(_("since"), moment(block.since, "%H:%M"))

    @admin.display(description=_("until"), ordering="until")
    def ends(self, block: Block) -> str:
        """When it was over, where it was lifted."""
        return told(_("until"), moment(block.lifted_at or block.until, "%H:%M"))

    @admin.display(description=_("times"), ordering="times")
    def how_often(self, block: Block) -> str:
        return told(_("times"), f"{grouped(block.times)} ×")

    @admin.display(description=_("reason"), ordering="reason")
    def why(self, block: Block) -> str:
        return wording.label_of(block.reason) if block.reason else ""

    @admin.action(permissions=["change"], description=_("Lift selected blocks"))
    def lift_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        lifted = sum(blocks.lift(block) for block in queryset)
        said = ngettext("%d block is lifted.", "%d blocks are lifted.", lifted) % lifted
        self.message_user(request, said, messages.SUCCESS if lifted else messages.WARNING)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see_alerts(request.user) or super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        reviews = may_see_alerts(request.user) and request.user.has_perm(CHANGE)
        return reviews or super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
