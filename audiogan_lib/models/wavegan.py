"""WaveGAN: placeholder to be filled."""
def build_generator(*a, **k): raise NotImplementedError
def build_discriminator(*a, **k): raise NotImplementedError
