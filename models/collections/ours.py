"""The collections that models are made of."""

from __future__ import annotations

from models.collections.brain import BRAIN_COLLECTIONS
from models.collections.chest import CHEST_DRR
from models.collections.mammograms import MAMMO_MIAS

COLLECTIONS = (*BRAIN_COLLECTIONS, MAMMO_MIAS, CHEST_DRR)
