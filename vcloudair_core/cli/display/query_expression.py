"""``--query``: a JMESPath expression that selects from a result before it is printed."""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.errors import ConfigurationError

_HINT = "See https://jmespath.org for the language, and quote the expression for your shell."


class QueryExpression:
    """A compiled expression. Raises ConfigurationError, which shows the place of the mistake."""

    def __init__(self, text: str) -> None:
        import jmespath
        from jmespath.exceptions import JMESPathError

        self.text = text
        try:
            self._compiled = jmespath.compile(text)
        except JMESPathError as exc:
            raise ConfigurationError(_refusal(text, exc), hint=_HINT) from exc

    def search(self, result: Any) -> Any:
        """Return what the expression selects from a result. Raises ConfigurationError when it does not apply."""
        from jmespath.exceptions import JMESPathError

        plain = json.loads(json.dumps(result, default=str))
        try:
            return self._compiled.search(plain)
        except JMESPathError as exc:
            reason = " ".join(str(exc).split()).rstrip(".")
            raise ConfigurationError(f"--query {self.text!r} cannot be applied: {reason}.", hint=_HINT) from exc


def _refusal(text: str, error: Exception) -> str:
    """Return the message, with a mark below the place of the mistake where that is known."""
    position = getattr(error, "lex_position", None)
    if not isinstance(position, int):
        return (
            f"--query is not a valid JMESPath expression: {text!r} is empty."
            if not text.strip()
            else (f"--query is not a valid JMESPath expression: {text!r}.")
        )
    token = getattr(error, "token_value", None)
    reason = f"unexpected {token!r}" if token and position < len(text) else "it ends too early"
    lexer_message = str(getattr(error, "message", ""))
    if lexer_message:
        reason = f"{lexer_message[:1].lower()}{lexer_message[1:]}".rstrip(".")
    line = text.replace("\n", " ")
    return (
        f"--query is not a valid JMESPath expression: {reason} at column {position + 1}.\n  {line}\n"
        f"  {' ' * min(position, len(line))}^"
    )
