"""Formats of measurements, one per file: an object ``IMPORTER``, see `spinsc.sim.recordings.importing.importer`.

The file's name is the format's on the command line; nothing else lists it.
"""
