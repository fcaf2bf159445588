"""Markdown of a model card as HTML: what stands in it is shown, never run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

WIDE_BEGIN = '<div class="wide" role="group" aria-label="Table" tabindex="0"><table class="table">\n'
WIDE_END = "</table></div>\n"


def render_markdown(text: str) -> Markup:
    """CommonMark with tables. HTML in it is shown as it is written; pictures, which only we could serve, are text."""
    return Markup(_parser().render(text))  # noqa: S704 - the parser escapes, and knows no HTML


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.add_render_rule("table_open", _open_table)
    parser.add_render_rule("table_close", _close_table)
    parser.add_render_rule("th_open", _open_cell)
    parser.add_render_rule("td_open", _open_cell)
    return parser


def _open_table(_renderer: RendererHTML, _tokens: Sequence[Token], _index: int, _options: Any, _env: Any) -> str:
    """A table that is wider than a phone scrolls by itself, also by keyboard."""
    return WIDE_BEGIN


def _close_table(_renderer: RendererHTML, _tokens: Sequence[Token], _index: int, _options: Any, _env: Any) -> str:
    return WIDE_END


def _open_cell(renderer: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Figures to the right by a class: our Content-Security-Policy takes no style attribute."""
    cell = tokens[index]
    if cell.attrs.pop("style", "") == "text-align:right":
        cell.attrJoin("class", "num")
    return renderer.renderToken(tokens, index, options, env)
