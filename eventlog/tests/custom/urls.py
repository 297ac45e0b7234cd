"""No pages: this project is about its users."""

urlpatterns: list[object] = []
