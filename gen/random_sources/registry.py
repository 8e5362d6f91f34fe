"""Random sources by their names; other packages add theirs by an entry point of the group ``spinsc.random_sources``."""

from spinsc.gen.random_sources.source import RandomSource
from spinsc.registry import Registry

RANDOM_SOURCES: Registry[type[RandomSource]] = Registry("random source", "spinsc.random_sources", {
    "ports": "spinsc.gen.random_sources.ports:Ports", "lfsr": "spinsc.gen.random_sources.lfsr:Lfsrs",
    "replay": "spinsc.gen.random_sources.replay:Replay"})
