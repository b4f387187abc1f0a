"""All routes; each needs an entry in the access matrix (bureau/access.toml)."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("bureau.core.urls")),
    path("", include("bureau.portal.urls")),
    path("", include("fund.urls")),
    path("", include("enrollment.urls")),
    path("maintenance/", admin.site.urls),
]

handler500 = "bureau.core.views.server_error"
