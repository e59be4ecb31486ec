"""Parse a partial bash command line, and quote values to insert into it."""

from __future__ import annotations

import re

_SAFE = re.compile(r"[^\w@%+=:,./~-]")


class BashLine:
    """A bash command line up to the cursor.

    ``words`` are the complete words with quotes removed, ``current`` is the word at the cursor. ``breaks`` is
    COMP_WORDBREAKS.
    """

    def __init__(self, line: str, breaks: str) -> None:
        self.words: list[str] = []
        self.current = ""
        self.quote = ""
        self._raw = ""
        self._read(line)
        # Outside of quotes, bash replaces only the text after the last of these characters.
        ends = [self._raw.rfind(sign) + 1 for sign in breaks if sign in "=:"]
        self._replaced_from = 0 if self.quote else max(ends, default=0)

    def insertable(self, value: str) -> str:
        """Return the quoted value that replaces the word at the cursor in bash."""
        if self.quote == "'":
            return value
        if self.quote == '"':
            return re.sub(r'(["$`\\])', r"\\\1", value)
        return _SAFE.sub(lambda match: f"\\{match[0]}", value)[self._replaced_from :]

    def _read(self, line: str) -> None:
        is_word = False
        position = 0
        while position < len(line):
            sign = line[position]
            if self.quote:
                if sign == self.quote:
                    self.quote = ""
                elif sign == "\\" and self.quote == '"' and line[position + 1 : position + 2] in ('"', "\\", "$", "`"):
                    position += 1
                    self.current += line[position : position + 1]
                else:
                    self.current += sign
            elif sign.isspace():
                if is_word:
                    self.words.append(self.current)
                self.current, self._raw, is_word = "", "", False
                position += 1
                continue
            elif sign in "'\"":
                self.quote = sign
            elif sign == "\\":
                position += 1
                self.current += line[position : position + 1]
            else:
                self.current += sign
            is_word = True
            position += 1
            self._raw = _SAFE.sub(lambda match: f"\\{match[0]}", self.current)
