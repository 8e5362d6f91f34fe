"""All parts by name; another package adds one by an entry point of the group ``spinsc.targets``."""

from __future__ import annotations

from spinsc.gen.targets.part import Part
from spinsc.registry import Registry

# Figures of the makers' data sheets: Lattice FPGA-DS-02012 (ECP5), FPGA-DS-02008 (UltraPlus), FPGA-DS-02029 (LP/HX),
# AMD DS180 (7 series).
ECP5_25K = Part("ecp5-25k", "Lattice ECP5 LFE5U-25F, speed 6", "ecp5", 4, 24_288, 24_288, 56, 28, 197, 100,
                ("--25k", "--package", "CABGA381", "--speed", "6"))
ECP5_85K = Part("ecp5-85k", "Lattice ECP5 LFE5U-85F, speed 6", "ecp5", 4, 83_640, 83_640, 208, 156, 205, 100,
                ("--85k", "--package", "CABGA381", "--speed", "6"))
ICE40_UP5K = Part("ice40-up5k", "Lattice iCE40 UP5K", "ice40", 4, 5_280, 5_280, 30, 8, 39, 24,
                  ("--up5k", "--package", "sg48"))
ICE40_HX8K = Part("ice40-hx8k", "Lattice iCE40 HX8K", "ice40", 4, 7_680, 7_680, 32, 0, 206, 80,
                  ("--hx8k", "--package", "ct256"))
XC7A35T = Part("xc7a35t", "AMD Artix-7 XC7A35T", "xc7", 6, 20_800, 41_600, 50, 90, 210, 100)
XC7A100T = Part("xc7a100t", "AMD Artix-7 XC7A100T", "xc7", 6, 63_400, 126_800, 135, 240, 210, 100)

TARGETS: Registry[Part] = Registry("target", "spinsc.targets", {
    "ecp5-25k": f"{__name__}:ECP5_25K", "ecp5-85k": f"{__name__}:ECP5_85K",
    "ice40-up5k": f"{__name__}:ICE40_UP5K", "ice40-hx8k": f"{__name__}:ICE40_HX8K",
    "xc7a35t": f"{__name__}:XC7A35T", "xc7a100t": f"{__name__}:XC7A100T"})
