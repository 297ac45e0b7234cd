"""Why an answer refuses what was sent, in its own words: REST framework's errors, a form's, else those of the status.

Nothing is asked that the view has not asked: a form that was never validated says nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from django.contrib.admin.helpers import AdminForm, InlineAdminFormSet
from django.core.exceptions import NON_FIELD_ERRORS
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.http.response import HttpResponseBase

MAX_PROBLEMS = 10  # of one answer; an import may have thousands
MAX_DEPTH = 5
NO_FIELD = (NON_FIELD_ERRORS, "non_field_errors", "detail")

Form: TypeAlias = "BaseForm | BaseFormSet[Any]"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`error_code` for programs, `reason` for people; a line for each problem."""

    error_code: str
    reason: str


class Problem(NamedTuple):
    field: str
    message: str
    code: str


def refusal_of(response: HttpResponseBase) -> Refusal | None:
    """None where the answer refuses nothing, as far as it tells."""
    status = response.status_code
    if status < 400 and status != 200:
        return None
    found = list(islice(problems_of(response, refused=status >= 400), MAX_PROBLEMS))
    if found:
        return Refusal(next((each.code for each in found if each.code), ""), "\n".join(map(worded, found)))
    return by_status(status) if status >= 400 else None


def worded(problem: Problem) -> str:
    return problem.message if problem.field in ("", *NO_FIELD) else f"{problem.field}: {problem.message}"


def by_status(status: int) -> Refusal:
    try:
        known = HTTPStatus(status)
    except ValueError:
        return Refusal("", str(status))
    return Refusal(known.name.lower(), known.phrase)


def problems_of(response: HttpResponseBase, *, refused: bool) -> Iterator[Problem]:
    if refused and (data := getattr(response, "data", None)):
        yield from in_data(main_part(data))
    if isinstance(context := getattr(response, "context_data", None), Mapping):
        for form in forms_in(context.values()):
            yield from in_form(form)


# --- REST framework ---
def main_part(data: Any) -> Any:
    """Of a problem body (RFC 9457) its errors, else its detail, else its title; other answers are all errors."""
    if isinstance(data, Mapping):
        return next((data[name] for name in ("errors", "detail", "title") if data.get(name)), data)
    return data


def in_data(data: Any, name: str = "", depth: int = 0) -> Iterator[Problem]:
    """Errors by field, nested as the serializers are: `nilai.0.matematika`."""
    if depth > MAX_DEPTH:
        return
    if isinstance(data, str):
        yield Problem(name, data, str(getattr(data, "code", None) or ""))
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from in_data(value, joined(name, str(key)), depth + 1)
    elif isinstance(data, list | tuple):
        for number, value in enumerate(data):
            yield from in_data(value, name if isinstance(value, str) else joined(name, str(number)), depth + 1)


def joined(name: str, key: str) -> str:
    return key if name in ("", *NO_FIELD) else f"{name}.{key}"


# --- forms ---
def forms_in(values: Iterable[Any]) -> Iterator[Form]:
    """The forms of a page's context, the admin's and its inlines too."""
    for value in values:
        for each in value if is_a(value, list, tuple) else (value,):
            if is_a(each, BaseForm, BaseFormSet):
                yield each
            elif is_a(each, AdminForm):
                yield each.form
            elif is_a(each, InlineAdminFormSet):
                yield each.formset


def is_a(value: Any, *kinds: type) -> bool:
    """By its own type: to ask a lazy object what it is, as `isinstance` does, may cost a query."""
    return issubclass(type(value), kinds)


def in_form(form: Any) -> Iterator[Problem]:
    """The errors of one that was given data and has been validated."""
    if not form.is_bound or not form._errors and not getattr(form, "_non_form_errors", None):
        return
    if is_a(form, BaseForm):
        yield from in_errors(form._errors)
        return
    for errors in form._errors or ():
        yield from in_errors(errors)
    yield from in_errors({NON_FIELD_ERRORS: form._non_form_errors or ()})


def in_errors(errors: Mapping[str, Any]) -> Iterator[Problem]:
    for name, listed in errors.items():
        found = listed.as_data() if hasattr(listed, "as_data") else ()
        code = next((str(error.code) for error in found if error.code), "")
        yield from (Problem(name, str(message), code) for message in listed)
