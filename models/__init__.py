"""Networks, the random numbers that they compute with, and the golden model; knows nothing of Verilog.

``contract`` (limits and defaults), ``side`` and ``plan`` (randomness of a layer), ``layer`` and ``network``
(description), ``artifact`` (its file), ``builders`` and ``shipped`` (networks to begin with), ``advice`` (what is known
to be harmful), ``compiled`` (how functions are compiled). The folders say themselves what is in them. None imports hdl,
gen or sim; golden needs streams, streams need the description, training needs data and nn.
"""
