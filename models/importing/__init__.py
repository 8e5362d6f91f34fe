"""Networks that were trained elsewhere, turned into networks of states and thresholds.

``steps`` is what every importer makes: a chain of affine maps, linear layers, monotone functions and quantizers, which
can be computed. ``calibrate`` quantizes what is real in it, with calibration data; ``folding`` makes the network;
``read`` joins these. ``importers/`` has one file per format, found by a registry.
"""
