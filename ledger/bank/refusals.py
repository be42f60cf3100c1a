"""Why a file of the bank is not taken: a stable code, the line and the field, and a sentence for people."""

# code: (English, Dutch). Values in braces come with the refusal.
SENTENCES = {
    "too_large": (
        "The file is larger than {most} MB. Ask the bank for one day at a time.",
        "Het bestand is groter dan {most} MB. Vraag de bank om één dag tegelijk.",
    ),
    "not_xml": (
        "This is not a whole XML file. Perhaps it was cut off: download it again.",
        "Dit is geen heel XML-bestand. Misschien is het afgebroken: download het opnieuw.",
    ),
    "not_safe": (
        "The file holds a document type or entities. Files of a bank never do; do not use it.",
        "In het bestand staat een documenttype of een entiteit. Bestanden van een bank hebben die nooit; "
        "gebruik het niet.",
    ),
    "not_known": (
        "This kind of file ({form}) is not read here. Choose a pain.002 or a camt.053 of your bank.",
        "Dit soort bestand ({form}) lezen we niet. Kies een pain.002 of een camt.053 van uw bank.",
    ),
    "missing": (
        "This field is missing. Ask the bank for a whole file.",
        "Dit veld ontbreekt. Vraag de bank om een heel bestand.",
    ),
    "twice": ("This field is there twice.", "Dit veld staat er twee keer."),
    "too_long": (
        "This field is longer than {most} characters.",
        "Dit veld is langer dan {most} tekens.",
    ),
    "wrong_amount": (
        "This is not an amount in euros: {found}.",
        "Dit is geen bedrag in euro's: {found}.",
    ),
    "wrong_value": (
        "What stands here is not possible: {found}.",
        "Wat hier staat kan niet: {found}.",
    ),
    "one_page": (
        "This is one page of a statement. Ask the bank for the whole statement in one file.",
        "Dit is één pagina van een afschrift. Vraag de bank om het hele afschrift in één bestand.",
    ),
    "missing_balance": (
        "This statement has no balance of kind {kind}. Ask the bank for a whole file.",
        "Dit afschrift heeft geen saldo van soort {kind}. Vraag de bank om een heel bestand.",
    ),
    "does_not_add_up": (
        "The opening balance ({opening}) and the lines ({moved}) do not come to the closing balance "
        "({closing}). Something is missing: download the file again.",
        "Het beginsaldo ({opening}) en de regels ({moved}) zijn samen niet het eindsaldo ({closing}). "
        "Er mist iets: download het bestand opnieuw.",
    ),
    "other_account": (
        "This is about account {found}, and ours is {own}. Choose the file of our own account.",
        "Dit gaat over rekening {found}, en die van ons is {own}. Kies het bestand van onze rekening.",
    ),
    "read_before": (
        "This file was read before, on {day}. Nothing changed.",
        "Dit bestand is al gelezen, op {day}. Er is niets veranderd.",
    ),
    "said_otherwise": (
        "Statement {statement} was read before and said something else then. Call the bank.",
        "Afschrift {statement} is al gelezen en zei toen iets anders. Bel de bank.",
    ),
    "line_before": (
        "The line with reference {ref} was read before, in another statement. Call the bank.",
        "De regel met kenmerk {ref} is al gelezen, in een ander afschrift. Bel de bank.",
    ),
    "not_next": (
        "The statement before this one is missing: the last one ended on {day} with {closing}, this one "
        "starts with {opening}. Read the missing one first.",
        "Het afschrift hiervoor ontbreekt: het laatste eindigde op {day} met {closing}, dit begint met "
        "{opening}. Lees eerst het ontbrekende.",
    ),
    "not_first": (
        "The books know nothing of this account yet, so its first statement starts with 0.00, and this one "
        "with {opening}. Read the statements from the opening of the account on.",
        "De boeken weten nog niets van deze rekening, dus het eerste afschrift begint met 0.00, en dit met "
        "{opening}. Lees de afschriften vanaf de opening van de rekening.",
    ),
    "older": (
        "This statement is of {found}, and the last one that was read is of {day}. It was left out then; "
        "call the bank.",
        "Dit afschrift is van {found}, en het laatste dat gelezen is van {day}. Het is toen overgeslagen; "
        "bel de bank.",
    ),
    "unknown_order": (
        "This answers a payment file that we do not know: {found}.",
        "Dit is een antwoord op een betaalbestand dat wij niet kennen: {found}.",
    ),
    "unknown_payment": (
        "This payment was not in our file: {found}.",
        "Deze betaling stond niet in ons bestand: {found}.",
    ),
}


class BankFileError(Exception):
    """The file is not taken, and nothing changed. `line` counts from 1; `field` is the path of elements."""

    def __init__(self, code: str, line: int | None = None, field: str = "", **values: object) -> None:
        self.code = code
        self.line = line
        self.field = field
        self.values = values
        super().__init__(self.text("en"))

    def sentence(self, language: str = "en") -> str:
        """What is the matter and what to do now, in English (`en`) or Dutch (`nl`)."""
        english, dutch = SENTENCES[self.code]
        return (dutch if language == "nl" else english).format(**self.values)

    def text(self, language: str = "en") -> str:
        """The sentence, with line and field before it where they are known."""
        word = "Regel" if language == "nl" else "Line"
        place = [f"{word} {self.line}"] if self.line else []
        place += [self.field] if self.field else []
        return ": ".join([", ".join(place), self.sentence(language)] if place else [self.sentence(language)])
