"""The credentials of one sample: each becomes a file's name, and its text goes nowhere."""

import re
from dataclasses import dataclass, field

from gateway.model import Secret

LONG = 8  # characters from which on a credential is looked for within other texts


@dataclass(slots=True)
class References:
    """prefix: what the files' names begin with; files: names, and what belongs into each."""

    prefix: str
    files: dict[str, str] = field(default_factory=dict)
    _held: dict[str, Secret] = field(default_factory=dict)
    _hidden: set[str] = field(default_factory=set)

    def refer(self, label: str, credential: str, what: str) -> Secret:
        """The reference to a credential: the same text is the same file. label: what its name ends with."""
        if credential not in self._held:
            self._held[credential] = self.named(label, what)
        return self._held[credential]

    def named(self, label: str, what: str) -> Secret:
        """The reference to a credential that the sample does not show."""
        stem = "_".join(filter(None, (_plain(self.prefix), _plain(label)))) or "secret"
        name, number = stem, 1
        while name in self.files:
            number += 1
            name = f"{stem}_{number}"
        self.files[name] = what
        return Secret("file", name)

    def hide(self, credential: str) -> None:
        """Keep a credential out of the draft where nothing can refer to it."""
        self._hidden.add(credential)

    def holds(self, text: str) -> bool:
        """Whether a text is one of the credentials, or has one in it."""
        every = {*self._held, *self._hidden}
        return text in every or any(len(held) >= LONG and held in text for held in every)

    def without(self, text: str, instead: str) -> str:
        """A text with something else in the place of each credential in it."""
        for held in (*self._held, *self._hidden):
            text = text.replace(held, instead) if len(held) >= LONG else text
        return text


def _plain(text: str) -> str:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")[:60]
