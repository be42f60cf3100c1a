"""Addresses of the desk."""

from django.urls import path

from wallet.web.desk import budgets, grants, holders, home, imports, login, merchants, programmes, trail

app_name = "desk"
urlpatterns = [
    path("", home.home, name="home"),
    path("login", login.log_in, name="login"),
    path("logout", login.log_out, name="logout"),
    path("stay", login.stay, name="stay"),
    path("holders/", holders.search, name="search"),
    path("holders/new", holders.add, name="holder_new"),
    path("holders/<uuid:holder_id>", holders.show, name="holder"),
    path("holders/<uuid:holder_id>/relative", holders.add_relative, name="relative_new"),
    path("holders/<uuid:holder_id>/vouchers", holders.add_voucher, name="voucher_new"),
    path("holders/<uuid:holder_id>/letter", holders.letter, name="letter"),
    path("vouchers/<uuid:voucher_id>/top-up", grants.top_up, name="top_up"),
    path("top-ups/", grants.batches, name="batches"),
    path("top-ups/<uuid:batch_id>", grants.batch, name="batch"),
    path("top-ups/<uuid:batch_id>/approve", grants.approve, name="approve"),
    path("top-ups/<uuid:batch_id>/refuse", grants.refuse, name="refuse"),
    path("top-ups/<uuid:batch_id>/book", grants.book, name="book"),
    path("top-ups/<uuid:batch_id>/progress", grants.progress, name="progress"),
    path("top-ups/lines/<int:line_id>/undo", grants.undo, name="undo"),
    path("imports/", imports.choose, name="import"),
    path("imports/book", imports.book, name="import_book"),
    path("imports/wrong-rows", imports.wrong_rows, name="import_wrong_rows"),
    path("imports/template.csv", imports.template, name="import_template"),
    path("merchants/", merchants.listing, name="merchants"),
    path("merchants/new", merchants.add, name="merchant_new"),
    path("merchants/<int:number>", merchants.show, name="merchant"),
    path("merchants/<int:number>/branches/new", merchants.add_branch, name="branch_new"),
    path("branches/<int:branch_id>/tills/new", merchants.add_till, name="till_new"),
    path("tills/<uuid:till_id>/code", merchants.till_code, name="till_code"),
    path("tills/<uuid:till_id>/suspend", merchants.suspend_till, name="till_suspend"),
    path("programmes/", programmes.listing, name="programmes"),
    path("programmes/new", programmes.add, name="programme_new"),
    path("programmes/<int:programme>", budgets.show, name="programme"),
    path("budgets/<uuid:budget_id>/approve", budgets.approve, name="budget_approve"),
    path("budgets/<uuid:budget_id>/refuse", budgets.refuse, name="budget_refuse"),
    path("trail/", trail.show, name="trail"),
]
