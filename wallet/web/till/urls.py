"""Addresses of the till's door."""

from django.urls import path

from wallet.web.till import views

urlpatterns = [
    path("tills/enrol", views.EnrolView.as_view()),
    path("tills/bundle", views.BundleView.as_view()),
    path("tills/proofs/<uuid:redemption>", views.ProofView.as_view()),
    path("tills/proofs/batches/<int:batch>", views.SettledView.as_view()),
    path("tills/logged", views.LoggedView.as_view()),
    path("tills/records", views.RecordsView.as_view()),
    path("tills/cases", views.CasesView.as_view()),
    path("redemptions", views.RedemptionsView.as_view(), name="redemptions"),
    path("redemptions/<uuid:redemption>/void", views.VoidView.as_view()),
    path("redemptions/<uuid:redemption>/refunds", views.RefundsView.as_view()),
]
