"""Addresses of the public log. Patterns spell each path out, so none leads out of the log's folder.

A log's pages stand beside its files, under the log's own address.
"""

from django.urls import URLPattern, path, re_path

from ledger.web import downloads, files, front, leaves, verify, witnesses

_MUNI = r"^log/gm(?P<muni>[0-9]{4})/"
_LOG = _MUNI + r"(?P<year>[0-9]{4}(?:-[1-9][0-9]?)?)"
_INDEX = r"(?P<index>0|[1-9][0-9]{0,14})"
_BATCH = r"batches/(?P<no>[1-9][0-9]{0,8})"
_TILE = r"tile/(?:entries|[0-7])/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"
_ADDENDUM = r"addenda/[0-9a-f]{64}"
_ANCHOR = r"anchors/[1-9][0-9]{0,15}\.[a-z0-9]{1,20}"

_FILES: list[URLPattern] = [
    re_path(_LOG + r"/checkpoint\Z", files.checkpoint, name="log-checkpoint"),
    re_path(_LOG + r"/policy\Z", files.policy, name="log-policy"),
    re_path(_LOG + r"/(?P<name>anchors/index)\Z", files.changing, name="log-anchors"),
    re_path(_LOG + rf"/(?P<name>{_TILE}|{_ADDENDUM}|{_ANCHOR})\Z", files.immutable, name="log-file"),
]
_PAGES: list[URLPattern] = [
    path("log/", front.show, name="log"),
    path("log/verify", verify.show, name="log-verify"),
    re_path(_LOG + r"/?\Z", front.show, name="log-front"),
    re_path(_LOG + r"/leaves\Z", leaves.index, name="log-leaves"),
    re_path(_LOG + rf"/leaves/{_INDEX}\Z", leaves.show, name="log-leaf"),
    re_path(_LOG + rf"/leaves/{_INDEX}/proof\Z", leaves.proof, name="log-leaf-proof"),
    re_path(_LOG + r"/witnesses\Z", witnesses.show, name="log-witnesses"),
    re_path(_MUNI + rf"{_BATCH}\Z", leaves.batch, name="log-batch"),
    re_path(_MUNI + rf"{_BATCH}/proof\Z", leaves.batch_proof, name="log-batch-proof"),
]
_DOWNLOADS: list[URLPattern] = [
    re_path(_LOG + r"/spending\.csv\Z", downloads.spending_csv, name="log-spending-csv"),
    re_path(_LOG + r"/spending\.json\Z", downloads.spending_json, name="log-spending-json"),
    re_path(_LOG + r"/leaves\.jsonl\Z", downloads.all_leaves, name="log-leaves-jsonl"),
]
urlpatterns = [*_FILES, *_PAGES, *_DOWNLOADS]
