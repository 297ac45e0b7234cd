"""The description itself, and a page to read and try it.

Both are for everybody: they hold nothing about the school's people or records, and whoever writes a client has to read
how one signs in before one can.
"""

from functools import cache
from typing import Any

from csp.decorators import csp_update
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView


class OnceGenerator(SchemaGenerator):
    """The description is the same for everybody until the code changes, and takes a second to make."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        return described()


@cache
def described() -> Any:
    with translation.override("en"):
        return SchemaGenerator().get_schema(request=None, public=True)


class SchemaView(SpectacularAPIView):
    generator_class = OnceGenerator


@method_decorator(csp_update({"img-src": ["'self'", "data:"]}), name="dispatch")  # the arrows are in its style sheet
class DocsView(TemplateView):
    template_name = "docs/swagger.html"
