"""Threshold coverage: which thresholds images tell from their neighbours, and images that tell more of them apart.

``told`` (what is counted), ``activation``, ``comparators``, ``pixels`` and ``argmax`` (each kind of threshold),
``counts`` (what an input adds to an accumulator), ``reach`` (values that no image can give), ``collector`` (all of it
for a run); ``targets``, ``exact``, ``candidates`` and ``search`` make the images, ``directed`` keeps them.
"""
