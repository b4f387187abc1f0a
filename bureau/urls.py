"""All routes; each needs an entry in the access matrix (bureau/access.toml)."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("maintenance/", admin.site.urls),
]
