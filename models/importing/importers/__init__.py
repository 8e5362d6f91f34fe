"""Importers of networks, one file for each format, with an object ``IMPORTER`` of `importer.NetworkImporter`."""
