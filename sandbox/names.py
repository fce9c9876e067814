"""Invented people: names from short lists (so that different people share one), e-mails under reserved
domains.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

FIRST = (
    *(
        "Mira",
        "Ola",
        "Jonas",
        "Wren",
        "Tariq",
        "Noor",
        "Pia",
        "Caleb",
        "Imani",
        "Sten",
        "Yara",
        "Luca",
        "Freya",
    ),
    *(
        "Diego",
        "Anouk",
        "Hamid",
        "Greta",
        "Otis",
        "Priya",
        "Kofi",
        "Elin",
        "Marek",
        "Zoë",
        "José",
        "Søren",
        "Łucja",
    ),
    *("İpek", "Nguyễn", "Зоя", "美咲", "عمر", "नीला"),
)
LAST = (
    *(
        "Holt",
        "Berg",
        "Quill",
        "Marsh",
        "Okoro",
        "Varga",
        "Lindh",
        "Reyes",
        "Tanaka",
        "Brandt",
        "Mbeki",
        "Castro",
    ),
    *("Ferro", "Novak", "Ashby", "Duarte", "Kessler", "Moreau", "Silva", "Winter", "Young", "Petit", "Ivers"),
    *("O'Dell", "van der Meer", "Müller-Groß", "Ångström", "D'Souza"),
)
DOMAINS = ("acme.test", "outside.test", "firma.test", "mail.example", "uni.example", "post.test")

HOSTILE = (
    "Robert'); DROP TABLE zoom_participants;--",
    '"quoted", and, commas',
    "100 % sure %s %(name)s %%",
    "back\\slash \\N \\. \\x00",
    "tab\tnew\nline\r\nend",
    "nul\x00inside",
    "👩‍🚀🎉 emoji 🇩🇪",
    "\u202eright to left\u202c ‮مرحبا",
    '=HYPERLINK("http://x.test")',
    "<script>alert(1)</script>",
    "{{ 1 + 1 }} {% raw %} ${HOME} $1",
    "z\u0301a\u0323\u0328lgo combining \u200b zero width",
    "  leading and trailing  ",
    "NULL",
    "x" * 10_000,
)
"""Names that break careless code: quoting, COPY text, templates, spreadsheets, control characters, length."""


@dataclass(frozen=True, slots=True)
class Human:
    """One invented person; the same number is the same person in every webinar of the account."""

    first_name: str
    last_name: str
    email: str
    user_id: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


def human(number: int) -> Human:
    """The person with this number. Names repeat from number to number, e-mails and user ids never do."""
    spread = number * 7919
    first = FIRST[spread % len(FIRST)]
    last = LAST[spread // len(FIRST) % len(LAST)]
    ascii_name = "".join(c for c in f"{first}.{last}".lower() if c.isascii() and (c.isalnum() or c == "."))
    digest = hashlib.blake2b(b"user %d" % number, digest_size=11).hexdigest()
    return Human(first, last, f"{ascii_name.strip('.')}.{number}@{DOMAINS[number % len(DOMAINS)]}", digest)
