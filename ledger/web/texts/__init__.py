"""The words of the public pages, in plain Dutch and English: a module a page, `TEXTS` by language."""

LANGUAGES = {"nl": "Nederlands", "en": "English"}
