"""What a result is handed on as: DICOM objects that refer to the scan, and a page to print.

`make_objects` is all that others need; importing it brings highdicom and ReportLab, which takes seconds.
"""
