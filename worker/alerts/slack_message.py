"""A message as Slack blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from slack_sdk.models.blocks import ContextBlock, DividerBlock, HeaderBlock, MarkdownTextObject, SectionBlock
from slack_sdk.models.blocks.blocks import Block

from worker.alerts.content import RESEARCH_USE_ONLY, AlertMessage, DigestWords, FindingWords, ScanWords

SECTION_CHARACTERS = 2900  # Slack refuses a section of more than 3000


def build_slack(message: AlertMessage) -> dict[str, object]:
    """The body of the request. Links are plain ones: a button would need an app that answers Slack's calls."""
    blocks = [HeaderBlock(block_id=block_id(message.key), text=message.subject[:150]), *_body(message)]
    return {
        "text": escape(" ".join([message.subject + ".", *message.notes, RESEARCH_USE_ONLY])),
        "blocks": [block.to_dict() for block in blocks],
        # Slack would otherwise fetch our pages for a preview.
        "unfurl_links": False,
        "unfurl_media": False,
    }


def block_id(key: str) -> str:
    """The same for each try of a delivery: by it a message that came twice is known as one."""
    return f"oncoqueue-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def _body(message: AlertMessage) -> Iterator[Block]:
    if message.notes:
        yield _section("\n".join(f"*{escape(note)}*" for note in message.notes))
    if message.scan is not None:
        yield from _scan(message.scan)
    if message.digest is not None:
        yield from _digest(message.digest)
    links = [_link(message.link, "Open in OncoQueue")]
    if message.acknowledge is not None:
        links.append(_link(message.acknowledge, "Acknowledge"))
    yield _section("   |   ".join(links))
    yield DividerBlock()
    batch = f"Batch {message.batch_id}" if message.batch_id is not None else ""
    facts = [batch, *(f"Model {model}" for model in message.models), message.created, f"*{RESEARCH_USE_ONLY}*"]
    yield ContextBlock(elements=[MarkdownTextObject(text=" | ".join(fact for fact in facts if fact))])


def _scan(scan: ScanWords) -> Iterator[Block]:
    yield _section(
        f"*Urgency {escape(scan.urgency)}*   P(tumour) {escape(scan.tumor_probability)}   {escape(scan.kind)}"
    )
    yield from _sections(_finding(finding) for finding in scan.findings)
    if scan.rest:
        yield _section(scan.rest)


def _finding(finding: FindingWords) -> str:
    return (
        f"*{escape(finding.type)} {escape(finding.type_probability)}*, P(tumour) {escape(finding.tumour)}, "
        f"P(malignant) {escape(finding.malignancy)}, {escape(finding.size)}, {escape(finding.location)}"
    )


def _digest(digest: DigestWords) -> Iterator[Block]:
    yield _section(", ".join(f"{count} {escape(state)}" for state, count in digest.counts))
    yield from _sections(_row(scan) for scan in digest.scans)
    if digest.more:
        yield _section(f"and {digest.more} more")


def _row(scan: ScanWords) -> str:
    row = (
        f"{_link(scan.link, f'Scan {scan.scan_id}')}   *urgency {escape(scan.urgency)}*   "
        f"P(tumour) {escape(scan.tumor_probability)}"
    )
    if not scan.findings:
        return row
    first = scan.findings[0]
    details = (
        f"{first.type} {first.type_probability}, P(tumour) {first.tumour}, P(malignant) {first.malignancy}, "
        f"{first.size}, {first.location}"
    )
    return "\n".join(line for line in (row, escape(details), scan.others) if line)


def _sections(lines: Iterable[str]) -> Iterator[Block]:
    """The lines in as few sections as Slack's bound allows."""
    text = ""
    for line in lines:
        if text and len(text) + len(line) + 1 > SECTION_CHARACTERS:
            yield _section(text)
            text = ""
        text = f"{text}\n{line}" if text else line
    if text:
        yield _section(text)


def _section(text: str) -> Block:
    return SectionBlock(text=MarkdownTextObject(text=text[:SECTION_CHARACTERS]))


def _link(url: str, words: str) -> str:
    return f"<{url}|{words}>"


def escape(text: str) -> str:
    """Slack's own three characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
