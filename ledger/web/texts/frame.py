"""What stands on every public page."""

TEXTS = {
    "nl": {
        "skip": "Naar de inhoud",
        "languages": "Taal",
        "pages": "Pagina's van het register",
        "front": "Overzicht",
        "leaves": "Alle regels",
        "witnesses": "Getuigen",
        "verify": "Zelf controleren",
        "register": "Openbaar register",
        "lost": "Deze regel staat niet in het register.",
        "lost_todo": "Kijk in de lijst met alle regels.",
    },
    "en": {
        "skip": "Go to the content",
        "languages": "Language",
        "pages": "Pages of the log",
        "front": "Overview",
        "leaves": "All lines",
        "witnesses": "Witnesses",
        "verify": "Check it yourself",
        "register": "Public log",
        "lost": "This line is not in the log.",
        "lost_todo": "Look in the list of all lines.",
    },
}
