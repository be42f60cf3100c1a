"""Addresses of the public log. Patterns spell each path out, so none leads out of the log's folder."""

from django.urls import path, re_path

from ledger.web import files, page

_LOG = r"^log/gm(?P<muni>[0-9]{4})/(?P<year>[0-9]{4}(?:-[1-9][0-9]?)?)/"
_TILE = r"tile/(?:entries|[0-7])/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
_ADDENDUM = r"addenda/[0-9a-f]{64}"
_ANCHOR = r"anchors/[1-9][0-9]{0,15}\.[a-z0-9]{1,20}"

urlpatterns = [
    path("log/", page.show, name="log"),
    re_path(_LOG + r"checkpoint\Z", files.checkpoint, name="log-checkpoint"),
    re_path(_LOG + r"policy\Z", files.policy, name="log-policy"),
    re_path(_LOG + r"(?P<name>anchors/index)\Z", files.changing, name="log-anchors"),
    re_path(_LOG + rf"(?P<name>{_TILE}|{_ADDENDUM}|{_ANCHOR})\Z", files.immutable, name="log-file"),
]
