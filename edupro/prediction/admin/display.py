"""How versions and predictions are shown: each function takes one and gives text or safe HTML."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.admin import display
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from edupro.prediction import drawing, files, wording
from edupro.prediction.errors import ModelDamaged
from edupro.prediction.features import Features
from edupro.prediction.models import ModelVersion, Prediksi
from edupro.prediction.wording import band, percent


def table(head: Iterable[Any], rows: Iterable[tuple[Any, Iterable[Any]]], *, name: str) -> SafeString:
    """`rows` are (heading, cells)."""
    return format_html(
        '<div class="prediction-scroll" tabindex="0" role="region" aria-label="{}"><table><thead><tr>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>",
        name,
        format_html_join("", '<th scope="col">{}</th>', ((title,) for title in head)),
        format_html_join("", '<tr><th scope="row">{}</th>{}</tr>', ((title, cells(row)) for title, row in rows)),
    )


def cells(row: Iterable[Any]) -> SafeString:
    return format_html_join("", "<td>{}</td>", ((cell,) for cell in row))


# --- versions ---
def share(version: ModelVersion, name: str) -> str:
    value = version.measure(name)
    return "" if value is None else percent(value, 1)


@display(description=_("students"))
def students(version: ModelVersion) -> Any:
    return version.measure("students")


@display(description=_("accuracy"))
def accuracy(version: ModelVersion) -> str:
    return share(version, "accuracy")


@display(description=_("precision"))
def precision(version: ModelVersion) -> str:
    return share(version, "precision")


@display(description=_("recall"))
def recall(version: ModelVersion) -> str:
    return share(version, "recall")


@display(description=_("F1"))
def f1(version: ModelVersion) -> str:
    return share(version, "f1")


@display(description=_("always the commonest"))
def baseline(version: ModelVersion) -> str:
    """What naming the commonest band of everybody would reach."""
    return share(version, "baseline")


@display(description=_("by achievement"))
def per_class(version: ModelVersion) -> SafeString:
    head = ["", gettext("precision"), gettext("recall"), gettext("F1"), gettext("students")]
    measured = version.metrics.get("per_class", {})
    rows = ((band(name), measured_cells(measured[name])) for name in version.metrics.get("classes", ()))
    return table(head, rows, name=gettext("by achievement"))


def measured_cells(measured: Mapping[str, Any]) -> list[Any]:
    return [*(percent(measured[name], 1) for name in ("precision", "recall", "f1")), measured["students"]]


@display(description=_("confusion matrix"))
def confusion(version: ModelVersion) -> SafeString:
    """A row is what was, a column what was foretold."""
    classes = version.metrics.get("classes", [])
    head = ["", *(gettext("predicted: %(band)s") % {"band": band(name)} for name in classes)]
    rows = enumerate(zip(classes, version.metrics.get("confusion", []), strict=True))
    named = ((gettext("actual: %(band)s") % {"band": band(name)}, marked(row, right)) for right, (name, row) in rows)
    return table(head, named, name=gettext("confusion matrix"))


def marked(row: Iterable[int], right: int) -> Iterable[Any]:
    """What was foretold rightly stands out."""
    return (format_html("<b>{}</b>", number) if index == right else number for index, number in enumerate(row))


@display(description=_("importance of the features"))
def importances(version: ModelVersion) -> SafeString:
    ordered = sorted(version.importances.items(), key=lambda item: -item[1])
    rows = ((capfirst(wording.feature_name(name)), [percent(value, 1)]) for name, value in ordered)
    return table([gettext("feature"), gettext("importance")], rows, name=gettext("importance of the features"))


@display(description=_("parameters"))
def parameters(version: ModelVersion) -> SafeString:
    lines = ((name, "–" if value is None else value) for name, value in version.parameters.items())
    return format_html_join("", "<div><code>{} = {}</code></div>", lines)


@display(description=_("tree"))
def tree(version: ModelVersion) -> SafeString:
    """The drawing, then its rules as a list."""
    try:
        loaded = files.load(version)
    except ModelDamaged as error:
        return format_html('<p class="errornote">{}</p>', str(error.detail))
    return format_html(
        '<div class="prediction-scroll" tabindex="0" role="region" aria-label="{}">{}</div>'
        "<details><summary>{}</summary>{}</details>",
        gettext("tree"),
        drawing.svg(loaded),
        gettext("The rules as a list"),
        drawing.rules(loaded),
    )


# --- predictions ---
@display(description=_("predicted achievement"), ordering="result")
def result(prediksi: Prediksi) -> str:
    return band(prediksi.result)


@display(description=_("confidence"))
def confidence(prediksi: Prediksi) -> str:
    return percent(prediksi.confidence)


@display(description=_("class"), ordering="siswa__kelas")
def kelas(prediksi: Prediksi) -> str:
    return prediksi.siswa.kelas


@display(description=_("student"), ordering="siswa__nama")
def student(prediksi: Prediksi) -> SafeString:
    """Leads to all that was foretold of the student."""
    return format_html('<a href="?siswa__id__exact={}">{}</a>', prediksi.siswa_id, str(prediksi.siswa))


@display(description=_("probabilities"))
def probabilities(prediksi: Prediksi) -> SafeString:
    rows = ((band(name), [percent(value)]) for name, value in prediksi.probabilities.items())
    return table([gettext("achievement"), gettext("probability")], rows, name=gettext("probabilities"))


@display(description=_("looked at"))
def looked_at(prediksi: Prediksi) -> SafeString:
    """What the reader may know of it."""
    shown = [name for name in prediksi.features if name not in prediksi.hidden]
    lines = ((capfirst(wording.feature_name(name)), wording.value_of(name, prediksi.features)) for name in shown)
    return format_html_join("", "<div>{}: <b>{}</b></div>", lines)


@display(description=_("why"))
def why(prediksi: Prediksi) -> SafeString:
    """The way down the tree."""
    try:
        known = Features(**prediksi.features)
        way = wording.explanation(files.load(prediksi.version), known, hidden=prediksi.hidden)
    except ModelDamaged as error:
        return format_html("{}", str(error.detail))
    return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", ((step,) for step in way)))
