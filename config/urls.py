"""Every address of the site, one line a door."""

from django.urls import include, path

urlpatterns = [
    path("", include("wallet.web.landing")),
    path("", include("wallet.web.shell")),
    path("", include("wallet.web.urls")),
    path("desk/", include("wallet.web.desk.urls")),
    path("", include("ledger.web.urls")),
]
