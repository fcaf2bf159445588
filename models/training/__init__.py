"""Training: from annotated folders to weights, calibration and a model card. Needs the 'train' extra."""
