"""The option ``--query``: a JMESPath expression that filters the result."""

from __future__ import annotations

import json
from typing import Any

from vcloudair_core.errors import ConfigurationError

_HINT = "See https://jmespath.org for the syntax, and quote the expression for your shell."


class QueryExpression:
    """A compiled JMESPath expression.

    Raises ConfigurationError with the position of a syntax error.
    """

    def __init__(self, text: str) -> None:
        import jmespath
        from jmespath.exceptions import JMESPathError

        self.text = text
        try:
            self._compiled = jmespath.compile(text)
        except JMESPathError as exc:
            raise ConfigurationError(_refusal(text, exc), hint=_HINT) from exc

    def search(self, result: Any) -> Any:
        """Apply the expression to a result.

        Raises ConfigurationError if the expression does not apply to the result.
        """
        from jmespath.exceptions import JMESPathError

        plain = json.loads(json.dumps(result, default=str))
        try:
            return self._compiled.search(plain)
        except JMESPathError as exc:
            reason = " ".join(str(exc).split()).rstrip(".")
            raise ConfigurationError(f"Applying --query failed: {self.text!r}. Reason: {reason}.", hint=_HINT) from exc


def _refusal(text: str, error: Exception) -> str:
    """Return the message for a syntax error, with a ``^`` below the error position."""
    position = getattr(error, "lex_position", None)
    if not isinstance(position, int):
        return (
            f"--query is not a valid JMESPath expression: {text!r} is empty."
            if not text.strip()
            else (f"--query is not a valid JMESPath expression: {text!r}.")
        )
    token = getattr(error, "token_value", None)
    reason = f"unexpected {token!r}" if token and position < len(text) else "the expression is incomplete"
    lexer_message = str(getattr(error, "message", ""))
    if lexer_message:
        reason = f"{lexer_message[:1].lower()}{lexer_message[1:]}".rstrip(".")
    line = text.replace("\n", " ")
    return (
        f"--query is not a valid JMESPath expression: {reason} at column {position + 1}.\n  {line}\n"
        f"  {' ' * min(position, len(line))}^"
    )
