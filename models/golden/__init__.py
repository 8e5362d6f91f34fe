"""The golden model: what the hardware computes, bit for bit. Shares no code with the hardware."""
