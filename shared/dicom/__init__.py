"""What web and worker know of DICOM without a library: which objects come in, and which object a file is."""
