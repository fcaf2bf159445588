"""A Slack message as its reader would see it, from the JSON that is sent."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape
from pydantic import BaseModel

# Slack's "mrkdwn", as far as our messages use it: links, bold, line breaks.
TOKEN = re.compile(r"<(?P<address>https?://[^|>\s]+)\|(?P<words>[^>]*)>|\*(?P<bold>[^*\n]+)\*|(?P<line>\n)")
BREAK = Markup("<br>")
LINK = Markup('<a href="{}" target="_blank" rel="noopener">{}</a>')
BOLD = Markup("<strong>{}</strong>")


@dataclass(frozen=True)
class SlackPart:
    """One block of the message, top to bottom."""

    kind: Literal["header", "section", "divider", "context"]
    text: Markup


class _Text(BaseModel):
    type: str
    text: str = ""


class _Block(BaseModel):
    type: str
    text: _Text | None = None
    elements: list[_Text] = []


class _Message(BaseModel):
    blocks: list[_Block] = []


def slack_parts(data: bytes) -> list[SlackPart]:
    """The blocks of a message. Raises pydantic's ValidationError where this is none."""
    return [part for block in _Message.model_validate_json(data).blocks for part in _parts(block)]


def _parts(block: _Block) -> Iterator[SlackPart]:
    if block.type == "header" and block.text:
        yield SlackPart("header", escape(block.text.text))
    elif block.type == "section" and block.text:
        yield SlackPart("section", _marked_up(block.text.text))
    elif block.type == "divider":
        yield SlackPart("divider", Markup())
    elif block.type == "context":
        yield SlackPart("context", Markup(" ").join(_marked_up(element.text) for element in block.elements))


def _marked_up(text: str) -> Markup:
    pieces: list[Markup] = []
    end = 0
    for found in TOKEN.finditer(text):
        pieces += [_plain(text[end : found.start()]), _piece(found)]
        end = found.end()
    return Markup("").join([*pieces, _plain(text[end:])])


def _piece(found: re.Match[str]) -> Markup:
    if found["address"]:
        return LINK.format(html.unescape(found["address"]), _plain(found["words"]))
    return BOLD.format(_plain(found["bold"])) if found["bold"] else BREAK


def _plain(text: str) -> Markup:
    """Slack's escapes undone, then ours put on."""
    return escape(html.unescape(text))
