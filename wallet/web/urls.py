"""Addresses of the API."""

from django.urls import include, path

from wallet.web import public

urlpatterns = [
    path(".well-known/jwks.json", public.jwks),
    path("status/<int:number>", public.status_list),
    path("api/v1/openapi.json", public.openapi, name="openapi"),
    path("api/v1/docs", public.docs, name="api-docs"),
    path("api/v1/config", public.ConfigView.as_view()),
    path("api/v1/shops", public.ShopsView.as_view()),
    path("api/v1/wallet/", include("wallet.web.citizen.urls")),
    path("api/v1/", include("wallet.web.till.urls")),
    path("api/<path:rest>", public.NoSuchView.as_view()),
]
