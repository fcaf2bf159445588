"""One page to print or attach: the picture with its outlines, the findings, the model, and what limits them."""

from __future__ import annotations

import io
from xml.sax.saxutils import escape

from PIL import Image
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Frame, KeepInFrame, Paragraph, Spacer, Table
from reportlab.platypus import Image as Picture

from worker.objects.capture import rgb
from worker.objects.case import NOTICE, Case
from worker.objects.errors import ObjectsError
from worker.objects.wording import HEADINGS, facts, lesion_rows, remarks

MARGIN = 15 * mm
PICTURE_SIDE = 100 * mm
JPEG_QUALITY = 90
_TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9, leading=12)
_BOLD = ParagraphStyle("bold", parent=_TEXT, fontName="Helvetica-Bold")
_TITLE = ParagraphStyle("title", parent=_BOLD, fontSize=16, leading=20)
_NOTICE = ParagraphStyle("notice", parent=_BOLD, textColor=colors.HexColor("#a30000"))
_COLUMN_SHARES = (0.05, 0.17, 0.09, 0.09, 0.14, 0.16, 0.12, 0.18)


def pdf_page(case: Case, overlay: bytes) -> bytes:
    """The page as PDF, A4. It names the file by its SHA-256 and nothing else of the patient.

    The same case gives the same bytes: a date would be that of printing, and says nothing of the scan.
    Raises ObjectsError where one page does not hold it all.
    """
    width, height = A4
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle("OncoQueue report - research use only")
    room = (width - 2 * MARGIN, height - 2 * MARGIN)
    # Shrunk as a whole where many lesions or long sentences would fill a second page.
    content = KeepInFrame(*room, _story(case, overlay, room[0]), mode="shrink")
    left = [content]
    Frame(MARGIN, MARGIN, *room, 0, 0, 0, 0).addFromList(left, canvas)
    if left:
        raise ObjectsError("What the page should say does not fit on it.")
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _story(case: Case, overlay: bytes, width: float) -> list[Flowable]:
    beside = [_line(f"<b>{_safe(name)}</b> {_safe(value)}") for name, value in facts(case)]
    top = Table([[_picture(overlay), beside]], colWidths=[PICTURE_SIDE + 5 * mm, width - PICTURE_SIDE - 5 * mm])
    top.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 0)])
    return [
        Paragraph("OncoQueue report", _TITLE),
        Paragraph(NOTICE, _NOTICE),
        Spacer(0, 3 * mm),
        top,
        Spacer(0, 3 * mm),
        *_findings(case, width),
        *(_line(_safe(sentence)) for sentence in remarks(case)),
    ]


def _picture(overlay: bytes) -> Picture:
    """As JPEG: ReportLab would compress anything else itself, slowly."""
    pixels = rgb(overlay)
    height, width = pixels.shape[:2]
    jpeg = io.BytesIO()
    Image.fromarray(pixels).save(jpeg, "JPEG", quality=JPEG_QUALITY)
    jpeg.seek(0)
    scale = PICTURE_SIDE / max(width, height)
    return Picture(jpeg, width * scale, height * scale)


def _findings(case: Case, width: float) -> list[Flowable]:
    rows = [[Paragraph(_safe(cell), _TEXT) for cell in row] for row in lesion_rows(case)]
    if not rows:
        return []
    heading = [Paragraph(_safe(cell), _BOLD) for cell in HEADINGS]
    table = Table([heading, *rows], colWidths=[share * width for share in _COLUMN_SHARES])
    table.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")])
    return [table, Spacer(0, 3 * mm)]


def _line(markup: str) -> Paragraph:
    return Paragraph(markup, _TEXT)


def _safe(text: str) -> str:
    """Without markup and without letters that the page's font lacks: names of types come from releases."""
    return escape(text.encode("cp1252", "replace").decode("cp1252"))
