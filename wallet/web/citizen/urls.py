"""Addresses of the phone's door."""

from django.urls import path

from wallet.web.citizen import views

urlpatterns = [
    path("nonce", views.NonceView.as_view()),
    path("devices", views.DevicesView.as_view()),
    path("lost", views.LostView.as_view()),
    path("helpers/<uuid:helper>", views.HelperView.as_view()),
    path("state", views.StateView.as_view()),
    path("passes", views.PassesView.as_view()),
    path("cover", views.CoverView.as_view()),
    path("proofs/<uuid:redemption>", views.ProofView.as_view()),
]
