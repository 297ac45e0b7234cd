"""Forms about accounts, for the pages of everybody and for the admin."""

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.auth import forms as auth
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from edupro.people import accounts, tasks
from edupro.people.links import origin_of
from edupro.people.positions import ROLE_NAMES, Position, position_of
from edupro.people.rights import roles_to_give
from edupro.people.usernames import RULES, validate_username
from edupro.school.models import KelasGuru, Siswa

if TYPE_CHECKING:  # generic for the type checker only
    UserForm = forms.ModelForm[User]
    UserChangeForm = auth.UserChangeForm[User]
    SetPasswordForm = auth.SetPasswordForm[User]
    PasswordChangeForm = auth.PasswordChangeForm
    AdminPasswordChangeForm = auth.AdminPasswordChangeForm[User]
    SetPasswordMixin = auth.SetPasswordMixin[User]
else:
    from django.contrib.auth.forms import (
        AdminPasswordChangeForm,
        PasswordChangeForm,
        SetPasswordForm,
        SetPasswordMixin,
        UserChangeForm,
    )

    UserForm = forms.ModelForm


# --- passwords ---
class NewPasswordForm(SetPasswordForm):
    """By a link. The owner sets it: nobody else knows it."""

    def save(self, commit: bool = True) -> User:
        saved: User = super().save(commit)
        accounts.password_was_set(saved, by_owner=True)
        return saved


class ChangePasswordForm(NewPasswordForm, PasswordChangeForm):
    """With the old one. The new one must be another, or a temporary password would stay."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("old_password") and cleaned.get("old_password") == cleaned.get("new_password1"):
            self.add_error("new_password1", _("This is the old password: choose another."))
        return cleaned


class TemporaryPasswordForm(AdminPasswordChangeForm):
    """In the admin, for somebody else, who must change it."""

    def save(self, commit: bool = True) -> User:
        saved: User = super().save(commit)
        accounts.password_was_set(saved, by_owner=not saved.has_usable_password())
        return saved


class ForgottenPasswordForm(auth.PasswordResetForm):
    def save(self, *, request: HttpRequest, **options: Any) -> None:  # type: ignore[override]
        """The same work whether or not anybody has this address."""
        tasks.send_reset_links.delay(self.cleaned_data["email"], get_language(), origin_of(request))


# --- positions ---
class PositionForm(UserForm):
    """Role, classes and student, as far as the class of the form says that they are offered."""

    actor: ClassVar[User]  # who fills it in; set by the admin for each request
    role = forms.ChoiceField(
        label=_("Role"),
        required=False,
        help_text=_("Teachers see the students of their classes, students themselves, administrators everything."),
    )
    kelas = forms.MultipleChoiceField(
        label=_("Classes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Of a teacher: whose students he sees, marks and notes attendance of."),
    )
    nis = forms.CharField(
        label=_("Student number (NIS)"), required=False, max_length=20, help_text=_("Of a student: which one he is.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = position_of(self.instance) if self.instance.pk else Position()
        self.fields["kelas"].choices = [(kelas, kelas) for kelas in self.classes()]  # type: ignore[attr-defined]
        nis = self.before.siswa.nis if self.before.siswa else ""
        self.initial.update(role=self.before.role, kelas=list(self.before.kelas), nis=nis)
        if may_choose_role(self.actor, self.instance):
            roles = roles_to_give(self.actor, tuple(ROLE_NAMES))
            self.fields["role"].choices = [("", "---------"), *((role, ROLE_NAMES[role]) for role in roles)]  # type: ignore[attr-defined]
        else:
            del self.fields["role"]  # what is not offered is not taken either

    def classes(self) -> list[str]:
        """Those that students are in, and those that teachers have already."""
        taught = KelasGuru.objects.values_list("kelas", flat=True)
        return sorted({*Siswa.objects.order_by().values_list("kelas", flat=True).distinct(), *taught})

    def clean_nis(self) -> Siswa | None:
        nis = self.cleaned_data["nis"]
        siswa = Siswa.objects.filter(nis=nis).first() if nis else None
        if nis and siswa is None:
            raise forms.ValidationError(_("There is no student of this number."), code="unknown_student")
        return siswa

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        fields = {"siswa": "nis", "kelas": "kelas"}
        for field, problem in self.position().problems(self.instance if self.instance.pk else None):
            if not self.has_error(fields[field]):
                self.add_error(fields[field], str(problem))
        return cleaned

    def position(self) -> Position:
        return Position(
            role=self.chosen_role(), kelas=tuple(self.cleaned_data.get("kelas", ())), siswa=self.cleaned_data.get("nis")
        )

    def chosen_role(self) -> str:
        """A superuser's page has groups in its place."""
        if "groups" in self.cleaned_data:
            chosen = {group.name for group in self.cleaned_data["groups"]}
            return next((role for role in ROLE_NAMES if role in chosen), "")
        return str(self.cleaned_data.get("role", self.before.role))


def may_choose_role(actor: User, user: User) -> bool:
    """Of a new account; of another's too, but superusers choose its groups."""
    return user.pk is None or (not actor.is_superuser and user.pk != actor.pk)


class RegistrationForm(SetPasswordMixin, PositionForm):
    name = forms.CharField(label=_("Name"), max_length=150)
    password1, password2 = SetPasswordMixin.create_password_fields()

    class Meta:
        model = User
        fields = ("username", "email")
        field_classes = {"username": auth.UsernameField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = RULES
        self.fields["username"].validators = [validate_username]
        for name in ("username", "name", "email", "nis"):
            self.fields[name].widget.attrs["autocomplete"] = "off"  # it is somebody else's
        self.fields["email"].help_text = _("Without a password below, an invitation with a link to set one goes there.")
        self.fields["role"].required = True
        for name in ("password1", "password2"):
            self.fields[name].required = False
        self.fields["password1"].help_text = _(
            "Leave both empty to send an invitation. A password set here must be changed at the first sign-in."
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.validate_passwords()
        if bool(cleaned.get("password1")) != bool(cleaned.get("password2")) and not self.has_error("password2"):
            self.add_error("password2", _("Enter the password twice."))
        if not cleaned.get("password1") and not cleaned.get("email") and not self.has_error("email"):
            self.add_error("email", _("Give an address for the invitation, or a password."))
        return cleaned

    def _post_clean(self) -> None:
        """The password is compared with the name and the address, which the instance has only now."""
        super()._post_clean()  # type: ignore[misc]
        self.instance.first_name, _space, self.instance.last_name = self.cleaned_data.get("name", "").partition(" ")
        self.validate_password_for_user(self.instance)

    def register(self, user: User, request: HttpRequest) -> None:
        password = self.cleaned_data.get("password1") or None
        accounts.register(user, position=self.position(), password=password, origin=origin_of(request))


class AccountForm(PositionForm, UserChangeForm):
    def clean_username(self) -> str:
        """The rules are for new names."""
        username: str = self.cleaned_data["username"]
        if "username" in self.changed_data:
            validate_username(username)
        return username

    def clean_groups(self) -> QuerySet[Group]:
        """On a superuser's page, where they stand for the role."""
        groups: QuerySet[Group] = self.cleaned_data["groups"]
        if sum(group.name in ROLE_NAMES for group in groups) > 1:
            raise forms.ValidationError(_("Choose one role at most: admin, guru or siswa."), code="roles")
        return groups
