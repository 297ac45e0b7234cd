"""Accounts in the admin: registration, roles, locks. What nobody may do to whom is in `rights.py`."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from rest_framework_simplejwt.token_blacklist import admin as pages_of_tokens  # noqa: F401  (registers them)
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from edupro.people import accounts, positions
from edupro.people.forms import AccountForm, RegistrationForm, TemporaryPasswordForm, may_choose_role
from edupro.people.rights import may_manage

if TYPE_CHECKING:  # generic for the type checker only
    BaseUserAdmin = UserAdmin[User]
else:
    BaseUserAdmin = UserAdmin

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")

# The pages of tokens show these whole, and whoever has one is its owner. Events say who has been given one, and when.
admin.site.unregister([User, OutstandingToken, BlacklistedToken])


@admin.register(User)
class AccountAdmin(BaseUserAdmin):
    form = AccountForm
    add_form = RegistrationForm
    add_form_template = "admin/change_form.html"
    change_password_form = TemporaryPasswordForm
    list_display = ["username", "first_name", "last_name", "is_active", "is_staff", "last_login"]
    readonly_fields = ["is_active", "last_login", "date_joined"]
    actions = ["lock_selected", "unlock_selected"]
    add_fieldsets = (
        (None, {"fields": ("username", "name", "email")}),
        (_("At school"), {"fields": ("role", "kelas", "nis")}),
        (_("Password"), {"fields": ("password1", "password2")}),
    )

    class Media:
        css = {"all": ["edupro/admin.css"]}

    # --- forms ---
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.actor = request.user  # type: ignore[attr-defined]
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nobody but a superuser gives rights by hand; a page that may only be looked at has no fields to choose in."""
        if obj is None:
            return self.add_fieldsets
        me = cast(User, request.user)
        school = ("role", "kelas", "nis") if may_choose_role(me, obj) else ("kelas", "nis")
        rights = RIGHTS if me.is_superuser else ()
        chosen = [(_("At school"), {"fields": school})] if self.has_change_permission(request, obj) else []
        return [
            (None, {"fields": ("username", "password")}),
            (_("Person"), {"fields": ("first_name", "last_name", "email")}),
            *chosen,
            (_("Account"), {"fields": ("is_active", *rights), "description": self.about_locks()}),
            (_("Important dates"), {"fields": ("last_login", "date_joined")}),
        ]

    def about_locks(self) -> str:
        return gettext(
            "“Active” is taken away by Lock and given back by Unlock, above. A locked person is told the same as "
            "with a wrong password, so that nobody can find out by trying whose account exists; tell him yourself."
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            form.register(obj, request)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change:
            positions.take_up(form.instance, form.position())

    # --- who may what ---
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        beyond = obj is not None and not may_manage(request.user, obj)  # type: ignore[arg-type]
        return not beyond and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        beyond = obj is not None and not may_manage(request.user, obj)  # type: ignore[arg-type]
        return not beyond and super().has_delete_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """For others; one's own is changed where the old one is asked for."""
        if self.get_object(request, unquote(id)) == request.user:  # `1`, or `01`
            return HttpResponseRedirect(reverse("password_change"))
        return super().user_change_password(request, id, form_url)

    # --- locks ---
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:key>/lock/", view(require_POST(self.lock_view)), name="auth_user_lock"),
            path("<int:key>/unlock/", view(require_POST(self.unlock_view)), name="auth_user_unlock"),
            *super().get_urls(),
        ]

    def lock_view(self, request: HttpRequest, key: int) -> HttpResponse:
        self.lock_selected(request, User.objects.filter(pk=key))
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[key]))

    def unlock_view(self, request: HttpRequest, key: int) -> HttpResponse:
        self.unlock_selected(request, User.objects.filter(pk=key))
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[key]))

    @admin.action(permissions=["change"], description=_("Lock selected accounts"))
    def lock_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        locked = self.done(request, queryset, accounts.lock)
        self.say(request, locked, ngettext("%d account is locked.", "%d accounts are locked.", locked))

    @admin.action(permissions=["change"], description=_("Unlock selected accounts"))
    def unlock_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        unlocked = self.done(request, queryset, accounts.unlock)
        self.say(request, unlocked, ngettext("%d account is unlocked.", "%d accounts are unlocked.", unlocked))

    def done(self, request: HttpRequest, queryset: QuerySet[User], turn: Any) -> int:
        """To how many; for each of the others, why not."""
        count = 0
        for user in queryset:
            try:
                self.turned(request, user, turn)
                count += 1
            except accounts.Refused as reason:
                self.message_user(request, f"{user}: {reason}", messages.ERROR)
        return count

    def turned(self, request: HttpRequest, user: User, turn: Any) -> None:
        if not super().has_change_permission(request, user):
            raise accounts.Refused(gettext("You may not change accounts."))
        turn(user, by=request.user)
        self.log_change(request, user, gettext("Unlocked.") if user.is_active else gettext("Locked."))

    def say(self, request: HttpRequest, count: int, words: str) -> None:
        if count:
            self.message_user(request, words % count, messages.SUCCESS)
