"""The record type that greetings have in the query service."""

from __future__ import annotations

from vcloudair_core.plugin.records import RecordType

GREETING = RecordType("greeting", "GreetingRecord", attributes={"name": "str", "words": "int"})
