"""Pages for everybody: home, signing in, passwords, what is where, and a student's own records."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth import views as auth
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.generic import ListView, TemplateView

from edupro.people import first_steps, forms
from edupro.people.doors import doors_of
from edupro.people.links import owner_of
from edupro.people.positions import ROLE_NAMES
from edupro.people.session_keys import PASSWORD_IS_TEMPORARY
from edupro.school.models import NilaiRaport, Presensi, Siswa
from edupro.school.models.nilai import SUBJECTS
from edupro.school.roles import role_of

if TYPE_CHECKING:  # generic for the type checker only
    ListOfMarks = ListView[NilaiRaport]
else:
    ListOfMarks = ListView


@dataclass(frozen=True, slots=True)
class Report:
    """One semester's marks as they are shown: (subject, mark), without the subjects that were not taken."""

    nilai: NilaiRaport
    marks: list[tuple[str, int]]

    @classmethod
    def of(cls, nilai: NilaiRaport) -> "Report":
        marks = ((str(nilai._meta.get_field(name).verbose_name), getattr(nilai, name)) for name in SUBJECTS)  # type: ignore[union-attr]
        return cls(nilai, [(subject, mark) for subject, mark in marks if mark is not None])


class HomeView(TemplateView):
    template_name = "home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(doors=doors_of(self.request.user), **kwargs)


class SignInView(auth.LoginView):
    next_page = "home"


class SignOutView(auth.LogoutView):
    next_page = "home"


class PasswordChangeView(auth.PasswordChangeView):
    form_class = forms.ChangePasswordForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(temporary=self.request.session.get(PASSWORD_IS_TEMPORARY), **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        self.request.session.pop(PASSWORD_IS_TEMPORARY, None)
        return super().form_valid(form)


class ForgottenPasswordView(auth.PasswordResetView):
    form_class = forms.ForgottenPasswordForm

    def form_valid(self, form: Any) -> HttpResponse:
        form.save(request=self.request)
        return HttpResponseRedirect(str(self.success_url))


class NewPasswordView(auth.PasswordResetConfirmView):
    form_class = forms.NewPasswordForm

    def get_user(self, uidb64: str) -> User | None:
        return owner_of(uidb64)


class WelcomeView(LoginRequiredMixin, auth.RedirectURLMixin, TemplateView):
    """What one can do here. Dismissed by a POST, it does not come by itself again."""

    template_name = "welcome.html"
    next_page = "home"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        role = role_of(user)
        return super().get_context_data(
            doors=doors_of(user), role=role, role_name=ROLE_NAMES.get(role, ""), next=self.get_redirect_url(), **kwargs
        )

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        first_steps.welcomed(cast(User, self.request.user))
        return HttpResponseRedirect(self.get_success_url())


class SayaView(LoginRequiredMixin, ListOfMarks):
    """A student's own marks, and his attendance beside them."""

    template_name = "saya.html"

    def get_queryset(self) -> QuerySet[NilaiRaport]:
        user = cast(User, self.request.user)
        self.siswa = Siswa.objects.visible_to(user).filter(user=user).first()
        if self.siswa is None:
            raise Http404
        return NilaiRaport.objects.filter(siswa=self.siswa)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        reports = [Report.of(nilai) for nilai in self.object_list]
        presensi = Presensi.objects.filter(siswa=self.siswa)
        context: dict[str, Any] = super().get_context_data(
            siswa=self.siswa, reports=reports, presensi=presensi, **kwargs
        )
        return context
