"""Files with which the tools of others take an emitted folder: FuseSoC, Yosys, LibreLane, and constraints."""
