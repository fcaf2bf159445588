"""Engines run a release's network: LiteRT on a CPU, TensorFlow on a GPU. `load_engine` picks by what is there."""

from models.engines.base import Engine, HeadOutputs
from models.engines.choice import load_engine

__all__ = ["Engine", "HeadOutputs", "load_engine"]
