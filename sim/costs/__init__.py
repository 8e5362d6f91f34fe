"""What an emitted network costs: latency, and energy from the switching activity of real images in its gates."""
