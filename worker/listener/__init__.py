"""The DICOM listener: what a PACS or a scanner sends by C-STORE becomes scans."""
